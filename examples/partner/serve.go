package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// drainTime is how long requests under way may take when the site ends.
const drainTime = 10 * time.Second

type server struct {
	listener net.Listener
	handler  http.Handler
}

// serve serves until the context is done or a server fails. Then it takes no new
// connections, and lets the requests under way finish.
func serve(ctx context.Context, log *slog.Logger, sites ...server) error {
	failed := make(chan error, len(sites))
	var started []*http.Server
	for _, s := range sites {
		h := &http.Server{
			Handler:           s.handler,
			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       10 * time.Second,
			WriteTimeout:      30 * time.Second,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    32 << 10, // a referrer_uri can be long
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		}
		started = append(started, h)
		go func() { failed <- h.Serve(s.listener) }()
	}
	var err error
	select {
	case <-ctx.Done():
		log.Info("ending")
	case err = <-failed:
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	for _, h := range started {
		if shutdown := h.Shutdown(drain); err == nil {
			err = shutdown
		}
	}
	return err
}

// logged writes a line for each request, except those for the health. The query is
// left out: it can be the secret of a mail's link.
func (s *site) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, answer := time.Now(), &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		if r.URL.Path != "/healthz" {
			s.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("method", r.Method), slog.String("path", r.URL.Path),
				slog.Int("status", answer.status), slog.Int64("took_ms", time.Since(start).Milliseconds()))
		}
	})
}

// A statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
