// Package vectors holds no code: its folder has tokens that other JWT libraries
// made, and what a community does with them, in vectors.json, and return paths in
// returnpaths.json. README.md says how to check code in any language with them.
package vectors
