package inspect_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// hostile are pieces of texts that are long to search where nothing bounds it.
var hostile = map[string]string{
	"beginnings of tokens":       encode(plainHeader) + " ",
	"dots":                       encode(plainHeader) + strings.Repeat(".", 5000) + " ",
	"lines of one length":        encode(plainHeader) + "." + strings.Repeat(strings.Repeat("e30", 25)+"\n", 300),
	"what could be a broken URL": sso + "?jwt=eyJ\n" + strings.Repeat("a\n", 400),
	"a URL encoded too often":    "https%252525252525253A%25252525252525252F",
	"entities of entities":       "&amp;amp;amp;amp;amp;amp;amp;lt; ",
	"backslashes":                `\\\\\\\\\\\\\\\\u0026 `,
	"what could be base64":       strings.Repeat(base64.StdEncoding.EncodeToString([]byte(encode(plainHeader)+".e30. ")), 3) + " ",
}

func TestAHostileMegabyteIsSearchedInTheTimeOfALittleLog(t *testing.T) {
	cost := func(size int, line string) time.Duration {
		text := []byte(strings.Repeat(line, size/len(line)))
		start := time.Now()
		inspect.Find(text)
		return time.Since(start)
	}
	const most = 40 // times; it was up to 100
	for name, piece := range hostile {
		times := 0.0
		for range 5 { // what else the machine does makes one slow, not all
			log := cost(64<<10, "2026-11-23T12:00:00Z INFO GET https://example.com/spaces?tab=posts&sort=new 200 in 12 ms\n")
			if times = float64(cost(1<<20, piece)) / float64(log); times <= most {
				break
			}
		}
		if times > most {
			t.Errorf("%s: %.0f times as long as 64 KiB of a log, want %d", name, times, most)
		}
		t.Logf("%s: %.0f times", name, times)
	}
}

func TestOnlyTheStartOfALongTextIsSearched(t *testing.T) {
	const most = 256 << 10
	for _, tt := range []struct {
		before int
		want   bool
	}{{most - len(tokenInOrder) - 1, true}, {most, false}} {
		f, ok := inspect.Find([]byte(strings.Repeat("\n", tt.before) + tokenInOrder + " " + strings.Repeat("a ", 1<<20)))
		if ok != tt.want || ok && f.Login != tokenInOrder {
			t.Errorf("after %d bytes: found %v", tt.before, ok)
		}
	}
}

// many repeats what a form makes of numbers, as members of an object.
func many(n int, form string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, form, i)
	}
	return "{" + strings.TrimSuffix(b.String(), ",") + "}"
}

func TestAHostileTokenIsJudgedInTheTimeOfALargeOne(t *testing.T) {
	cost := func(payload string) time.Duration {
		token := sign(plainHeader, payload)
		start := time.Now()
		if judge(t, token).Has(inspect.TokenTooLarge) {
			t.Fatalf("a payload of %d bytes is too large", len(payload))
		}
		return time.Since(start)
	}
	const most = 20 // times; it was up to 4
	for name, payload := range map[string]string{
		"one name again and again": many(1300, `"a":%d,`),
		"unsafe numbers":           many(1000, `"%x":1e400,`),
		"spaces without an id":     `{"spaceIds":[` + strings.Repeat("1,", 5000) + `1]}`,
		"depth":                    `{"a":` + strings.Repeat("[", 5800) + strings.Repeat("]", 5800) + `}`,
		"unsafe numbers, deep": `{"a":` + strings.Repeat("[", 2500) + strings.Repeat("1e400,", 1000) + "1" +
			strings.Repeat("]", 2500) + `}`,
	} {
		times := 0.0
		for range 5 { // what else the machine does makes one slow, not all
			if times = float64(cost(payload)) / float64(cost(many(1000, `"%x":"xx",`))); times <= most {
				break
			}
		}
		if times > most {
			t.Errorf("%s: %.0f times as long as a token of 1,000 claims, want %d", name, times, most)
		}
		t.Logf("%s: %.0f times", name, times)
	}
}
