package main

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/bettermode-go/sso/examples/internal/serverstest"
)

func TestTheSiteAndTheCommunitiesStartAndStop(t *testing.T) {
	e := serverstest.Start(t, run, "-addr", "127.0.0.1:0", "-community-addr", "127.0.0.1:0")
	found := regexp.MustCompile(`All tenants: http://localhost(:[1-9]\d*)\n`).FindStringSubmatch(e.Output)
	if found == nil {
		t.Fatalf("no address in %q", e.Output)
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
		if !strings.Contains(page.String(), `<a href="http://`+tenant+`.localhost`+found[1]+`/">`) ||
			!strings.Contains(page.String(), `<a href="http://community.`+tenant+`.localhost:`) {
			t.Errorf("%s is not on the page: %s", tenant, &page)
		}
	}
	if log := e.Stop(); log != "" {
		t.Errorf("logged %s", log)
	}
}

func TestAFailureIsOneClearLine(t *testing.T) {
	serverstest.Fails(t, run, "-addr TAKEN", "address already in use", 1)
	serverstest.Fails(t, run, "-addr 127.0.0.1:0 -community-addr 0.0.0.0:0", "is not on loopback", 1)
	serverstest.Fails(t, run, "-addr 127.0.0.1:0 -community-addr 127.0.0.1:99999", "can't listen", 1)
}
