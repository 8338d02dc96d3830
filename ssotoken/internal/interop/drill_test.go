package interop_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// serveSite is one server of the drill: the key from a file, the health check of ssotoken/docs/keys.md, and a login. It
// reads the key each 100 ms, so that the drill takes no 31 seconds.
func serveSite() error {
	log, err := os.OpenFile(os.Getenv("SITE_LOG"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(log, nil)))
	source, err := ssotoken.FileKeySource(os.Getenv("SITE_KEY"), ssotoken.ReloadConfig{
		Every:    100 * time.Millisecond,
		OnChange: func(key ssotoken.Key) { slog.Info("SSO key changed", "key", key.Fingerprint()) },
	})
	if err != nil {
		return err
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: os.Getenv("SITE_COMMUNITY"), KeySource: source})
	if err != nil {
		return err
	}
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Identify: identify,
		Observe: ssotoken.SlogObserver(slog.Default())})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		key, err := source(r.Context())
		if err != nil {
			http.Error(w, "no key", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, key.Fingerprint())
	})
	mux.Handle("/community/login", login.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Write([]byte("Sign in"))
	})))
	server := httptest.NewServer(mux)
	key, err := source(context.Background())
	if err != nil {
		return err
	}
	slog.Info("SSO key", "key", key.Fingerprint())
	fmt.Println("listening on", server.URL)
	select {} // until it is killed
}

func identify(r *http.Request) (ssotoken.Claims, error) {
	if c, err := r.Cookie("session"); err != nil || c.Value != "good" {
		return ssotoken.Claims{}, ssotoken.ErrNoSession
	}
	return ssotoken.NewClaims().Subject("test-1").Name("Test Member").VerifiedEmail("test-1@example.com").Build()
}

var siteAddress = regexp.MustCompile(`^listening on (http://\S+)$`)

// A drill is the one of the page, with a community and four servers, which are processes. The folder has what its
// commands read.
type drill struct {
	*testing.T
	folder, program string
	page            []string // the page's steps and, last, how to find the servers with the old key
	community       *ssotest.Community
	old, new        ssotoken.Key
	servers         []*server
	mishaps         bool
}

type server struct {
	name, region, key string
	origin            atomic.Pointer[string]
	process           *process
}

func newDrill(t *testing.T, mishaps bool) *drill {
	d := &drill{T: t, folder: t.TempDir(), mishaps: mishaps, community: ssotest.NewCommunity(t, ssotest.Config{})}
	page, err := os.ReadFile("../../docs/keys.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n## Change it")
	d.page = regexp.MustCompile(`\n- \[ \] |\n### `).Split(text, -1)[1:]
	d.program, err = os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d.old = d.community.Key()
	d.write("old.txt", d.old.Reveal())
	d.write("session.txt", "session=good")
	for _, region := range []string{"eu", "us"} {
		d.mount(region, d.old.Reveal())
	}
	for _, name := range []string{"eu-1", "eu-2", "us-1", "us-2"} {
		region := name[:2]
		s := &server{name: name, region: region, key: filepath.Join(d.folder, region, "sso-key")}
		if mishaps && name == "us-2" { // a subPath mount, which never changes
			s.key = d.write("sub-path", d.old.Reveal())
		}
		d.servers = append(d.servers, s)
		d.start(s)
	}
	return d
}

func (d *drill) write(name, text string) string {
	d.Helper()
	path := filepath.Join(d.folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		d.Fatal(err)
	}
	return path
}

// mount replaces a region's secret as the kubelet does: by a link to another folder.
func (d *drill) mount(region, key string) {
	d.Helper()
	folder, err := os.MkdirTemp(d.folder, region+"-")
	if err != nil {
		d.Fatal(err)
	}
	d.write(filepath.Join(filepath.Base(folder), "sso-key"), key)
	next := filepath.Join(d.folder, "next")
	if err := os.Symlink(folder, next); err != nil {
		d.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(d.folder, region)); err != nil {
		d.Fatal(err)
	}
}

func (d *drill) start(s *server) {
	d.Helper()
	log := filepath.Join(d.folder, s.name+".log")
	env := []string{"SITE_KEY=" + s.key, "SITE_COMMUNITY=" + d.community.URL, "SITE_LOG=" + log}
	s.process = startProcess(d.T, siteAddress, env, d.program)
	origin := s.process.address(d.T)
	s.origin.Store(&origin)
	d.write(s.name, origin)
}

// balancer sends a region's requests to its servers in turn.
func (d *drill) balancer(region string) string {
	var next atomic.Int64
	inRegion := slices.DeleteFunc(slices.Clone(d.servers), func(s *server) bool { return s.region != region })
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		to, err := url.Parse(*inRegion[int(next.Add(1))%len(inRegion)].origin.Load())
		if err != nil {
			d.Error(err)
			return
		}
		r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host
	}}
	server := httptest.NewServer(proxy)
	d.Cleanup(server.Close)
	return server.URL
}

// sh runs commands of the page, in which the pairs of texts are replaced, and returns what they print and whether
// they failed.
func (d *drill) sh(commands string, pairs ...string) (string, error) {
	d.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(commands, pairs[i]) {
			d.Fatalf("there is no %s in %s", pairs[i], commands)
		}
	}
	commands = strings.NewReplacer(pairs...).Replace(commands)
	cmd := exec.CommandContext(d.Context(), "bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir = d.folder
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(command)+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// block is the code of the page's step.
func (d *drill) block(step string) string {
	d.Helper()
	_, code, _ := strings.Cut(step, "```sh\n")
	code, _, found := strings.Cut(code, "```")
	if !found {
		d.Fatalf("no code in %s", step)
	}
	return code
}

// until waits for a condition.
func (d *drill) until(what string, is func() bool) {
	d.Helper()
	deadline := time.After(20 * time.Second)
	for tick := time.Tick(20 * time.Millisecond); !is(); {
		select {
		case <-tick:
		case <-deadline:
			d.Fatalf("not within 20 seconds: %s", what)
		}
	}
}

// health is what the page's loop over the health checks prints.
func (d *drill) health() string {
	d.Helper()
	loop := regexp.MustCompile(`(?m)^ *for server in .*\n`).FindString(d.page[0])
	out, err := d.sh(loop, "http://$server:9090", "$(cat $server)")
	if err != nil {
		d.Fatalf("%v: %s", err, out)
	}
	return out
}

// fingerprints are what the loop prints if the servers have these keys.
func (d *drill) fingerprints(keys ...ssotoken.Key) (lines string) {
	for i, s := range d.servers {
		lines += s.name + " " + keys[i].Fingerprint() + "\n"
	}
	return lines
}

// logIn logs the member in at each server, and checks what becomes of it.
func (d *drill) logIn(when string, want ...int) {
	d.Helper()
	var got []int
	for _, s := range d.servers {
		before := len(d.community.Attempts())
		follow(d.T, d.loginURL(s))
		attempt := d.community.Attempts()[before]
		got = append(got, attempt.Status)
		for _, code := range attempt.RefusedFor() {
			if code != inspect.SignatureWrong {
				d.Errorf("%s: %s is refused for %s", when, s.name, code)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		d.Errorf("%s: the community's answers (-want +got):\n%s", when, diff)
	}
}

func (d *drill) loginURL(s *server) string {
	d.Helper()
	address := follow(d.T, *s.origin.Load()+"/community/login")
	if !strings.HasPrefix(address, d.community.URL+contract.SSOPath+"?jwt=") {
		d.Fatalf("%s redirects to %q", s.name, address)
	}
	return address
}

// fingerprintAndSmoke runs a block of the page, and checks that it shows the key and logs in.
func (d *drill) fingerprintAndSmoke(block string, key ssotoken.Key, pairs ...string) {
	d.Helper()
	out, err := d.sh(block, append(pairs, "community.example.com", d.community.URL)...)
	if err != nil || !strings.Contains(out, key.Fingerprint()) {
		d.Errorf("%v: %s", err, out)
	}
}

func (d *drill) everyServerHasTheCommunitysKey(step string) {
	d.fingerprintAndSmoke(d.block(step), d.old, "http://$server:9090", "$(cat $server)")
	if diff := cmp.Diff(d.fingerprints(d.old, d.old, d.old, d.old), d.health()); diff != "" {
		d.Errorf("health checks (-want +got):\n%s", diff)
	}
	d.logIn("before", 302, 302, 302, 302)
}

func (d *drill) theWayBackIsOpen(step string) {
	path := regexp.MustCompile("`(/[a-z/]+)`").FindStringSubmatch(step)[1]
	res, err := http.Get(d.community.URL + path)
	if err != nil {
		d.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		d.Errorf("%s: %s", path, res.Status)
	}
}

func (d *drill) makeTheNewKey(string) {
	d.community.Configure(func(s *ssotest.Settings) { s.Key = ssotoken.Key{} })
	d.new = d.community.Key()
	d.write("new.txt", d.new.Reveal())
	d.logIn("changed in the community", 401, 401, 401, 401)
}

func (d *drill) theCommunityAcceptsIt(step string) {
	if d.mishaps {
		d.write("new.txt", d.new.Reveal()[1:])
		out, err := d.sh(d.block(step), "community.example.com", d.community.URL)
		if err == nil || !strings.Contains(out, "login-refused") {
			d.Errorf("copied without its first character: %v, %s", err, out)
		}
		d.write("new.txt", d.new.Reveal())
	}
	d.fingerprintAndSmoke(d.block(step), d.new)
}

// storeIt plays kubectl and the kubelets.
func (d *drill) storeIt(step string) {
	loop := regexp.MustCompile(`for region in (\w+) (\w+); do\n +kubectl --context \$region .*--from-file=sso-key=(\S+) `)
	found := loop.FindStringSubmatch(d.block(step))
	if found == nil {
		d.Fatalf("no regions in %s", step)
	}
	key, err := os.ReadFile(filepath.Join(d.folder, found[3]))
	if err != nil {
		d.Fatal(err)
	}
	d.mount(found[1], string(key))
	half := d.fingerprints(d.new, d.new, d.old, d.old)
	d.until("the key is in use in one region", func() bool { return d.health() == half })
	d.logIn("stored in one region", 302, 302, 401, 401)
	d.whichServersHaveTheOldKey(d.page[len(d.page)-1])
	d.mount(found[2], string(key))
}

// whichServersHaveTheOldKey is asked while those of one region do. The health checks have answered, and
// examples/opentelemetry tests the metric.
func (d *drill) whichServersHaveTheOldKey(table string) {
	for i, s := range d.servers {
		keys := []ssotoken.Key{d.old, d.new}
		if has := d.keyInLog(s); has != keys[1-i/2].Fingerprint() {
			d.Errorf("the log of %s says that it has %s", s.name, has)
		}
		d.write("login-url.txt", d.loginURL(s))
		look := regexp.MustCompile("`(ssotoken inspect [^`]+)`").FindStringSubmatch(table)[1]
		out, err := d.sh(look)
		_, errNew := d.sh(look, "old.txt", "new.txt")
		if (err == nil) != (i >= 2) || (errNew == nil) != (i < 2) {
			d.Errorf("inspect for a login URL of %s: %v with the old key, %v with the new one: %s", s.name, err, errNew, out)
		}
	}
}

// keyInLog is the last fingerprint that a server logged.
func (d *drill) keyInLog(s *server) string {
	d.Helper()
	log, err := os.ReadFile(filepath.Join(d.folder, s.name+".log"))
	if err != nil {
		d.Fatal(err)
	}
	keys := regexp.MustCompile(`"SSO key(?: changed)?" key=(\w+)`).FindAllSubmatch(log, -1)
	return string(keys[len(keys)-1][1])
}

func (d *drill) everyServerHasIt(string) {
	if d.mishaps {
		d.until("all but one server have it", func() bool { return d.health() == d.fingerprints(d.new, d.new, d.new, d.old) })
		d.logIn("a mount that never changes", 302, 302, 302, 401)
		stuck := d.servers[3]
		stuck.process.Process.Kill()
		d.write("sub-path", d.new.Reveal()) // a new pod's mount is new
		d.start(stuck)
	}
	d.until("every server has it", func() bool { return d.health() == d.fingerprints(d.new, d.new, d.new, d.new) })
	for _, s := range d.servers {
		if d.keyInLog(s) != d.new.Fingerprint() {
			d.Errorf("the log of %s doesn't have the new key", s.name)
		}
	}
	d.logIn("stored in both", 302, 302, 302, 302)
}

func (d *drill) fromOutside(step string) {
	for _, region := range []string{"eu", "us"} {
		pairs := []string{"https://www.example.com", d.balancer(region), "community.example.com", d.community.URL}
		if out, err := d.sh(d.block(step), pairs...); err != nil || strings.Contains(out, string(inspect.SignatureWrong)) {
			d.Errorf("%s: %v: %s", region, err, out)
		}
		out, err := d.sh(d.block(step), append(pairs, "new.txt", "old.txt")...)
		if err == nil || !strings.Contains(out, string(inspect.SignatureWrong)) {
			d.Errorf("%s, with the old key: %v: %s", region, err, out)
		}
	}
}

func (d *drill) deleteTheOldKey(step string) {
	if out, err := d.sh(regexp.MustCompile("`(shred [^`]+)`").FindStringSubmatch(step)[1]); err != nil {
		d.Errorf("%v: %s", err, out)
	}
	left, err := filepath.Glob(filepath.Join(d.folder, "*.txt"))
	if err != nil || len(left) != 2 { // session.txt, login-url.txt
		d.Errorf("left are %v, %v", left, err)
	}
	var logs []byte
	refused := 0
	for _, s := range d.servers {
		log, err := os.ReadFile(filepath.Join(d.folder, s.name+".log"))
		if err != nil {
			d.Fatal(err)
		}
		logs = append(logs, log...)
	}
	if bytes.Contains(logs, []byte("event=refused")) || bytes.Contains(logs, []byte("ERROR")) {
		d.Errorf("refused:\n%s", logs)
	}
	for _, attempt := range d.community.Attempts() {
		if len(attempt.RefusedFor()) > 0 {
			refused++
		}
	}
	want := 6 // four servers before the first region has the key, two after
	if d.mishaps {
		want += 2 // smoke, and the server that had to be restarted
	}
	if refused != want {
		d.Errorf("%d logins were refused, want %d", refused, want)
	}
}

// The first community is for the rehearsal, the second stands for the real one, with which things go wrong.
func TestTheDrillForAChangeOfKeyIsPlayedOnTwoCommunitiesAndFourProcesses(t *testing.T) {
	for _, mishaps := range []bool{false, true} {
		t.Run(map[bool]string{false: "the rehearsal", true: "the day, with mishaps"}[mishaps], func(t *testing.T) {
			d := newDrill(t, mishaps)
			steps := []struct {
				title string
				play  func(step string)
			}{
				{"**Every server has the same key", d.everyServerHasTheCommunitysKey},
				{"**The way back is open**", d.theWayBackIsOpen},
				{"**Make the new key in the community**", d.makeTheNewKey},
				{"**The community accepts the new key**", d.theCommunityAcceptsIt},
				{"**Store the new key in both regions**", d.storeIt},
				{"**Every server has it**", d.everyServerHasIt},
				{"**From outside**", d.fromOutside},
				{"**Delete the old key**", d.deleteTheOldKey},
				{"Which servers still mint with the old key?", func(string) {}}, // it was asked in between
			}
			if len(d.page) != len(steps) {
				t.Fatalf("the page has %d parts", len(d.page))
			}
			for i, s := range steps {
				if !strings.HasPrefix(d.page[i], s.title) {
					t.Fatalf("part %d of the page is %s", i, d.page[i])
				}
				s.play(d.page[i])
			}
		})
	}
}
