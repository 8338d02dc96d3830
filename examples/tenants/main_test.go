package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func TestTheSiteAndTheCommunitiesStartAndStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stdout, stderr := make(pipe, 1), &bytes.Buffer{}
	status := make(chan int)
	go func() {
		status <- run(ctx, []string{"-addr", "127.0.0.1:0", "-community-addr", "127.0.0.1:0"}, stdout, stderr)
	}()
	found := regexp.MustCompile(`All tenants: http://localhost(:[1-9]\d*)\n`).FindStringSubmatch(<-stdout)
	if found == nil {
		t.Fatal("no address")
	}
	r, err := http.NewRequest("GET", "http://127.0.0.1"+found[1], nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "localhost" + found[1]
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if _, err := page.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for _, tenant := range []string{"acme", "initech", "globex"} {
		if !strings.Contains(page.String(), `<a href="http://`+tenant+`.localhost`+found[1]+`/">`) || !strings.Contains(page.String(), `<a href="http://community.`+tenant+`.localhost:`) {
			t.Errorf("%s is not on the page: %s", tenant, &page)
		}
	}
	cancel()
	if got := <-status; got != 0 || stderr.Len() > 0 {
		t.Errorf("got exit status %d, %s", got, stderr)
	}
}

// pipe hands over what is written, one write at a time.
type pipe chan string

func (p pipe) Write(b []byte) (int, error) {
	p <- string(b)
	return len(b), nil
}

func TestAFailureIsOneClearLine(t *testing.T) {
	taken := httptest.NewServer(nil)
	defer taken.Close()
	for args, want := range map[string]string{
		"-addr " + taken.Listener.Addr().String():           "address already in use",
		"-addr 127.0.0.1:0 -community-addr 0.0.0.0:0":       "is not on loopback",
		"-addr 127.0.0.1:0 -community-addr 127.0.0.1:99999": "can't listen",
	} {
		var stdout, stderr bytes.Buffer
		if got := run(t.Context(), strings.Fields(args), &stdout, &stderr); got != 1 || !strings.Contains(stderr.String(), want) || strings.Count(stderr.String(), "\n") != 1 || stdout.Len() > 0 {
			t.Errorf("%s: got exit status %d, %q and %q", args, got, &stderr, &stdout)
		}
	}
}
