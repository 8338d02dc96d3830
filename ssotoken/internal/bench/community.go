package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const (
	fakeMembers = 1_000
	fakeLogins  = 10_000
)

// loginOf returns login n's path and query. Members come in turn.
func loginOf(n int) string {
	m := full
	m.id, m.email = fmt.Sprintf("user-%d", n%fakeMembers), fmt.Sprintf("user-%d@example.com", n%fakeMembers)
	m.tagline += strconv.Itoa(n)
	address := must(signer.LoginURL(context.Background(), must(ourClaims(&m)), page))
	return address[len(community):]
}

// measureCommunity prints what the fake community costs: first in this process, then as the command under load.
func measureCommunity(rate int, lasts time.Duration) {
	fmt.Printf("%s, GOMAXPROCS %d, %s/%s.\n\n", runtime.Version(), runtime.GOMAXPROCS(0), runtime.GOOS, runtime.GOARCH)
	fmt.Println("| | |\n| --- | --: |")
	row := func(what, format string, values ...any) { fmt.Printf("| %s | "+format+" |\n", append([]any{what}, values...)...) }

	h := must(ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{Key: must(ssotoken.NewKey(keyText))}}))
	visit := func(path string) time.Duration {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host, r.RemoteAddr = "localhost", "127.0.0.1:1"
		start := time.Now()
		if w := httptest.NewRecorder(); true {
			h.ServeHTTP(w, r)
			if w.Code >= 400 {
				panic(fmt.Sprint(path, w.Code, w.Body))
			}
		}
		return time.Since(start)
	}
	before := heap()
	for n := range fakeMembers {
		visit(loginOf(n))
	}
	row("heap with 1,000 members and as many logins", "%.1f MB", float64(heap()-before)/1e6)
	start := time.Now()
	for n := range fakeLogins - fakeMembers {
		visit(loginOf(fakeMembers + n))
	}
	row("one more login", "%v", (time.Since(start) / (fakeLogins - fakeMembers)).Round(time.Microsecond))
	row("heap after 10,000 logins", "%.1f MB", float64(heap()-before)/1e6)
	for _, path := range []string{
		"/logins", "/logins?q=user-7", "/logins?outcome=refused", "/logins?page=5", "/members", "/members?q=user-7", "/members/member-7", "/",
		"/_fake/logins", "/_fake/members",
	} {
		var times []time.Duration
		for range 30 {
			times = append(times, visit(path))
		}
		slices.Sort(times)
		row(path, "%.1f ms, at most %.1f ms", ms(times[15]), ms(times[29]))
	}
	start = time.Now()
	state := must(h.Snapshot())
	row("the state", "%.1f MB, made in %.1f ms", float64(len(state))/1e6, ms(time.Since(start)))
	load(row, rate, lasts)
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// load runs the command, and logs in to it at a rate.
func load(row func(string, string, ...any), rate int, lasts time.Duration) {
	folder := must(os.MkdirTemp("", "bench"))
	defer os.RemoveAll(folder)
	build := exec.Command("go", "build", "-o", filepath.Join(folder, "ssotoken"), "./ssotoken")
	build.Dir = "../../cmd"
	must(build.CombinedOutput())
	state := filepath.Join(folder, "state.json")
	c := exec.Command(filepath.Join(folder, "ssotoken"), "community", "--listen", "127.0.0.1:0", "--state", state)
	c.Env = append(os.Environ(), "BETTERMODE_SSO_KEY="+keyText)
	output := must(c.StdoutPipe())
	if err := c.Start(); err != nil {
		panic(err)
	}
	defer c.Process.Kill()
	lines := bufio.NewReader(output)
	first := must(lines.ReadString('\n'))
	origin := regexp.MustCompile(`http://\S+`).FindString(first)
	go io.Copy(io.Discard, lines)

	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	var mu sync.Mutex
	var times []time.Duration
	failed := 0
	due := make(chan int, rate*int(lasts/time.Second))
	var workers sync.WaitGroup
	start := time.Now()
	for range 64 {
		workers.Go(func() {
			for n := range due {
				at := start.Add(time.Duration(n) * time.Second / time.Duration(rate))
				time.Sleep(time.Until(at))
				r := must(http.NewRequest(http.MethodGet, origin+loginOf(n), nil))
				res, err := transport.RoundTrip(r)
				mu.Lock()
				if err != nil || res.StatusCode != http.StatusFound {
					failed++
				}
				times = append(times, time.Since(at))
				mu.Unlock()
				if err == nil {
					io.Copy(io.Discard, res.Body)
					res.Body.Close()
				}
			}
		})
	}
	for n := range cap(due) {
		due <- n
	}
	close(due)
	written := start // when the file was written last, and the longest time until the next
	var gaps []time.Duration
	done := make(chan bool)
	go func() { workers.Wait(); close(done) }()
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		case <-time.After(5 * time.Millisecond):
		}
		if info, err := os.Stat(state); err == nil && info.ModTime().After(written) {
			gaps, written = append(gaps, info.ModTime().Sub(written)), info.ModTime()
		}
	}
	took := time.Since(start)
	slices.Sort(times)
	row("logins in "+took.Round(time.Second/10).String(), "%d, %d failed", len(times), failed)
	row("from due to answered", "p50 %.1f ms, p99 %.1f ms, at most %.1f ms",
		ms(times[len(times)/2]), ms(times[len(times)*99/100]), ms(times[len(times)-1]))
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))
	row("memory of the process", "%s", regexp.MustCompile(`VmHWM:\s*(.*)`).FindSubmatch(status)[1])
	slices.Sort(gaps)
	row("the file is written", "every %.0f ms, at most %.0f ms", ms(gaps[len(gaps)/2]), ms(gaps[len(gaps)-1]))
	info := must(os.Stat(state))
	row("the state file", "%.1f MB", float64(info.Size())/1e6)
}
