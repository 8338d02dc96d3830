// Package spelling finds the word that a misspelled one means.
package spelling

// Distance counts the insertions, deletions and substitutions of bytes between
// a and b. It returns 3 if the lengths differ by more than 2.
func Distance(a, b string) int {
	if d := len(a) - len(b); d > 2 || d < -2 {
		return 3
	}
	row := make([]int, len(b)+1)
	for i := range row {
		row[i] = i
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for k := range len(b) {
			cost := 1
			if a[i] == b[k] {
				cost = 0
			}
			diagonal, row[k+1] = row[k+1], min(diagonal+cost, row[k]+1, row[k+1]+1)
		}
	}
	return row[len(b)]
}

// Nearest returns the word with at most two slips, fewer in a short word; of
// equal ones the first. It returns nothing if there is none.
func Nearest(misspelled string, words []string) string {
	nearest, best := "", 3
	for _, word := range words {
		if d := Distance(misspelled, word); d < best && 2*d < len(word) {
			nearest, best = word, d
		}
	}
	return nearest
}
