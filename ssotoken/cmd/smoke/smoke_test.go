package smoke_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/smoke"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// configOf is the login of a test member at a community.
func configOf(t *testing.T, community string, key ssotoken.Key) smoke.Config {
	t.Helper()
	signer, err := ssotoken.New(ssotoken.Config{Community: community, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := ssotoken.NewClaims().Subject("user-7").Name("Ada").VerifiedEmail("ada@example.com").Build()
	if err != nil {
		t.Fatal(err)
	}
	return smoke.Config{Signer: signer, Claims: claims}
}

func logIn(t *testing.T, c smoke.Config) *smoke.Report {
	t.Helper()
	report, err := smoke.Login(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func newKey(t *testing.T, text string) ssotoken.Key {
	t.Helper()
	key, err := ssotoken.NewKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// served is a community whose login is answered in a given way.
func served(t *testing.T, login http.HandlerFunc) smoke.Config {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc(contract.SSOPath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		login(w, r)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<title>Home</title>") })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return configOf(t, server.URL, newKey(t, "a-key-of-thirty-two-bytes-or-more"))
}

func TestALoginIsTheMembersAndLandsWhereItAsked(t *testing.T) {
	community := ssotest.NewCommunity(t, ssotest.Config{Settings: ssotest.Settings{OtherLoginMethods: true}})
	c := configOf(t, community.URL, community.Key())
	path, err := c.Signer.Community().ReturnPath("/spaces/tips?tab=a%20b")
	if err != nil {
		t.Fatal(err)
	}
	c.Path = path
	report := logIn(t, c)
	member, ok := community.Member("user-7")
	if report.LoggedIn != smoke.LoggedIn || report.Landed != "/spaces/tips?tab=a%20b" || report.Found() || !ok || member.Name != "Ada" {
		t.Errorf("got %+v and the member %+v", report, member)
	}
	want := []smoke.Hop{{Path: "/api/auth/sso", Status: 302, To: report.Landed}, {Path: report.Landed, Status: 200}}
	if diff := cmp.Diff(want, report.Hops); diff != "" {
		t.Errorf("hops (-want +got):\n%s", diff)
	}
}

func TestARefusedLoginIsAFailureAndNoError(t *testing.T) {
	community := ssotest.NewCommunity(t, ssotest.Config{Settings: ssotest.Settings{OtherLoginMethods: true}})
	report := logIn(t, configOf(t, community.URL, newKey(t, "another-key-of-thirty-two-bytes!")))
	if report.LoggedIn != smoke.NotLoggedIn || !report.Found() || len(report.Findings) != 1 ||
		report.Findings[0].Code != smoke.LoginRefused {
		t.Errorf("got %+v", report)
	}
}

func TestOnlyTheCommunityIsRequested(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("requested %s", r.URL.Path) }))
	t.Cleanup(elsewhere.Close)
	report := logIn(t, served(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/x", http.StatusFound)
	}))
	if report.LoggedIn != smoke.NotLoggedIn || report.Findings[0].Code != smoke.LoginElsewhere {
		t.Errorf("got %+v", report)
	}
}

// A community, or whoever is at its address, may put what smoke must not show wherever a report has text.
func TestAReportHoldsNoPartOfATokenAndNoCookieWhereverTheyAre(t *testing.T) {
	var token string
	const session = "c00kie-of-the-member"
	places := map[string]http.HandlerFunc{
		"a cookie's path": func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "b", Path: "/" + token})
		},
		"a cookie's name": func(w http.ResponseWriter, _ *http.Request) { http.SetCookie(w, &http.Cookie{Name: token, Value: "b"}) },
		"half of it in a name": func(w http.ResponseWriter, _ *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: token[60:120], Value: "b"})
		},
		"a page": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x/"+token, http.StatusFound) },
		"an encoded page": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/x?y="+encoded(token), http.StatusFound)
		},
		"a page encoded twice": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/x?y="+encoded(encoded(token)), http.StatusFound)
		},
		"a page in capitals": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/"+strings.ToUpper(token), http.StatusFound)
		},
		"a page in base64": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/x?state="+base64.StdEncoding.EncodeToString([]byte(token)), http.StatusFound)
		},
		"another host's path": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://x.example/"+encoded(token), http.StatusFound)
		},
		"another host's name": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://"+token[60:100]+".example/", http.StatusFound)
		},
		"a title":              func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, "<title>&#101;%s</title>", token[1:]) },
		"a cookie's own value": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/x?"+session, http.StatusFound) },
		"a cookie's value, coded": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/x?"+encoded(session), http.StatusFound)
		},
	}
	for name, place := range places {
		text, err := json.Marshal(logIn(t, served(t, func(w http.ResponseWriter, r *http.Request) {
			token = r.URL.Query().Get("jwt")
			http.SetCookie(w, &http.Cookie{Name: "session", Value: session, Path: "/"})
			place(w, r)
		})))
		if err != nil {
			t.Fatal(err)
		}
		_, secret, _ := strings.Cut(token, ".")
		all := strings.ToLower(string(text))
		for range 3 {
			for i := 0; i+20 <= len(secret); i++ {
				if strings.Contains(all, strings.ToLower(secret[i:i+20])) {
					t.Errorf("%s: a part of the token is shown:\n%s", name, text)
					break
				}
			}
			if strings.Contains(string(text), base64.StdEncoding.EncodeToString([]byte(token[:60]))) {
				t.Errorf("%s: the token is shown in base64:\n%s", name, text)
			}
			if strings.Contains(all, session) {
				t.Errorf("%s: a cookie's value is shown:\n%s", name, text)
			}
			plain, err := url.PathUnescape(all)
			if err != nil {
				break
			}
			all = plain
		}
	}
}

// encoded is a text with each byte percent-encoded.
func encoded(s string) (out string) {
	for i := range len(s) {
		out += fmt.Sprintf("%%%02X", s[i])
	}
	return out
}

// A browser takes a backslash for a slash, and leaves.
func TestALocationIsReadAsBrowsersDo(t *testing.T) {
	for _, location := range []string{`/\other.example/x`, `\\other.example/x`, "/\t/other.example/x",
		"https:other.example/x", "//other.example/x"} {
		report := logIn(t, served(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Location"] = []string{location}
			w.WriteHeader(http.StatusFound)
		}))
		if report.LoggedIn != smoke.NotLoggedIn || report.Findings[0].Code != smoke.LoginElsewhere {
			t.Errorf("%q: got %+v", location, report)
		}
	}
}

// Date is a whole second, cut off.
func TestAClockIsComparedAsExactlyAsDateAllows(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		ahead time.Duration
		want  string
	}{
		{-900 * time.Millisecond, "the same, within a second"}, {0, "the same, within a second"},
		{-4 * time.Second, "the community's is 3 s behind"}, {4 * time.Second, "the community's is 4 s ahead"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", noon.Add(tt.ahead).Format(http.TimeFormat))
			fmt.Fprint(w, "<title>Home</title>")
		}))
		t.Cleanup(server.Close)
		c := configOf(t, server.URL, newKey(t, "a-key-of-thirty-two-bytes-or-more"))
		c.Now = func() time.Time { return noon }
		report := logIn(t, c)
		if got := smoke.ClockText(*report.ClockSeconds); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%v: got %q, want %q", tt.ahead, got, tt.want)
		}
	}
}

func TestALoginUnderAPathLandsThere(t *testing.T) {
	community := ssotest.NewCommunity(t, ssotest.Config{Path: "/hub", Settings: ssotest.Settings{OtherLoginMethods: true}})
	for path, landed := range map[string]string{"": "/hub/", "/hub/spaces/tips?tab=a%20b": "/hub/spaces/tips?tab=a%20b"} {
		c := configOf(t, community.URL, community.Key())
		var err error
		if c.Path, err = c.Signer.Community().ReturnPath(path); err != nil {
			t.Fatal(err)
		}
		report := logIn(t, c)
		if report.LoggedIn != smoke.LoggedIn || report.Landed != landed || report.Found() || len(report.Notes) > 0 {
			t.Errorf("%q: got %+v", path, report)
		}
	}
}

// No page of the vendor says from where on redirect_uri is read.
func TestWhereACommunityUnderAPathReadsRedirectURIFromIsNoted(t *testing.T) {
	for landed, want := range map[string]smoke.Outcome{
		"/hub/hub/a": smoke.LoggedIn, "/hub/a": smoke.LoggedIn, "/hub/auth/login": smoke.NotLoggedIn, "/hub/AUTH//login": smoke.NotLoggedIn,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hub"+contract.SSOPath {
				http.SetCookie(w, &http.Cookie{Name: "session", Value: "c00kie-of-the-member", Path: "/hub"})
				w.Header().Set("Location", landed)
				w.WriteHeader(http.StatusFound)
			}
		}))
		t.Cleanup(server.Close)
		c := configOf(t, server.URL+"/hub/", newKey(t, "a-key-of-thirty-two-bytes-or-more"))
		c.Path, _ = ssotoken.ParseReturnPath("/hub/a")
		report := logIn(t, c)
		if isNoted := len(report.Notes) > 0; isNoted != (landed == "/hub/hub/a") || report.LoggedIn != want || report.Landed != landed {
			t.Errorf("%s: got %+v", landed, report)
		}
	}
}
