// Package browser holds no code: its tests drive Chromium through the whole
// login, with examples/login or examples/spa as the partner's site and with
// partners of their own. They are a module of their own, so that nobody who uses the SDK
// downloads a browser's driver.
//
//	go test .
//
// needs the command chromium in PATH, or its path in the environment variable
// CHROMIUM. The pictures in screenshots are made by
//
//	go test -run Screenshots -screenshots .
package browser
