package contract_test

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

var update = flag.Bool("update", false, "write the documents that repeat the contract")

// expectText compares the text between two marks of a file with want.
func expectText(t *testing.T, path, from, to, want string) {
	t.Helper()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(whole), from)
	got, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("%s does not have the marks %q and %q", path, from, to)
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+from+want+to+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s is stale: run go test ./ssotoken/contract -update (-want +got):\n%s", path, diff)
	}
}

func row(cells ...string) string {
	for i, cell := range cells {
		cells[i] = strings.ReplaceAll(cell, "|", `\|`)
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

func TestTheTableOfCodesRepeatsTheRules(t *testing.T) {
	rules := inspect.Rules()
	slices.SortFunc(rules, func(a, b inspect.Rule) int { return strings.Compare(string(a.Code), string(b.Code)) })
	table := "\n" + row("code", "about", "verdict", "rule", "source", "what to do") + row("---", "---", "---", "---",
		"---", "---")
	for _, r := range rules {
		table += row("`"+string(r.Code)+"`", string(r.Area), string(r.Verdict), r.Sentence, string(r.Source), r.Fix)
	}
	expectText(t, "CODES.md", "<!-- codes -->\n", "<!-- end -->", table+"\n")
}

// setBy names the setters of ssotoken's ClaimsBuilder that are not called as their claim.
var setBy = map[string]string{
	contract.Sub: "`Subject`", contract.Email: "`VerifiedEmail`",
	contract.SpaceIDs: "`Spaces`", contract.Spaces: "`Spaces`", contract.SpacesOperation: "`Spaces`",
	contract.Iat: "the signer", contract.Exp: "the signer",
}

func TestTheReadmeRepeatsTheClaims(t *testing.T) {
	table := "\n" + row("claim", "", "what it is", "set by") + row("---", "---", "---", "---")
	for _, c := range contract.Claims() {
		if !c.Status.Sent() {
			continue
		}
		by, ok := setBy[c.Name]
		if !ok {
			by = "`" + strings.ToUpper(c.Name[:1]) + c.Name[1:] + "`"
		}
		table += row("`"+c.Name+"`", string(c.Status), inspect.AboutClaim(c.Name), by)
	}
	table += row("any other", string(contract.Custom), "a custom field: `customfields.Of`, or `ssotoken.FromStruct` by tags", "`Custom`")
	expectText(t, "../../README.md", "<!-- claims -->\n", "<!-- end -->", table+"\n")
}
