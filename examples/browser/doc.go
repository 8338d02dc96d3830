// Package browser holds no code. Its tests drive Chromium through the whole
// login, with examples/login, examples/spa or examples/partner as the partner's site
// and with their own partners.
// It is a separate module, so that the SDK does not need a browser's driver.
//
//	go test .
//
// needs the command chromium in PATH, or its path in the environment variable
// CHROMIUM, and axe-core, which npm install puts into this folder. To make the
// pictures in screenshots, run
//
//	go test -run Screenshots -screenshots .
//
// and for those of every page, at widths from 360 to 1600 pixels, into a folder,
//
//	go test -run HoldFor -look FOLDER .
package browser
