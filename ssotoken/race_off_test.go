//go:build !race

package ssotoken_test

const raceDetector = false
