// Package release tests what a tag publishes: that the modules install from a
// module proxy, that the README's install block works, and that the workflows,
// the comparison of APIs and the action for doctor do what they say. It looks at
// the commit at HEAD, as a tag does.
package release
