package interop_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The tests that a partner copies from docs/recipes, each of which starts the command and a recipe.
var partnersTests = map[string][]string{
	"Express": {"login.test.mjs", "node", "--test"},
	"Flask":   {"test_login.py", "/usr/bin/python3", "-B", "-m", "pytest", "-p", "no:cacheprovider"},
	"PHP":     {"LoginTest.php", "phpunit", "--do-not-cache-result"},
}

func TestThePartnersTestsPassWithTheRecipesAndFailWithoutTheWayBack(t *testing.T) {
	for name, words := range partnersTests {
		for _, flaw := range []string{"", "way back"} {
			t.Run(name+", "+flaw, func(t *testing.T) {
				test := exec.Command(words[1], append(words[2:], words[0])...)
				test.Dir = recipesIn[name].copied(t, flaw)
				test.Env = append(os.Environ(), "PATH="+filepath.Dir(command)+":"+os.Getenv("PATH"), "CHROMIUM=/usr/bin/chromium")
				out, err := test.CombinedOutput()
				if (err == nil) != (flaw == "") || err != nil && !bytes.Contains(out, []byte("/spaces/news")) {
					t.Errorf("%v: %s", err, out)
				}
			})
		}
	}
}

func TestAPartnersTestHasAtMost60Lines(t *testing.T) {
	for _, words := range partnersTests {
		text, err := os.ReadFile(recipes + words[0])
		if err != nil {
			t.Fatal(err)
		}
		expectShort(t, words[0], string(text))
	}
}
