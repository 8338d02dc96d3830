// Package opentelemetry turns what happens at a login into OpenTelemetry
// metrics, log records and attributes of the request's span: a counter to alert
// on, and a trace that says why one member could not log in. None holds a claim, a
// key or a token. dashboard.json and alerts.yaml are for what Prometheus makes of
// the metrics.
//
// They are files to copy, not to import: the module has no releases, so that the
// SDK does not decide which OpenTelemetry you use.
package opentelemetry

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/bettermode-go/sso/ssotoken"
)

// Observer counts events as community.sso.events, by community.sso.event and
// error.type, which is the event's code. It writes each as a log record too, and
// describes the request's span by it. Give it to LoginConfig.Observe and
// LogoutConfig.Observe.
//
// The hashed subject is user.hash, but not of the metric, where it would make a
// time series of each member. The text of an error is only in the log.
func Observer(meter metric.Meter, logger log.Logger) (func(context.Context, ssotoken.Event), error) {
	events, err := meter.Int64Counter("community.sso.events",
		metric.WithDescription("Logins to the community and what became of them"), metric.WithUnit("{event}"))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, e ssotoken.Event) {
		attributes := []attribute.KeyValue{attribute.String("community.sso.event", string(e.Kind))}
		switch {
		case e.Code != "":
			attributes = append(attributes, semconv.ErrorTypeKey.String(string(e.Code)))
		case e.Err != nil: // one of the site's own
			attributes = append(attributes, semconv.ErrorTypeOther)
		}
		events.Add(ctx, 1, metric.WithAttributes(attributes...))

		attributes = append(attributes, ofOne(e)...)
		if e.Kind != ssotoken.ReturnPathDropped { // which is no outcome: that follows
			span := trace.SpanFromContext(ctx)
			span.SetAttributes(attributes...)
			if e.Level() == slog.LevelError {
				span.SetStatus(codes.Error, string(e.Code))
			}
		}
		logger.Emit(ctx, record(e, attributes))
	}, nil
}

// ofOne are the attributes of one event, which a metric can't have.
func ofOne(e ssotoken.Event) (attributes []attribute.KeyValue) {
	if e.Subject != "" {
		attributes = append(attributes, semconv.UserHash(e.Subject)) // user.id, where LogSubject returns sub
	}
	if e.Reference != "" {
		attributes = append(attributes, attribute.String("community.sso.reference", e.Reference))
	}
	var refused *ssotoken.ClaimsError
	if errors.As(e.Err, &refused) {
		var names []string
		for _, f := range refused.Fields {
			names = append(names, f.Field)
		}
		attributes = append(attributes, attribute.StringSlice("community.sso.fields", names))
	}
	return attributes
}

func record(e ssotoken.Event, attributes []attribute.KeyValue) (r log.Record) {
	severities := map[slog.Level]log.Severity{slog.LevelWarn: log.SeverityWarn, slog.LevelError: log.SeverityError}
	r.SetSeverity(max(log.SeverityInfo, severities[e.Level()]))
	r.SetEventName("community.sso." + string(e.Kind))
	for _, a := range attributes {
		r.AddAttributes(log.KeyValueFromAttribute(a))
	}
	if e.Err != nil {
		r.AddAttributes(log.KeyValueFromAttribute(semconv.ExceptionMessage(e.Err.Error())))
	}
	return r
}

// KeySource is [ssotoken.ReloadingKey] with a metric and an event of the key's age,
// which is the time since the key in use was last loaded. The metric is
// community.sso.key.age, by the key's fingerprint; each collection asks for the key, so
// that it is loaded where nobody logs in, too. A load that fails is the log record
// community.sso.key-not-loaded, with the age in seconds.
func KeySource(meter metric.Meter, logger log.Logger, load func(context.Context) (ssotoken.Key, error), c ssotoken.ReloadConfig) (
	ssotoken.KeySource, error) {
	var lastLoaded atomic.Pointer[time.Time]
	onError := c.OnError
	c.OnError = func(err error, loaded time.Time) {
		lastLoaded.Store(&loaded) // a load can succeed and disagree with the next
		logger.Emit(context.Background(), notLoaded(err, loaded))
		if onError != nil {
			onError(err, loaded)
		}
	}
	source, err := ssotoken.ReloadingKey(func(ctx context.Context) (ssotoken.Key, error) {
		key, err := load(ctx)
		if err == nil {
			now := time.Now()
			lastLoaded.Store(&now)
		}
		return key, err
	}, c)
	if err != nil {
		return nil, err
	}
	observe := func(ctx context.Context, o metric.Float64Observer) error {
		key, err := source(ctx)
		if err == nil {
			o.Observe(time.Since(*lastLoaded.Load()).Seconds(),
				metric.WithAttributes(attribute.String("community.sso.key.fingerprint", key.Fingerprint())))
		}
		return err
	}
	_, err = meter.Float64ObservableGauge("community.sso.key.age", metric.WithUnit("s"), metric.WithFloat64Callback(observe),
		metric.WithDescription("Time since the key of the community was last loaded"))
	return source, err
}

func notLoaded(err error, loaded time.Time) (r log.Record) {
	r.SetSeverity(log.SeverityError)
	r.SetEventName("community.sso.key-not-loaded")
	r.AddAttributes(log.Float64("community.sso.key.age", time.Since(loaded).Seconds()),
		log.KeyValueFromAttribute(semconv.ExceptionMessage(err.Error())))
	return r
}
