package inspect_test

import (
	"encoding/base64"
	"encoding/binary"
	"flag"
	"fmt"
	"mime/quotedprintable"
	"os"
	"strings"
	"testing"
	"text/template"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken/inspect"
)

var update = flag.Bool("update", false, "write what is said of each input")

// given is what the inputs are made of.
var given = map[string]string{
	"T":      tokenInOrder,
	"U":      sso + "?jwt=" + tokenInOrder + "&redirect_uri=%2Fspaces%3Ftab%3Dposts%26q%3Da",
	"RS256":  encode(`{"alg":"RS256","typ":"JWT","kid":"1"}`) + "." + encode(plain) + "." + strings.Repeat("Ab3-", 85) + "Ag",
	"None":   encode(`{"alg":"none"}`) + "." + encode(plain) + ".",
	"JWE":    encode(`{"alg":"RSA-OAEP","enc":"A256GCM"}`) + ".a2V5a2V5.aXZpdg.Y2lwaGVydGV4dA.dGFn",
	"PASETO": "v4.public.eyJzdWIiOiJ1LTcifQ" + strings.Repeat("Ab3-", 20),
	"Flask":  encode(`{"user":"ada"}`) + ".aB3dEf." + strings.Repeat("Ab3", 9),
	"Rails":  encode(`{"_rails":{"message":"ImFkYSI="}}`) + "--" + strings.Repeat("0a1b", 10),
	"JWS":    `{"payload":"` + encode(plain) + `","protected":"` + encode(plainHeader) + `","signature":"QWIz"}`,
	"Header": encode(plainHeader),
	"LRM":    "\u200e", "RLM": "\u200f", "NBSP": "\u00a0", "WJ": "\u2060",
	"LF": "\n", "NUL": "\x00", "CRLF": "\r\n", "BOM": "\ufeff", "ZWSP": "\u200b", "ESC": "\x1b",
}

// The functions say how a program changes a text.
var changes = template.FuncMap{
	"wrap": func(n int, between, s string) string { // breaks lines at n characters
		var lines []string
		for len(s) > n {
			lines, s = append(lines, s[:n]), s[n:]
		}
		return strings.Join(append(lines, s), between)
	},
	"qp": func(s string) (string, error) {
		var b strings.Builder
		w := quotedprintable.NewWriter(&b)
		w.Write([]byte(s))
		err := w.Close()
		return b.String(), err
	},
	"utf16le": func(s string) string { return units(binary.LittleEndian, s) },
	"utf16be": func(s string) string { return units(binary.BigEndian, s) },
	"b64":     func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"amp":     func(s string) string { return strings.ReplaceAll(s, "&", "&amp;") },
	"replace": func(old, by, s string) string { return strings.ReplaceAll(s, old, by) },
	"first":   func(n int, s string) string { return s[:n] },
	"cut":     func(n int, s string) string { return s[:len(s)-n] }, // drops the end
}

func units(order binary.AppendByteOrder, s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// say tells in one line what is found in an input, and how.
func say(t *testing.T, input string) string {
	f, ok := inspect.Find([]byte(input))
	if !ok {
		return "nothing"
	}
	r := f.Judge(inspect.Options{Key: key(t), Now: now})
	said, _, _ := strings.Cut(r.Kind, ",")
	switch {
	case r.Size == 0:
		said = "no token"
	case r.Kind == "":
		said = "a token"
	}
	if f.IsURL {
		said += " in a URL"
		if r.URL.Location != "/" {
			said += " to " + r.URL.Location
		}
	}
	for _, finding := range r.Findings {
		if finding.Verdict != inspect.Info {
			said += ", " + string(finding.Code)
		}
	}
	if f.Others > 0 {
		said += fmt.Sprintf(", %d more", f.Others)
	}
	if len(f.Undone) > 0 {
		said += "; without " + strings.Join(f.Undone, ", ")
	}
	return said
}

// Each row of the table is an input and what is said of it. An input is a
// template: T is a token, U a login URL.
func TestALoginIsFoundInWhateverWasDoneToIt(t *testing.T) {
	const path = "testdata/inputs.golden"
	table, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	rows := 0
	for row := range strings.Lines(string(table)) {
		source, _, _ := strings.Cut(strings.TrimSuffix(row, "\n"), "  →  ")
		if source == "" || strings.HasPrefix(source, "#") {
			got.WriteString(row)
			continue
		}
		rows++
		parsed, err := template.New("").Funcs(changes).Parse(source)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		var input strings.Builder
		if err := parsed.Execute(&input, given); err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		fmt.Fprintf(&got, "%s  →  %s\n", source, say(t, input.String()))
	}
	if rows < 60 {
		t.Errorf("only %d inputs", rows)
	}
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(table), got.String()); diff != "" {
		t.Errorf("what is said (-want +got):\n%s", diff)
	}
}
