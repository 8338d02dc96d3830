package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

// asProgram makes this test's binary the program itself.
const asProgram = "PARTNER_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// A process is the program at work.
type process struct {
	cmd    *exec.Cmd
	origin string
	log    lockedBuffer
	links  chan string // in its mails
}

func startProcess(t *testing.T, community *ssotest.Community, db string, flags ...string) *process {
	flags = append([]string{"-addr", "localhost:0", "-db", db, "-community", community.URL}, flags...)
	p := &process{cmd: exec.Command(os.Args[0], flags...), links: make(chan string, 10)}
	p.cmd.Env = append(os.Environ(), asProgram+"=1", keyVariable+"="+community.Key().Reveal(), secretVariable+"=of an app")
	log, written := io.Pipe()
	p.cmd.Stderr = io.MultiWriter(&p.log, written)
	go func() {
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if link := linkInMail.FindString(lines.Text()); link != "" {
				p.links <- link
			}
		}
	}()
	stdout, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		t.Error(err)
		return p
	}
	t.Cleanup(func() { p.cmd.Process.Kill() }) // where the test did not end it
	for lines := bufio.NewScanner(stdout); p.origin == "" && lines.Scan(); {
		if s, ok := strings.CutPrefix(lines.Text(), "Partner site:"); ok {
			p.origin = strings.TrimSpace(s)
		}
	}
	if p.origin == "" {
		t.Errorf("the process did not start: %s", p.log.String())
	}
	go io.Copy(io.Discard, stdout)
	return p
}

func TestProcessesThatStartAtOnceShareADatabase(t *testing.T) {
	community := ssotest.NewCommunity(t, ssotest.Config{})
	db := filepath.Join(t.TempDir(), "partner.db")
	var all [4]*process
	var started sync.WaitGroup
	for i := range all {
		started.Go(func() { all[i] = startProcess(t, community, db) })
	}
	started.Wait()
	if t.Failed() {
		return
	}
	community.Configure(func(s *ssotest.Settings) { s.AuthorizationURL = all[0].origin + loginPath })
	jar, err := cookiejar.New(nil) // as in a browser, cookies do not mind ports
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	welcomes := func(p *process) bool {
		_, body := visit(t, browser, "GET", p.origin+"/", nil)
		return strings.Contains(body, "Hello, Ada Lovelace")
	}

	visit(t, browser, "POST", all[0].origin+signUpPath+"?referrer_uri=%2Fspaces", signUpForm("Ada Lovelace", adasAddress, adasPassword))
	elsewhere := all[1].origin + strings.TrimPrefix(<-all[0].links, all[0].origin)
	res, _ := visit(t, browser, "POST", elsewhere, url.Values{"password": {adasPassword}})
	if got := res.Request.URL.String(); got != community.URL+"/spaces" {
		t.Fatalf("verified by another process: at %s, %s", got, all[1].log.String())
	}
	if !welcomes(all[2]) {
		t.Error("the session is not known to a third process")
	}
	visit(t, browser, "POST", all[3].origin+logoutPath, nil)
	if welcomes(all[0]) {
		t.Error("the session did not end in the first process")
	}
	for i, p := range all {
		p.cmd.Process.Signal(syscall.SIGTERM)
		if err := p.cmd.Wait(); err != nil || !strings.Contains(p.log.String(), `"msg":"ending"`) {
			t.Errorf("process %d ended with %v: %s", i, err, p.log.String())
		}
	}
}

// closing tells when the server closes its listener.
type closing struct {
	net.Listener
	told chan struct{}
	once sync.Once
}

func (l *closing) Close() error {
	err := l.Listener.Close()
	l.once.Do(func() { close(l.told) })
	return err
}

func TestARequestUnderWayIsAnsweredWhenTheSiteEnds(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := &closing{Listener: inner, told: make(chan struct{})}
	ctx, end := context.WithCancel(t.Context())
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		end()
		<-listener.told // no new connection from here on
		io.WriteString(w, "answered")
	})
	ended := make(chan error)
	go func() {
		ended <- serve(ctx, slog.New(slog.DiscardHandler), server{listener, handler})
	}()
	_, body := visit(t, http.DefaultClient, "GET", "http://"+inner.Addr().String()+"/", nil)
	if err := <-ended; err != nil || body != "answered" {
		t.Errorf("got %q, ended with %v", body, err)
	}
	if _, err := http.Get("http://" + inner.Addr().String() + "/"); err == nil {
		t.Error("it still takes requests")
	}
}

func serveSite(t *testing.T, h http.Handler) (origin string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}
