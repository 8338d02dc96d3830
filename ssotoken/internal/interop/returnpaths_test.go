package interop_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest/redirects"
)

const recipes = "../../docs/recipes/"

// returnPathsOf are programs that read a JSON list and print what the rule of a recipe makes of each value.
var returnPathsOf = map[string]func(t *testing.T) []string{
	"JavaScript": program("node", "-e", `const { returnPath } = require("`+recipes+`returnpath.js");
		console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(0, "utf8")).map(returnPath)))`),
	"Python": program("/usr/bin/python3", "-Bc", `import json, sys; sys.path.append("`+recipes+`"); import return_path
print(json.dumps([return_path.return_path(v) for v in json.load(sys.stdin)]))`),
	"PHP": program("php", "-r", `require "`+recipes+`ReturnPath.php";
		echo json_encode(array_map("ReturnPath::of", json_decode(stream_get_contents(STDIN))));`),
	"Ruby": program("/usr/bin/ruby", "-rjson", "-r", recipes+"return_path.rb", "-e",
		`puts JSON.generate(JSON.parse($stdin.read).map { |v| ReturnPath.of(v) })`),
	"Java": func(t *testing.T) []string {
		classes := javac(t, recipes+"ReturnPath.java", "java/ReturnPaths.java")
		return []string{"java", "-cp", classes, "ReturnPaths"}
	},
}

// javac compiles files, and returns the class path.
func javac(t *testing.T, files ...string) string {
	t.Helper()
	folder := t.TempDir()
	libraries := ":/usr/share/java/gson.jar:/usr/share/java/tomcat10-embed-core.jar:/usr/share/java/jakarta-annotation-api.jar"
	javac := []string{"javac", "-J-XX:TieredStopAtLevel=1", "-proc:none", "-encoding", "UTF-8", "-d", folder, "-cp", folder + libraries}
	run(t, nil, append(javac, files...)...)
	return folder + libraries
}

func TestTheReturnPathsOfTheRecipesAreThoseOfTheSDK(t *testing.T) {
	raw, err := os.ReadFile("../../vectors/returnpaths.json")
	if err != nil {
		t.Fatal(err)
	}
	vectors := decode[struct {
		MaxBytes int
		Kept     []string
		Dropped  map[string][]string
	}](t, raw)
	values := slices.Concat(vectors.Kept, redirects.Good(), []string{"", "/" + strings.Repeat("a", vectors.MaxBytes-1),
		"/" + strings.Repeat("a", vectors.MaxBytes), "/" + strings.Repeat("é", vectors.MaxBytes/2)})
	for _, more := range vectors.Dropped {
		values = append(values, more...)
	}
	for _, value := range redirects.Hostile() {
		if utf8.ValidString(value) {
			values = append(values, value)
		}
	}
	input, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	for language, words := range returnPathsOf {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			got := decode[[]string](t, []byte(run(t, input, words(t)...)))
			if len(got) != len(values) {
				t.Fatalf("%d answers for %d values", len(got), len(values))
			}
			for i, value := range values {
				want := "/"
				if _, err := ssotoken.ParseReturnPath(value); err == nil && value != "" {
					want = value
				}
				if got[i] != want {
					t.Errorf("%q: %q, want %q", value, got[i], want)
				}
			}
		})
	}
}
