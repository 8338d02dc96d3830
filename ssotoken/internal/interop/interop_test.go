package interop_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const (
	keyText = "Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&"
	members = 3000
)

func TestOtherLibrariesReadWhatWasBuilt(t *testing.T) {
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	signer, err := ssotoken.New(ssotoken.Config{Community: "community.example.com", Key: key, Lifetime: time.Hour,
		Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	var input bytes.Buffer
	lines := json.NewEncoder(&input)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(map[string]any{"key": keyText, "now": now.Unix()}); err != nil {
		t.Fatal(err)
	}
	scripts := map[string]bool{}
	for i := range members {
		m := member{rand.New(rand.NewPCG(1, uint64(i))), map[string]any{"iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}, scripts}
		claims, err := m.builder().Build()
		if err != nil {
			t.Fatalf("member %d: %v", i, err)
		}
		token, err := signer.Sign(t.Context(), claims)
		if err != nil {
			t.Fatalf("member %d: %v", i, err)
		}
		if err := lines.Encode(map[string]any{"token": token.JWT(), "claims": m.want}); err != nil {
			t.Fatal(err)
		}
	}
	if len(scripts) < len(unicode.Scripts) {
		t.Errorf("the members use %d of %d scripts", len(scripts), len(unicode.Scripts))
	}
	for _, reader := range [][]string{{"node", "jsonwebtoken/verify.js"}, {"/usr/bin/python3", "pyjwt/verify.py"},
		{"/usr/bin/ruby", "ruby-jwt/verify.rb"}} {
		t.Run(reader[1], func(t *testing.T) {
			if got := strings.TrimSpace(run(t, input.Bytes(), reader...)); got != strconv.Itoa(members) {
				t.Errorf("%s members verified, want %d", got, members)
			}
		})
	}
}

func TestTheFakeTakesATokenOfTheVendorsSnippet(t *testing.T) {
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	community := ssotest.NewCommunity(t, ssotest.Config{Settings: ssotest.Settings{Key: key}})
	token := strings.TrimSpace(run(t, []byte(keyText), "node", "jsonwebtoken/snippet.js"))
	res, err := http.Get(community.URL + "/api/auth/sso?jwt=" + token)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if m, ok := community.Member("42"); !ok || m.Name != "Ada Lovelace" || m.Email != "ada@example.com" || m.Tagline != "Mathematician" {
		t.Errorf("got %s and member %+v", res.Status, m)
	}
}

func run(t *testing.T, input []byte, command ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%q: %v\n%s", command, err, &stderr)
	}
	return string(out)
}

// A member is random, but the same in every run. want is what its token must
// say, without the SDK's encoder.
type member struct {
	*rand.Rand
	want    map[string]any
	scripts map[string]bool
}

func (m member) builder() *ssotoken.ClaimsBuilder {
	b := ssotoken.NewClaims()
	sub := m.text(50)
	b.Subject(sub)
	name := m.text(1 + m.IntN(80))
	b.Name(name)
	local := strings.Map(func(r rune) rune {
		if isSeen(r) {
			return r
		}
		return 'x'
	}, m.text(1+m.IntN(187)))
	email := local + "@example.com"
	b.VerifiedEmail(email)
	m.want["sub"], m.want["name"], m.want["email"] = sub, strings.Join(strings.Fields(withoutBidi(name)), " "), email
	if m.IntN(2) == 0 {
		tagline := m.text(200) + "\n\t\"\\</script>\u2028"
		b.Tagline(tagline)
		m.want["tagline"] = withoutBidi(tagline)
	}
	if m.IntN(2) == 0 {
		picture := fmt.Sprintf("https://cdn%d.example.com/%d.png?s=80&d=%%20", m.IntN(10), m.Int())
		b.Picture(picture)
		m.want["picture"] = picture
	}
	b.Spaces(m.spaces())
	b.Custom(customfields.Of(m.fields()...))
	return b
}

// withoutBidi is how a name or a tagline is sent.
func withoutBidi(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, s)
}

// text returns 1 to max UTF-16 code units of any script, which begin with one that is
// seen and do not end in white space.
func (m member) text(max int) string {
	target := 1 + m.IntN(max)
	if m.IntN(10) == 0 {
		target = max
	}
	var out []rune
	units := 0
	for units < target {
		r := m.character()
		if n := utf16.RuneLen(r); units+n <= target {
			out = append(out, r)
			units += n
		}
	}
	if !isSeen(out[0]) {
		out[0] = 'a'
	}
	if unicode.IsSpace(out[len(out)-1]) {
		out[len(out)-1] = 'z'
	}
	return string(out)
}

// isSeen reports letters and numbers, but fillers and blanks that are letters to Unicode.
func isSeen(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N) && !strings.ContainsRune("\u115f\u1160\u3164\uffa0\U00013441\U00013442", r)
}

func (m member) character() rune {
	if m.IntN(3) == 0 {
		return rune(' ' + m.IntN('~'-' '+1))
	}
	for {
		name := scriptNames[m.IntN(len(scriptNames))]
		table := unicode.Scripts[name]
		if i := m.IntN(len(table.R16) + len(table.R32)); i < len(table.R16) {
			r := table.R16[i]
			c := rune(r.Lo) + rune(m.IntN(int((r.Hi-r.Lo)/r.Stride)+1))*rune(r.Stride)
			if !unicode.IsControl(c) {
				m.scripts[name] = true
				return c
			}
		} else {
			r := table.R32[i-len(table.R16)]
			m.scripts[name] = true
			return rune(r.Lo) + rune(m.IntN(int((r.Hi-r.Lo)/r.Stride)+1))*rune(r.Stride)
		}
	}
}

var scriptNames = slices.Sorted(maps.Keys(unicode.Scripts))

func (m member) spaces() spaces.Plan {
	ids := make([]string, 1+m.IntN(5))
	var changes []spaces.Change
	var entries []any
	for i := range ids {
		ids[i] = fmt.Sprintf("space-%d-%d", i, m.IntN(1e6))
		change, action := spaces.Join(ids[i]), "JOIN"
		if m.IntN(2) == 0 {
			change, action = spaces.Leave(ids[i]), "LEAVE"
		}
		changes = append(changes, change)
		entries = append(entries, map[string]any{"spaceId": ids[i], "role": "MEMBER", "action": action})
	}
	switch m.IntN(4) {
	case 0:
		m.want["spaceIds"], m.want["spacesOperation"] = ids, "ADD"
		return spaces.Add(ids...)
	case 1:
		m.want["spaceIds"], m.want["spacesOperation"] = ids, "REPLACE"
		return spaces.Replace(ids...)
	case 2:
		m.want["spaces"] = entries
		return spaces.Apply(changes...)
	}
	return spaces.Plan{}
}

// fields returns every type of custom field, empty values and the limits of a
// number.
func (m member) fields() []customfields.Field {
	when := time.Unix(m.Int64N(4e9), m.Int64N(1e9))
	text, html, id := m.text(40), "<p>"+m.text(40)+"</p>", m.text(20)
	integer := m.Int64N(2*contract.MaxInteger+1) - contract.MaxInteger
	number := (m.Float64() - 0.5) * []float64{1e-300, 1e-9, 1, 1e6, 1e15}[m.IntN(5)]
	flag := m.IntN(2) == 0
	m.want["text"], m.want["html"], m.want["relation"] = text, html, id
	m.want["integer"], m.want["number"], m.want["flag"] = integer, number, flag
	m.want["largest"], m.want["least"], m.want["zero"] = contract.MaxInteger, -contract.MaxInteger, 0
	m.want["day"], m.want["instant"] = when.Format("2006-01-02"), when.UTC().Format("2006-01-02T15:04:05.999999999Z07:00")
	m.want["list"] = []any{text, "", html}
	m.want["object"] = map[string]any{"inner": map[string]any{"n": number}, id: text}
	key := "ключ-" + strconv.Itoa(m.IntN(1e9))
	m.want[key] = text
	return []customfields.Field{
		customfields.Text("text", text), customfields.RichText("html", html), customfields.Relation("relation", id),
		customfields.Integer("integer", integer), customfields.Number("number", number), customfields.Boolean("flag", flag),
		customfields.Number("largest", contract.MaxInteger), customfields.Integer("least", -contract.MaxInteger), customfields.Integer("zero", 0),
		customfields.Date("day", when), customfields.DateTime("instant", when),
		customfields.Array("list", []string{text, "", html}),
		customfields.Object("object", customfields.Object("inner", customfields.Number("n", number)),
			customfields.Text(id, text), customfields.Text("empty", "")),
		customfields.Text(key, text), customfields.Text("empty", ""), customfields.Date("never", time.Time{}),
	}
}
