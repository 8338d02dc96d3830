//go:build race

package ssotoken_test

// The race detector makes pools forget at random, so allocations can't be
// counted.
const raceDetector = true
