//go:build !linux && !darwin && !freebsd && !netbsd && !windows

package main

import "os"

// terminalColumns does not know how to ask.
func terminalColumns(*os.File) int { return 0 }
