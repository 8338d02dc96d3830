package check

// CoarsenHashes leaves n bits of each hash, so that members share them by the
// thousand.
func (c *Checker) CoarsenHashes(n int) { c.mask = 1<<n - 1 }
