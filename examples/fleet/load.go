package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/ssotest/useragent"
)

// maxAtOnce bounds the logins under way: where they are slow, fewer are asked for.
const maxAtOnce = 50

// A plan says how long and how hard each run is.
type plan struct {
	rate           int // logins begun in a second
	length, outage time.Duration
}

// killed is the only disturbance that may lose logins: those under way in the process.
const killed = "a process killed with -9, and started again"

// A disturbance is what happens during a run. It begins after a quarter of it.
type disturbance struct {
	name   string
	happen func(context.Context) error
}

func (f *fleet) disturbances(outage time.Duration) []disturbance {
	return []disturbance{
		{"quiet", func(context.Context) error { return nil }},
		{killed, func(ctx context.Context) error {
			f.sites[0].end(syscall.SIGKILL)
			return errors.Join(wait(ctx, outage/4), f.sites[0].start(ctx))
		}},
		{"etcd stopped", func(ctx context.Context) error { return interrupt(ctx, f.etcd, outage) }},
		{"the key changed", f.changeKey}, // after that: etcd is found again
		{"Redis stopped", func(ctx context.Context) error { return interrupt(ctx, f.store, outage) }},
		{"the community stopped", func(ctx context.Context) error { return interrupt(ctx, f.community, outage) }},
		{"a rolling restart", func(ctx context.Context) error {
			for _, p := range f.sites {
				if err := interrupt(ctx, p, 0); err != nil {
					return err
				}
			}
			return nil
		}},
	}
}

func interrupt(ctx context.Context, p part, outage time.Duration) error {
	p.stop()
	return errors.Join(wait(ctx, outage), p.start(ctx))
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writeTable makes every run, and writes the table of README.md.
func (f *fleet) writeTable(ctx context.Context, p plan, w io.Writer) error {
	fmt.Fprint(w, "| what happens | asked | made | refused | lost | p50 | p99 |\n| --- | --: | --: | --- | --: | --: | --: |\n")
	for _, d := range f.disturbances(p.outage) {
		got, err := f.measure(ctx, p, d)
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
		fmt.Fprintf(w, "| %s | %d | %d | %s | %d | %.1f ms | %.1f ms |\n", d.name, got.asked, got.made,
			got.refusals(), got.lost, got.percentile(50), got.percentile(99))
	}
	return nil
}

// Figures are those of one run.
type figures struct {
	asked, made, lost int
	refused           map[string]int  // by what the visitor got
	times             []time.Duration // of those made
	atOnce            int             // the most logins under way
}

func (f *figures) refusals() string {
	var texts []string
	for _, why := range slices.Sorted(maps.Keys(f.refused)) {
		texts = append(texts, fmt.Sprintf("%d %s", f.refused[why], why))
	}
	return strings.Join(texts, ", ")
}

// percentile is in milliseconds.
func (f *figures) percentile(p int) float64 {
	if len(f.times) == 0 {
		return 0
	}
	slices.Sort(f.times)
	return f.times[len(f.times)*p/100].Seconds() * 1000
}

// measure begins logins at an even pace, whether or not the earlier ones are done.
func (f *fleet) measure(ctx context.Context, p plan, d disturbance) (figures, error) {
	var (
		got     = figures{refused: map[string]int{}}
		mu      sync.Mutex
		logins  sync.WaitGroup
		slots   = make(chan struct{}, maxAtOnce)
		happens = make(chan error, 1)
		visitor = useragent.Client{Transport: &http.Transport{MaxIdleConnsPerHost: maxAtOnce}}
		paces   = time.NewTicker(time.Second / time.Duration(p.rate))
	)
	defer paces.Stop()
	go func() { happens <- errors.Join(wait(ctx, p.length/4), d.happen(ctx)) }()
	for end := time.Now().Add(p.length); time.Now().Before(end) && ctx.Err() == nil; <-paces.C {
		slots <- struct{}{}
		got.asked++
		got.atOnce = max(got.atOnce, len(slots))
		f.visitors++
		member := fmt.Sprintf("member-%d", f.visitors%10000)
		logins.Go(func() {
			defer func() { <-slots }()
			start := time.Now()
			result := f.logIn(ctx, visitor, member)
			mu.Lock()
			defer mu.Unlock()
			switch result {
			case made:
				got.made++
				got.times = append(got.times, time.Since(start))
			case lost:
				got.lost++
			default:
				got.refused[result]++
			}
		})
	}
	logins.Wait()
	return got, errors.Join(<-happens, ctx.Err())
}

// The results of a login, beside what the visitor was told.
const (
	made = "made"
	lost = "lost" // no answer, or the proxy's
)

// logIn signs a member in with a new browser, as the community's login button begins
// it, until the community has taken the token.
func (f *fleet) logIn(ctx context.Context, visitor useragent.Client, member string) string {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	address, err := url.Parse(f.origin + loginPath + "?referrer_uri=%2Fspaces%2Fnews")
	if err != nil {
		return err.Error()
	}
	jar := &useragent.Jar{}
	next := &useragent.Request{URL: address}
	page, err := visitor.Do(ctx, jar, next)
	if err == nil && page.StatusCode == http.StatusOK {
		if next, err = page.Visit(""); err != nil {
			return err.Error()
		}
		next.Method, next.Body = http.MethodPost, url.Values{"member": {member}}.Encode()
		page, err = visitor.Do(ctx, jar, next)
	}
	for err == nil {
		following, badLocation := page.Redirect()
		if badLocation != nil || following == nil || next.URL.Path == contract.SSOPath {
			break
		}
		next = following
		page, err = visitor.Do(ctx, jar, next)
	}
	return f.result(next.URL, page, err)
}

var refusedFor = regexp.MustCompile(`/_fake/codes/([a-z-]+)`)

// result says what the last answer was to the visitor.
func (f *fleet) result(at *url.URL, page *useragent.Response, err error) string {
	switch atCommunity := at.Host == f.community.addr; {
	case err != nil && atCommunity:
		return "community unreachable"
	case err != nil || !atCommunity && page.Header.Get(servedBy) == "":
		return lost
	case !atCommunity:
		return fmt.Sprintf("HTTP %d", page.StatusCode)
	case page.StatusCode < http.StatusBadRequest:
		return made
	}
	if code := refusedFor.FindStringSubmatch(page.Text); code != nil {
		return "`" + code[1] + "`"
	}
	return fmt.Sprintf("community HTTP %d", page.StatusCode)
}
