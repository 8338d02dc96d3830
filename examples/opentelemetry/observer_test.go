package opentelemetry_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	exporter "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/log"
	apimetric "go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/bettermode-go/sso/examples/opentelemetry"
	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// recorder keeps log records.
type recorder []sdklog.Record

func (r *recorder) Export(_ context.Context, records []sdklog.Record) error {
	for _, record := range records {
		*r = append(*r, record.Clone())
	}
	return nil
}
func (*recorder) Shutdown(context.Context) error   { return nil }
func (*recorder) ForceFlush(context.Context) error { return nil }

// site has had four visits.
type site struct {
	scrape  func() string // what Prometheus reads
	spans   []trace.ReadOnlySpan
	records recorder
}

// instruments are those of a site with Prometheus.
func (s *site) instruments(t *testing.T) (apimetric.Meter, log.Logger) {
	registry := prometheus.NewRegistry()
	reader, err := exporter.New(exporter.WithRegisterer(registry))
	if err != nil {
		t.Fatal(err)
	}
	s.scrape = func() string {
		answer := httptest.NewRecorder()
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
		return answer.Body.String()
	}
	return metric.NewMeterProvider(metric.WithReader(reader)).Meter("partner"),
		sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewSimpleProcessor(&s.records))).Logger("partner")
}

func visited(t *testing.T) *site {
	s := &site{}
	meter, logger := s.instruments(t)
	observe, err := opentelemetry.Observer(meter, logger)
	if err != nil {
		t.Fatal(err)
	}
	source, err := opentelemetry.KeySource(meter, logger, func(context.Context) (ssotoken.Key, error) {
		return ssotoken.NewKey("Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&")
	}, ssotoken.ReloadConfig{})
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: "community.example.com", KeySource: source})
	if err != nil {
		t.Fatal(err)
	}
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Observe: observe,
		Identify: func(r *http.Request) (ssotoken.Claims, error) {
			if r.URL.Path == "/nobody" {
				return ssotoken.Claims{}, ssotoken.ErrNoSession
			}
			return ssotoken.NewClaims().Subject("user-1").Name("Ada").VerifiedEmail(r.URL.Query().Get("email")).Build()
		}})
	if err != nil {
		t.Fatal(err)
	}
	recorded := tracetest.NewSpanRecorder()
	tracer := trace.NewTracerProvider(trace.WithSpanProcessor(recorded)).Tracer("partner")
	for _, target := range []string{"/?email=ada@example.com", "/?email=ada@example.com&referrer_uri=//evil.example",
		"/?email=ada", "/nobody"} {
		ctx, span := tracer.Start(t.Context(), "GET /community/login")
		login.Middleware(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", target, nil))
		span.End()
	}
	s.spans = recorded.Ended()
	return s
}

func TestEachLoginIsCounted(t *testing.T) {
	metrics := visited(t).scrape()
	label := regexp.MustCompile(`otel_scope_\w+="[^"]*",?`) // the meter's own
	var got []string
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, "community_sso_events_total{") {
			got = append(got, strings.ReplaceAll(label.ReplaceAllString(strings.TrimSpace(line), ""), ",}", "}"))
		}
	}
	slices.Sort(got)
	want := []string{
		`community_sso_events_total{community_sso_event="minted"} 2`,
		`community_sso_events_total{community_sso_event="not-signed-in"} 1`,
		`community_sso_events_total{community_sso_event="refused",error_type="claims-refused"} 1`,
		`community_sso_events_total{community_sso_event="return-path-dropped",error_type="return-path"} 1`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	key := regexp.MustCompile(`(?m)^community_sso_key_age_seconds\{community_sso_key_fingerprint="ff7485159fb6".*\} [\d.e-]+$`)
	if !key.MatchString(metrics) {
		t.Errorf("the key is not in\n%s", metrics)
	}
}

func TestTheAgeOfAKeyThatIsNotLoadedIsAnEventAndRaisesTheAlert(t *testing.T) {
	alerts, err := os.ReadFile("alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	threshold := seconds(t, `community_sso_key_age_seconds\) > (\d+)`, string(alerts))
	const inUse = "Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&"
	loads := 0
	for _, tt := range []struct {
		why  string
		load func() (ssotoken.Key, error)
	}{
		{"the store is down", func() (ssotoken.Key, error) { return ssotoken.Key{}, errors.New("the store is down") }},
		{"loads in a row returned different keys", func() (ssotoken.Key, error) {
			loads++
			return ssotoken.NewKey(inUse + strconv.Itoa(loads))
		}},
	} {
		t.Run(tt.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &site{}
				meter, logger := s.instruments(t)
				var failing atomic.Bool
				_, err := opentelemetry.KeySource(meter, logger, func(context.Context) (ssotoken.Key, error) {
					if failing.Load() {
						return tt.load()
					}
					return ssotoken.NewKey(inUse)
				}, ssotoken.ReloadConfig{})
				if err != nil {
					t.Fatal(err)
				}
				age := func() time.Duration {
					s.scrape() // which starts a load
					time.Sleep(10 * time.Second)
					return seconds(t, `(?m)^community_sso_key_age_seconds\{.*\} (\S+)$`, s.scrape())
				}
				failing.Store(true)
				for start := time.Now(); time.Since(start) <= threshold; time.Sleep(50 * time.Second) {
					if got := age(); got != time.Since(start) {
						t.Errorf("after %v: %v", time.Since(start), got)
					}
				}
				last := s.records[len(s.records)-1]
				if diff := cmp.Diff(tt.why, attributes(last)["exception.message"]); diff != "" || last.Severity() != log.SeverityError {
					t.Errorf("%s %s (-want +got):\n%s", last.EventName(), last.Severity(), diff)
				}
				logged := seconds(t, `(.+)`, attributes(last)["community.sso.key.age"])
				if logged < threshold || logged > threshold+10*time.Second {
					t.Errorf("%s is of a key %v old", last.EventName(), logged)
				}
				failing.Store(false)
				if got := age(); got > threshold {
					t.Errorf("loaded again: %v", got)
				}
			})
		})
	}
}

// attributes are those of a record, as texts.
func attributes(r sdklog.Record) map[string]string {
	all := map[string]string{}
	r.WalkAttributes(func(a log.KeyValue) bool {
		all[a.Key] = a.Value.String()
		return true
	})
	return all
}

// seconds is what an expression finds in a text.
func seconds(t *testing.T, expression, text string) time.Duration {
	t.Helper()
	found := regexp.MustCompile(expression).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no %s in %s", expression, text)
	}
	n, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(n * float64(time.Second))
}

func TestTheSpanOfALoginSaysWhatBecameOfIt(t *testing.T) {
	spans := visited(t).spans
	named := func(i int) map[attribute.Key]string {
		all := map[attribute.Key]string{}
		for _, a := range spans[i].Attributes() {
			all[a.Key] = a.Value.Emit()
		}
		return all
	}
	member := named(0)["user.hash"]
	want := map[attribute.Key]string{"community.sso.event": "minted", "user.hash": member}
	for i := range 2 { // a dropped referrer is no failed login
		if diff := cmp.Diff(want, named(i)); diff != "" || len(member) != 16 || spans[i].Status().Code == codes.Error {
			t.Errorf("login %d (-want +got):\n%s", i, diff)
		}
	}
	refused := named(2)
	want = map[attribute.Key]string{"community.sso.event": "refused", "error.type": "claims-refused", "user.hash": member,
		"community.sso.fields": `["email"]`, "community.sso.reference": refused["community.sso.reference"]}
	if diff := cmp.Diff(want, refused); diff != "" || spans[2].Status().Code != codes.Error {
		t.Errorf("refused, with status %v (-want +got):\n%s", spans[2].Status(), diff)
	}
	if len(spans[0].Events()) > 0 {
		t.Error("a span has events")
	}
}

func TestEachEventIsALogRecordOfItsTrace(t *testing.T) {
	s := visited(t)
	var got []string
	for _, r := range s.records {
		got = append(got, r.EventName()+" "+r.Severity().String())
		if !slices.ContainsFunc(s.spans, func(span trace.ReadOnlySpan) bool { return span.SpanContext().TraceID() == r.TraceID() }) {
			t.Errorf("%s is of no trace", r.EventName())
		}
		for name, value := range attributes(r) {
			if strings.Contains(value, "ada") {
				t.Errorf("%s has a claim in %s", r.EventName(), name)
			}
		}
	}
	want := []string{"community.sso.minted INFO", "community.sso.return-path-dropped WARN", "community.sso.minted INFO",
		"community.sso.refused ERROR", "community.sso.not-signed-in INFO"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestDashboardAndAlertsNameWhatThereIs(t *testing.T) {
	metrics := visited(t).scrape()
	known := map[string][]string{}
	for _, r := range inspect.Rules() {
		known["error_type"] = append(known["error_type"], string(r.Code))
	}
	for _, kind := range []ssotoken.EventKind{ssotoken.Minted, ssotoken.NotSignedIn, ssotoken.MayNotEnter, ssotoken.TurnedAway,
		ssotoken.Refused, ssotoken.ReturnPathDropped, ssotoken.LoggedOut} {
		known["community_sso_event"] = append(known["community_sso_event"], string(kind))
	}
	for _, path := range []string{"dashboard.json", "alerts.yaml"} {
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(file), `\"`, `"`)
		names := regexp.MustCompile(`\b(community_sso_\w+|error_type)\b`).FindAllString(text, -1)
		for _, name := range names {
			if !regexp.MustCompile(`\b` + name + `(=|\{)`).MatchString(metrics) {
				t.Errorf("%s: nothing is called %s", path, name)
			}
		}
		values := regexp.MustCompile(`\b(community_sso_event|error_type)=~?"([^"]+)"`).FindAllStringSubmatch(text, -1)
		for _, v := range values {
			for value := range strings.SplitSeq(v[2], "|") {
				if !slices.Contains(known[v[1]], value) {
					t.Errorf("%s: %s is never %s", path, v[1], value)
				}
			}
		}
		if len(names) < 8 || len(values) < 4 {
			t.Errorf("%s has %d names and %d values", path, len(names), len(values))
		}
		if strings.HasSuffix(path, ".json") && !json.Valid(file) {
			t.Errorf("%s is no JSON", path)
		}
	}
}
