// Package vectors holds no code: its folder has tokens that other JWT libraries
// made, and what a community does with them, in vectors.json. README.md says how
// to check a minter in any language with them.
package vectors
