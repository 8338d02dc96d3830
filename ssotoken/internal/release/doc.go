// Package release tests what a tag publishes: that the modules install from a
// module proxy, that archives, the image and npm's packages work and are the same in
// every build, that the README's install block works, and that the workflows, the
// comparison of APIs and the action for doctor do what they say. It tests the commit
// at HEAD, as a tag does.
package release
