// Package browser holds no code: its tests drive Chromium through the whole
// login, with examples/login as the partner's site and with partners of their
// own. They are a module of their own, so that nobody who uses the SDK
// downloads a browser's driver.
//
//	go test .
//
// needs the command chromium in PATH, or its path in the environment variable
// CHROMIUM, and axe-core, which npm install puts into this folder. The pictures
// in screenshots are made by
//
//	go test -run Screenshots -screenshots .
//
// and those of every page, in four windows, into a folder, by
//
//	go test -run HoldFor -look FOLDER .
package browser
