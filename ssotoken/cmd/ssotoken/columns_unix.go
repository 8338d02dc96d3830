//go:build linux || darwin || freebsd || netbsd

package main

import (
	"os"
	"syscall"
	"unsafe"
)

// terminalColumns asks a terminal how wide it is. 0 is unknown.
func terminalColumns(f *os.File) int {
	var size struct{ rows, columns, x, y uint16 }
	if _, _, err := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size))); err != 0 {
		return 0
	}
	return int(size.columns)
}
