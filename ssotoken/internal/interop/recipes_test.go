package interop_test

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/cmd/doctor"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// A recipe is a file of docs/recipes, and how its server starts in a folder that has a copy.
type recipe struct {
	file, logout string
	start        func(t *testing.T, folder string) []string
	flaws        map[string][2]string // what is taken out: a text that the file has once, and what takes its place
}

var recipesIn = map[string]recipe{
	"Express": {"express.js", "/logout", runs("node", "express.js"), map[string][2]string{
		"expiry":   {`, expiresIn: 60`, ``},
		"rule":     {`returnPath(req`, `String(req`},
		"no-store": {`  res.set("Cache-Control", "no-store");`, ``},
		"verified": {`if (!member.emailVerified)`, `if (false)`},
		"way back": {`    req.session.back = back;`, ``},
		"prefetch": {` && !req.get("Sec-Purpose") && !req.get("Purpose")`, ``},
	}},
	"Next.js": {"nextjs.mjs", "/community/logout", func(t *testing.T, folder string) []string {
		return []string{"node", absolute(t, "nextjs.mjs"), filepath.Join(folder, "nextjs.mjs")}
	}, map[string][2]string{
		"expiry":   {`.setExpirationTime(time)`, ``},
		"rule":     {`returnPath(new`, `String(new`},
		"no-store": {`"Cache-Control": "no-store", `, ``},
		"verified": {`if (!member.emailVerified)`, `if (false)`},
		"way back": {`keep({ back })`, `keep({})`},
		"prefetch": {` || isPrefetch`, ``},
		"HEAD":     {`export const HEAD`, `const HEAD`},
	}},
	"FastAPI": {"fastapi_app.py", "/logout", python("uvicorn", "--port", "0", "fastapi_app:app"), map[string][2]string{
		"expiry":   {`, "exp": now + 60`, ``},
		"rule":     {`return_path(request`, `str(request`},
		"no-store": {`SAFE = {"Cache-Control": "no-store"}`, `SAFE = {}`},
		"verified": {`if not m["email_verified"]`, `if False`},
		"way back": {`        request.session["back"] = back`, `        request.session["back"] = "/"`},
		"prefetch": {` or "Sec-Purpose" in h or "Purpose" in h`, ``},
	}},
	"Flask": {"flask_app.py", "/logout", python("flask", "--app", "flask_app", "run", "--port", "0"), map[string][2]string{
		"expiry":   {`, "exp": now + 60`, ``},
		"rule":     {`return_path(request`, `str(request`},
		"no-store": {`SAFE = {"Cache-Control": "no-store"}`, `SAFE = {}`},
		"verified": {`if not m["email_verified"]`, `if False`},
		"way back": {`        session["back"] = back`, `        session["back"] = "/"`},
		"prefetch": {` or "Sec-Purpose" in h or "Purpose" in h`, ``},
	}},
	"PHP": {"plain.php", "/logout", runs("php", "-d", "session.save_path=.", "-S", "127.0.0.1:0", "plain.php"), map[string][2]string{
		"expiry":   {`, 'exp' => $now + 60`, ``},
		"rule":     {`ReturnPath::of(`, `strval(`},
		"no-store": {`header('Cache-Control: no-store');`, ``},
		"verified": {`        $isVerified || answer(403, 'Confirm your email address first.');`, ``},
		"way back": {`            $_SESSION['back'] = $back;`, ``},
		"prefetch": {` && !isset($_SERVER['HTTP_SEC_PURPOSE']) && !isset($_SERVER['HTTP_PURPOSE'])`, ``},
	}},
	"Laravel": {"laravel_controller.php", "/logout", func(t *testing.T, _ string) []string {
		return []string{"php", "-S", "127.0.0.1:0", absolute(t, "laravel.php")}
	}, map[string][2]string{
		"expiry":   {`, 'exp' => time() + 60`, ``},
		"rule":     {`\ReturnPath::of($request`, `strval($request`},
		"no-store": {`['Cache-Control' => 'no-store']`, `[]`},
		"verified": {`        abort_unless($m['email_verified'], 403, 'Confirm your email address first.');`, ``},
		"way back": {`            $request->session()->put('back', '/community/login?referrer_uri=' . rawurlencode($back));`, ``},
		"prefetch": {` || $isPrefetch`, ``},
	}},
	"Sinatra": {"sinatra_app.rb", "/logout", runs("/usr/bin/ruby", "sinatra_app.rb", "-s", "puma", "-p", "0"), map[string][2]string{
		"expiry":   {`, exp: now + 60`, ``},
		"rule":     {`ReturnPath.of(params`, `String(params`},
		"no-store": {`headers 'Cache-Control' => 'no-store'`, ``},
		"verified": {` unless member[:email_verified]`, ` if false`},
		"way back": {`    session[:back] = back`, ``},
		"prefetch": {` && %w[SEC_PURPOSE PURPOSE].none? { |name| env["HTTP_#{name}"] }`, ``},
	}},
	"Rails": {"rails_controller.rb", "/logout", func(t *testing.T, _ string) []string {
		return []string{"/usr/bin/ruby", absolute(t, "rails.rb")}
	}, map[string][2]string{
		"expiry":   {`, exp: now + 60`, ``},
		"rule":     {`ReturnPath.of(params`, `String(params`},
		"no-store": {`['Cache-Control'] = 'no-store'`, `['Cache-Control'] = 'no-cache'`},
		"verified": {` unless member[:email_verified]`, ` if false`},
		"way back": {`      session[:back] = back`, ``},
		"prefetch": {` && !request.headers['Sec-Purpose'] && !request.headers['Purpose']`, ``},
	}},
	"Java": {"CommunityLogin.java", "/logout", func(t *testing.T, folder string) []string {
		in := func(name string) string { return filepath.Join(folder, name) }
		return []string{"java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp",
			javac(t, in("ReturnPath.java"), in("Jwt.java"), in("CommunityLogin.java"), "java/Server.java"), "Server"}
	}, map[string][2]string{
		"expiry":   {`, "exp", now + 60`, ``},
		"rule":     {`ReturnPath.of(`, `String.valueOf(`},
		"no-store": {`        response.setHeader("Cache-Control", "no-store");`, ``},
		"verified": {`!m.emailVerified`, `false`},
		"way back": {`setAttribute("back", "/community/login?referrer_uri=" + encode(back, UTF_8))`, `setAttribute("back", 1)`},
		"prefetch": {` || isPrefetch`, ``},
	}},
}

// unverified is the member whose email is not. Doctor must see this member's sign-in fail.
const unverified = "eve"

// foundBy is the code by which doctor finds what was taken out.
var foundBy = map[string]contract.Code{
	"expiry":   inspect.ExpMissing,
	"rule":     doctor.OpenRedirect,
	"no-store": doctor.Cacheable,
	"way back": doctor.RedirectChanged,
	"prefetch": doctor.PrefetchMints,
	"HEAD":     doctor.HEADMints,
}

func runs(words ...string) func(*testing.T, string) []string {
	return func(*testing.T, string) []string { return words }
}

func python(module ...string) func(*testing.T, string) []string {
	return runs(append([]string{"/usr/bin/python3", "-B", "-m"}, module...)...)
}

func absolute(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// listening matches what the servers print when they have started.
var listening = regexp.MustCompile(`(?:http://127\.0\.0\.1:|^)(\d+)(?:\)| \(|$)`)

// copied returns a folder with a copy of the recipes, this one with a flaw unless that is "".
func (r recipe) copied(t *testing.T, flaw string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	files, err := filepath.Glob(recipes + "*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if change := r.flaws[flaw]; filepath.Base(name) == r.file && flaw != "" {
			if bytes.Count(text, []byte(change[0])) != 1 {
				t.Fatalf("%s has not one %q", name, change[0])
			}
			text = bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1)
		}
		if err := os.WriteFile(filepath.Join(folder, filepath.Base(name)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(absolute(t, recipes+"node_modules"), filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return folder
}

// serve starts a copy of the recipe without a flaw, or with one, and returns its origin.
func (r recipe) serve(t *testing.T, community, flaw string) string {
	t.Helper()
	folder := r.copied(t, flaw)
	words := r.start(t, folder)
	env := []string{"SSO_KEY=" + keyText, "COMMUNITY=" + community, "SESSION_SECRET=" + strings.Repeat("s", 64), "PORT=0"}
	p := startProcessIn(t, folder, listening, env, words[0], words[1:]...)
	return "http://127.0.0.1:" + p.address(t)
}

// examine runs doctor, which signs in as a member.
func (r recipe) examine(t *testing.T, origin, member string) *doctor.Diagnosis {
	t.Helper()
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	return examine(t, doctor.Config{AuthorizationURL: origin + "/community/login", LogoutURL: origin + r.logout,
		Community: handlersCommunity, Key: key, Form: signInOf(member)})
}

func signInOf(name string) url.Values {
	return url.Values{"email": {name + "@example.com"}, "password": {"demo"}}
}

func TestDoctorFindsNothingToFixInTheRecipes(t *testing.T) {
	for name, r := range recipesIn {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			origin := r.serve(t, handlersCommunity, "")
			report := r.examine(t, origin, "ada")
			if err := report.Err(); err != nil || !report.Complete {
				t.Errorf("complete %v, %v", report.Complete, err)
			}
			if report := r.examine(t, origin, unverified); !report.Has(doctor.SignInFails) {
				t.Errorf("a member without a verified email: %q", codesOf(report))
			}
		})
	}
}

func TestDoctorFindsWhatIsTakenOutOfARecipe(t *testing.T) {
	nightly(t)
	for name, r := range recipesIn {
		for flaw, code := range foundBy {
			if r.flaws[flaw] == [2]string{} {
				continue
			}
			t.Run(name+", "+flaw, func(t *testing.T) {
				t.Parallel()
				if report := r.examine(t, r.serve(t, handlersCommunity, flaw), "ada"); !report.Has(code) {
					t.Errorf("no %s in %q", code, codesOf(report))
				}
			})
		}
	}
}

func TestDoctorSeesAMemberWithoutAVerifiedEmailComeIn(t *testing.T) {
	for name, r := range recipesIn {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if report := r.examine(t, r.serve(t, handlersCommunity, "verified"), unverified); report.Has(doctor.SignInFails) {
				t.Errorf("%q", codesOf(report))
			}
		})
	}
}

// hidden are the fields that a form has for the framework.
var hidden = regexp.MustCompile(`type="hidden" name="(\w+)" value="([^"]*)"`)

func TestTheRecipesLogInVerifiedMembersOnly(t *testing.T) {
	key, err := ssotoken.NewKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	const from = "/search?q=a%20b&tab=posts#top"
	for name, r := range recipesIn {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			community := ssotest.NewCommunity(t, ssotest.Config{Settings: ssotest.Settings{Key: key}})
			login := r.serve(t, community.URL, "") + "/community/login?referrer_uri=" + url.QueryEscape(from)
			for _, member := range []string{"ada", unverified} {
				b := ssotest.NewBrowser(t)
				b.Open(community.URL)
				form := signInOf(member)
				for _, field := range hidden.FindAllStringSubmatch(b.Follow(login).Text, -1) {
					form.Set(field[1], field[2])
				}
				b.Submit("", form)
			}
			logins := community.Attempts()
			if len(logins) != 1 || logins[0].Err != nil || logins[0].Landing.Location != from {
				t.Fatalf("%+v", logins)
			}
			if got := logins[0].After.ExternalID; got != "user-7" {
				t.Errorf("%s has logged in", got)
			}
		})
	}
}

func TestARecipeHasAtMost60Lines(t *testing.T) {
	for _, r := range recipesIn {
		text, err := os.ReadFile(recipes + r.file)
		if err != nil {
			t.Fatal(err)
		}
		expectShort(t, r.file, string(text))
	}
}

func expectShort(t *testing.T, name, text string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for _, line := range lines {
		if utf8.RuneCountInString(line) > 120 {
			t.Errorf("%s: %q has over 120 columns", name, line)
		}
	}
	if len(lines) > 60 {
		t.Errorf("%s has %d lines", name, len(lines))
	}
	t.Logf("%s: %d", name, len(lines))
}

// A row of the README names doctor's codes, and then links to the lines of express.js that keep them away.
var (
	row    = regexp.MustCompile("(?m)^\\| (`[a-z].*`) \\| (.*express\\.js#L.*) \\|$")
	toLine = regexp.MustCompile("\\[`([^`]+)`\\]\\(express\\.js#L(\\d+)\\)")
)

func TestTheRecipesNameDoctorsCodesAndTheirOwnLines(t *testing.T) {
	readme, err := os.ReadFile(recipes + "README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(recipes + "express.js")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(readme, []byte("\n## What doctor found in your own handler\n")) {
		t.Error("the link that doctor prints leads nowhere")
	}
	lines := bytes.Split(source, []byte("\n"))
	rows := row.FindAllSubmatch(readme, -1)
	if len(rows) < 10 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, r := range rows {
		for code := range strings.SplitSeq(string(r[1]), ", ") {
			if doctor.RuleOf(contract.Code(strings.Trim(code, "`"))).Code == "" {
				t.Errorf("no code %s", code)
			}
		}
		for _, link := range toLine.FindAllSubmatch(r[2], -1) {
			n, err := strconv.Atoi(string(link[2]))
			if err != nil || n > len(lines) || !bytes.Contains(lines[n-1], link[1]) {
				t.Errorf("line %s of express.js has no %s", link[2], link[1])
			}
		}
	}
}
