// Package opentelemetry turns what happens at a login into OpenTelemetry
// metrics and span events: a counter to alert on, and a trace that says why
// one member could not log in. Neither holds a claim, a key or a token.
//
// It is a file to copy, not to import: its module has no releases, so that the
// SDK does not decide which OpenTelemetry you use.
package opentelemetry

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/bettermode-go/sso/ssotoken"
)

// Observer counts events as community.sso.events, by event and code, and adds
// each to the request's span. Give it to LoginConfig.Observe and
// LogoutConfig.Observe.
//
// The hashed subject goes only to the span: as a metric's attribute it would
// make a time series of each member. The text of an error goes to neither.
func Observer(meter metric.Meter) (func(context.Context, ssotoken.Event), error) {
	events, err := meter.Int64Counter("community.sso.events",
		metric.WithDescription("Logins to the community and what became of them"), metric.WithUnit("{event}"))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, e ssotoken.Event) {
		attributes := []attribute.KeyValue{attribute.String("event", string(e.Kind))}
		if e.Code != "" {
			attributes = append(attributes, attribute.String("code", string(e.Code)))
		}
		events.Add(ctx, 1, metric.WithAttributes(attributes...))

		span := trace.SpanFromContext(ctx)
		if e.Subject != "" {
			attributes = append(attributes, attribute.String("subject", e.Subject))
		}
		var refused *ssotoken.ClaimsError
		if errors.As(e.Err, &refused) {
			var names []string
			for _, f := range refused.Fields {
				names = append(names, f.Field)
			}
			attributes = append(attributes, attribute.String("fields", strings.Join(names, ",")))
		}
		span.AddEvent("community sso", trace.WithAttributes(attributes...))
		if e.Level() == slog.LevelError {
			span.SetStatus(codes.Error, string(e.Code))
		}
	}, nil
}
