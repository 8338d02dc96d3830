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
