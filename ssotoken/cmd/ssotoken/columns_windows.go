package main

import (
	"os"
	"syscall"
	"unsafe"
)

var consoleInfo = syscall.NewLazyDLL("kernel32.dll").NewProc("GetConsoleScreenBufferInfo")

// terminalColumns asks a console how wide its window is. 0 is unknown.
func terminalColumns(f *os.File) int {
	var info struct {
		columns, rows, x, y      int16
		attributes               uint16
		left, top, right, bottom int16
		maxColumns, maxRows      int16
	}
	if ok, _, _ := consoleInfo.Call(f.Fd(), uintptr(unsafe.Pointer(&info))); ok == 0 {
		return 0
	}
	return int(info.right-info.left) + 1
}
