// Package vectors holds no code. Its folder has vectors.json, with tokens that other
// JWT libraries made and what a community does with them, and returnpaths.json. README.md says how to check code in any language with them.
package vectors
