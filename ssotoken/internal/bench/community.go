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
	"sync"
	"time"

	"github.com/bettermode-go/sso/ssotoken/ssotest"
)

const (
	fakeMembers = 1_000
	fakeLogins  = 10_000
	connections = 64
)

// loginOf returns login n's path and query. Members come in turn.
func loginOf(n int) string {
	m := full
	m.id, m.email = fmt.Sprintf("user-%d", n%fakeMembers), fmt.Sprintf("user-%d@example.com", n%fakeMembers)
	m.tagline = fmt.Sprintf("%s, %d of them", m.tagline, n)
	return must(signer.LoginURL(context.Background(), must(ourClaims(&m)), page))[len(community):]
}

func row(what, format string, values ...any) {
	fmt.Printf("| %s | %s |\n", what, fmt.Sprintf(format, values...))
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }

// measureCommunity measures the fake community in this process, and then as the command under load.
func measureCommunity(rate int, lasts time.Duration) {
	fmt.Printf("%s, GOMAXPROCS %d\n\n| | |\n| --- | --: |\n", runtime.Version(), runtime.GOMAXPROCS(0))
	h := must(ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{Key: key}}))
	before := heap()
	start := time.Now()
	for n := range fakeLogins {
		visit(h, loginOf(n))
		if n+1 == fakeMembers {
			row("heap of 1,000 logins, each of a new member", "%.1f MB", float64(heap()-before)/1e6)
		}
	}
	row("a login, with its token made", "%.2f ms", ms(time.Since(start)/fakeLogins))
	row("heap after 10,000 logins of them", "%.1f MB", float64(heap()-before)/1e6)
	for _, path := range []string{
		"/logins", "/logins?page=20", "/logins?q=user-7", "/logins?outcome=refused", "/members", "/members?q=user-7",
		"/_fake/members", "/_fake/logins", "/_fake/logins?after=9990",
	} {
		var times []time.Duration
		for range 30 {
			times = append(times, visit(h, path))
		}
		slices.Sort(times)
		row("`"+path+"`", "%.1f ms, at most %.1f ms", ms(times[15]), ms(times[29]))
	}
	for _, which := range []string{"first", "next"} {
		start = time.Now()
		state := must(h.Snapshot())
		row("the "+which+" snapshot of the state", "%.1f MB in %.0f ms", float64(len(state))/1e6, ms(time.Since(start)))
	}
	load(rate, lasts)
}

// visit asks the community without a connection.
func visit(h http.Handler, path string) time.Duration {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host, r.RemoteAddr = "localhost", "127.0.0.1:1"
	w := httptest.NewRecorder()
	start := time.Now()
	h.ServeHTTP(w, r)
	took := time.Since(start)
	if w.Code != http.StatusOK && w.Code != http.StatusFound {
		panic(fmt.Sprint(path, ": HTTP ", w.Code))
	}
	return took
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// load logs in to the command at a rate, over the loopback. A login that is late counts from when it was due.
func load(rate int, lasts time.Duration) {
	folder := must(os.MkdirTemp("", "bench"))
	defer os.RemoveAll(folder)
	command, state := filepath.Join(folder, "ssotoken"), filepath.Join(folder, "state.json")
	build := exec.Command("go", "build", "-o", command, "./ssotoken")
	build.Dir = "../../cmd"
	must(build.CombinedOutput())
	c := exec.Command(command, "community", "--listen", "127.0.0.1:0", "--state", state)
	c.Env, c.Stderr = append(os.Environ(), "BETTERMODE_SSO_KEY="+keyText), os.Stderr
	output := bufio.NewReader(must(c.StdoutPipe()))
	must(0, c.Start())
	defer c.Process.Kill()
	origin := regexp.MustCompile(`http://\S+`).FindString(must(output.ReadString('\n')))
	go io.Copy(io.Discard, output)

	total := int(lasts.Seconds() * float64(rate))
	times, failed := make([]time.Duration, total), make([]bool, total)
	transport := &http.Transport{MaxIdleConnsPerHost: connections}
	var workers sync.WaitGroup
	start := time.Now()
	for i := range connections {
		workers.Go(func() {
			for n := i; n < total; n += connections {
				due := start.Add(time.Duration(n) * time.Second / time.Duration(rate))
				time.Sleep(time.Until(due))
				res, err := transport.RoundTrip(must(http.NewRequest(http.MethodGet, origin+loginOf(n), nil)))
				if times[n] = time.Since(due); err == nil {
					res.Body.Close()
				}
				failed[n] = err != nil || res.StatusCode != http.StatusFound
			}
		})
	}
	ended := make(chan bool)
	go func() { workers.Wait(); close(ended) }()
	written, gaps := start, []time.Duration{} // when the state was written last
	for running := true; running; {
		select {
		case <-ended:
			running = false
		case <-time.After(5 * time.Millisecond):
		}
		if info, err := os.Stat(state); err == nil && info.ModTime().After(written) {
			gaps, written = append(gaps, info.ModTime().Sub(written)), info.ModTime()
		}
	}
	took := time.Since(start)
	slices.Sort(times)
	slices.Sort(gaps)
	made := len(slices.DeleteFunc(failed, func(f bool) bool { return f }))
	row("logins over the loopback", "%d of %d in %.1f s", made, total, took.Seconds())
	row("from due to answered", "p50 %.1f ms, p99 %.1f ms, at most %.1f ms",
		ms(times[total/2]), ms(times[total*99/100]), ms(times[total-1]))
	row("from one state file to the next", "p50 %.0f ms, at most %.0f ms", ms(gaps[len(gaps)/2]), ms(gaps[len(gaps)-1]))
	row("the state file", "%.1f MB", float64(must(os.Stat(state)).Size())/1e6)
	status := must(os.ReadFile(fmt.Sprintf("/proc/%d/status", c.Process.Pid))) // of Linux
	row("most memory of the process", "%s", regexp.MustCompile(`VmHWM:\s*(.*)`).FindSubmatch(status)[1])
	c.Process.Kill()
	c.Wait()
	row("processor time of the command", "%.1f s", (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds())
}
