package opentelemetry_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/bettermode-go/sso/examples/opentelemetry"
	"github.com/bettermode-go/sso/ssotoken"
)

func TestEachLoginIsCountedAndTraced(t *testing.T) {
	reader := metric.NewManualReader()
	observe, err := opentelemetry.Observer(metric.NewMeterProvider(metric.WithReader(reader)).Meter("partner"))
	if err != nil {
		t.Fatal(err)
	}
	spans := tracetest.NewSpanRecorder()
	tracer := trace.NewTracerProvider(trace.WithSpanProcessor(spans)).Tracer("partner")

	key, err := ssotoken.NewKey("Zr4u7x!A%D*G-KaPdSgVkYp3s6v9y$B&")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssotoken.New(ssotoken.Config{Community: "community.example.com", Key: key})
	if err != nil {
		t.Fatal(err)
	}
	login, err := ssotoken.NewLogin(ssotoken.LoginConfig{Signer: signer, Observe: observe,
		LogSubject: ssotoken.HashSubjects([]byte("a secret")),
		Identify: func(r *http.Request) (ssotoken.Claims, error) {
			if r.URL.Path == "/nobody" {
				return ssotoken.Claims{}, ssotoken.ErrNoSession
			}
			return ssotoken.NewClaims().Subject("user-1").Name("Ada").VerifiedEmail(r.URL.Query().Get("email")).Build()
		}})
	if err != nil {
		t.Fatal(err)
	}
	handler := login.Middleware(http.NotFoundHandler())
	for _, target := range []string{"/?email=ada@example.com", "/?email=ada@example.com&referrer_uri=//evil.example",
		"/?email=ada", "/nobody"} {
		ctx, span := tracer.Start(t.Context(), "GET /community/login")
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", target, nil))
		span.End()
	}

	var data metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &data); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, point := range data.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64]).DataPoints {
		event, _ := point.Attributes.Value("event")
		code, _ := point.Attributes.Value("code")
		counts[event.AsString()+" "+code.AsString()] = point.Value
		if point.Attributes.HasValue("subject") {
			t.Error("a metric has a time series a member")
		}
	}
	want := map[string]int64{"minted ": 2, "return-path-dropped return-path": 1, "refused claims-refused": 1, "not-signed-in ": 1}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}

	ended := spans.Ended()
	if got := ended[0].Events()[0].Attributes; len(got) != 2 || got[1].Key != "subject" || len(got[1].Value.AsString()) != 16 {
		t.Errorf("the span of a login has %v", got)
	}
	if got := ended[2]; got.Status().Code != codes.Error || got.Status().Description != "claims-refused" ||
		!slices.Contains(got.Events()[0].Attributes, attribute.String("fields", "email")) {
		t.Errorf("the span of refused claims has %v, %v", got.Status(), got.Events())
	}
	if ended[1].Status().Code == codes.Error {
		t.Error("a dropped referrer is no failed login")
	}
}
