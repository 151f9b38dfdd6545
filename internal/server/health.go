package server

import (
	"context"
	"net/http"
	"sync"
	"time"

	"openwmi/wbem"
)

// What healthz answers is remembered for a moment, as anybody may ask, and the
// store has as long to answer.
const (
	healthFresh   = time.Second
	healthTimeout = 5 * time.Second
)

// A checkup asks the store whether it answers.
type checkup struct {
	mu   sync.Mutex // guards what follows, and is held while the store is asked
	when time.Time
	err  error
}

// Check asks the store for something that every store has, and returns why it does
// not answer. After the server was told to end that is ShuttingDown.
func (s *Server) Check(ctx context.Context) error {
	if s.base.Err() != nil || s.ending.Load() {
		return wbem.ShuttingDown
	}
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	if time.Since(s.health.when) < healthFresh {
		return s.health.err
	}
	// Who asks may go away; the answer is for others too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthTimeout)
	defer cancel()
	s.health.err = askStore(ctx, s.opts.Locator)
	s.health.when = time.Now()
	if s.health.err != nil {
		s.log.Warn("the store does not answer", "err", s.health.err)
	}
	return s.health.err
}

func askStore(ctx context.Context, l wbem.Locator) error {
	svc, err := l.Connect(ctx, "root", wbem.ConnectOptions{})
	if err != nil {
		return err
	}
	defer svc.Close()
	_, err = svc.GetClass(ctx, "__Namespace", wbem.Options{})
	return err
}

func (s *Server) healthy(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Cache-Control", "no-store")
	if err := s.Check(r.Context()); err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte("the store does not answer\n"))
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}
