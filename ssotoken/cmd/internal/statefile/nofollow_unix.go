//go:build unix

package statefile

import "syscall"

const noFollow = syscall.O_NOFOLLOW
