package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"openwmi/cim"
	"openwmi/internal/audit"
	"openwmi/internal/auth"
	"openwmi/internal/auth/kerberos"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
	"openwmi/wire/wsman"
)

// maxHeader is how many bytes the header of a request has at most; a token of
// Kerberos in it may have some 50 KiB.
const maxHeader = 64 << 10

// SocketName is the name of the local socket in the directory of a store.
const SocketName = "wmi.sock"

// Paths at which the protocols are.
const (
	CIMXMLPath = "/cimom"
	WSManPath  = "/wsman"
	LocalPath  = "/local/" // of the local socket only
)

// Options of a Server.
type Options struct {
	Locator wbem.Locator
	Users   *auth.Users // of the store; nil lets nobody in over networks

	// Socket is the path of a local socket to listen at, "" for none. What is
	// there already is removed: who opens the store knows that no one else
	// serves it.
	Socket string
	// Local answers what is below LocalPath at that socket; nil is nothing.
	Local http.Handler

	// Metrics are of this server alone; nil makes some.
	Metrics *Metrics

	Machine string // the name of this computer in faults
	Version string // of this program, for who asks who it is

	Logger *slog.Logger // nil discards it
}

// A Server serves a store.
type Server struct {
	config  Config
	opts    Options
	machine string // the name of this computer

	kerberos *kerberos.Service // nil without keys
	log      *slog.Logger
	cimxml   *cimxml.Server
	wsman    *wsman.Server
	http     *http.Server
	metrics  *Metrics
	gate     *gate
	room     *room
	health   checkup
	strange  audit.Sampler // of what the log has about those who were not let in

	base    context.Context // of all requests; its end fails those under way
	abort   context.CancelCauseFunc
	ending  atomic.Bool // no more requests are wanted
	working tally       // of requests

	mu        sync.Mutex // guards what follows
	addresses []Address
	listeners []configured

	metricsListener net.Listener // nil if there is none
}

// A configured listener knows what its connections may do.
type configured struct {
	net.Listener
	config Listener
	secured
}

// An Address is where a server listens.
type Address struct {
	Network   string // tcp or unix
	Address   string
	Secure    bool // TLS
	Encrypted bool // only for messages that are encrypted by themselves
}

// New returns a server that does not listen yet. The error is what is wrong with
// the configuration.
func New(c Config, o Options) (*Server, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{config: c.usual(), opts: o, log: o.Logger, machine: o.Machine, metrics: o.Metrics}
	if s.metrics == nil {
		s.metrics = NewMetrics(nil)
	}
	s.gate = newGate(s.config.MaxConnections, s.config.MaxConnectionsEach, s.metrics.refused.WithLabelValues("connection").Inc)
	s.room = newRoom(s.config.MaxRequests, s.config.MaxRequestsEach, s.config.MaxRequest)
	s.base, s.abort = context.WithCancelCause(context.Background())
	if s.machine == "" {
		s.machine, _ = os.Hostname()
	}
	if c.Kerberos.Keytab != "" {
		k, err := kerberos.NewService(c.Kerberos.Keytab, o.Logger)
		if err != nil {
			return nil, err
		}
		s.kerberos = k
	}
	s.cimxml = cimxml.NewServer(o.Locator, cimxml.Options{
		Identity: s.identity, MaxRequest: s.config.MaxRequest, MaxEnumerations: c.MaxOpen, Logger: o.Logger,
	})
	s.wsman = wsman.NewServer(o.Locator, wsman.Options{
		Identity: s.identity, MaxRequest: s.config.MaxRequest, MaxEnumerations: c.MaxOpen, Machine: s.machine, Version: o.Version, Destinations: c.Destinations, Logger: o.Logger,
	})
	mux := http.NewServeMux()
	mux.Handle(WSManPath, s.metrics.count("wsman", s.authenticated(s.sealed(s.wsman))))
	mux.Handle(WSManPath+"/", s.metrics.count("wsman", s.authenticated(s.sealed(s.wsman))))
	mux.Handle(CIMXMLPath, s.metrics.count("cimxml", s.authenticated(s.unsealed(s.cimxml))))
	if o.Local != nil {
		mux.Handle(LocalPath, onlyLocal(o.Local))
	}
	mux.HandleFunc("/healthz", s.healthy)
	s.http = &http.Server{
		Handler:           s.counted(stalls(mux, time.Duration(s.config.StallTimeout))),
		ReadHeaderTimeout: time.Duration(s.config.HeaderTimeout),
		IdleTimeout:       time.Duration(s.config.IdleTimeout),
		MaxHeaderBytes:    maxHeader,
		BaseContext:       s.listening,
		ConnContext:       s.connected,
		ErrorLog:          log.New(&complaints{s}, "", 0),
		Protocols:         new(http.Protocols),
	}
	s.http.Protocols.SetHTTP1(true) // where a connection has one request at a time
	return s, nil
}

// Listen listens at all addresses, or at none if that fails for one.
func (s *Server) Listen() (err error) {
	defer func() {
		if err != nil {
			s.closeListeners()
		}
	}()
	if s.opts.Socket != "" {
		l, err := listenLocally(s.opts.Socket)
		if err != nil {
			return err
		}
		s.add(configured{Listener: l}, Address{Network: "unix", Address: s.opts.Socket})
	}
	if err := s.listenMetrics(); err != nil {
		return err
	}
	for _, c := range s.config.Listen {
		l, err := net.Listen("tcp", c.Address)
		if err != nil {
			return err
		}
		at := Address{"tcp", l.Addr().String(), c.isSecure(), c.Encrypted}
		all := configured{Listener: gatedListener{l, s.gate}, config: c}
		if c.isSecure() {
			t, files, err := c.secure(s.log)
			if err != nil {
				l.Close()
				return err
			}
			all.secured = files
			all.Listener = tls.NewListener(boundListener{all.Listener}, t)
		}
		s.add(all, at)
	}
	return nil
}

func (s *Server) add(l configured, at Address) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = append(s.listeners, l)
	s.addresses = append(s.addresses, at)
}

func (s *Server) closeListeners() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		l.Close()
	}
	if s.metricsListener != nil {
		s.metricsListener.Close()
	}
	s.listeners, s.addresses, s.metricsListener = nil, nil, nil
}

// maxSocketPath is how many bytes the path of a local socket has at most: on
// Linux one less than sun_path has, on others a few less.
const maxSocketPath = 103

// listenLocally listens at a path, where only the user of this process can reach
// it.
func listenLocally(path string) (net.Listener, error) {
	if len(path) > maxSocketPath {
		return nil, cim.Errorf(wbem.InvalidParameter,
			"the path of the socket has more than %d bytes, which is all that the system allows: keep the store in a directory with a shorter name", maxSocketPath)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Addresses returns where the server listens.
func (s *Server) Addresses() []Address {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Address(nil), s.addresses...)
}

// MetricsAddress returns where metrics are, "" for nowhere.
func (s *Server) MetricsAddress() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.metricsListener == nil {
		return ""
	}
	return s.metricsListener.Addr().String()
}

// Clients returns how many connections from networks are open.
func (s *Server) Clients() int { return s.gate.count() }

// counted lets Serve wait for the requests under way.
func (s *Server) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.working.add(1)
		defer s.working.add(-1)
		next.ServeHTTP(w, r)
	})
}

// Serve answers until the context ends. Then nobody can connect any more; requests
// that wait for something to happen fail at once, and what clients have open ends;
// others are finished, or fail with ShuttingDown when they take longer than the
// configuration allows. Serve returns when nothing of all that runs any more.
func (s *Server) Serve(ctx context.Context) error {
	s.mu.Lock()
	listeners := s.listeners
	s.mu.Unlock()
	failed := make(chan error, len(listeners)+1)
	var group sync.WaitGroup
	for _, l := range listeners {
		group.Go(func() {
			if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		})
	}
	stopMetrics := s.serveMetrics()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.ending.Store(true)
	s.shutDown()
	group.Wait()
	s.working.wait()
	stopMetrics()
	return err
}

// lastWords is how long requests may take to answer that they have failed.
const lastWords = 2 * time.Second

// shutDown ends all connections.
func (s *Server) shutDown() {
	if err := errors.Join(s.cimxml.Close(), s.wsman.Close()); err != nil {
		s.log.Warn("cannot close what clients have open", "err", err)
	}
	defer s.abort(wbem.ShuttingDown)
	for _, limit := range []time.Duration{time.Duration(s.config.DrainTimeout), lastWords} {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		err := s.http.Shutdown(ctx)
		cancel()
		if err == nil {
			return
		}
		s.abort(wbem.ShuttingDown)
	}
	s.log.Warn("requests were cut off")
	s.http.Close()
}

// complaints are what net/http has to say: of connections that break off, which
// are nothing unusual, but also that no more can be accepted, and that the answer to
// a request has panicked.
type complaints struct{ s *Server }

func (c *complaints) Write(text []byte) (int, error) {
	level := slog.LevelDebug
	switch {
	case bytes.Contains(text, []byte("TLS handshake error")):
		c.s.metrics.tls.Inc()
		c.s.refused(string(bytes.TrimSpace(text)))
		return len(text), nil
	case bytes.HasPrefix(text, []byte("http: Accept error")):
		level = slog.LevelWarn
	case bytes.HasPrefix(text, []byte("http: panic serving")):
		level = slog.LevelError
	}
	c.s.log.Log(context.Background(), level, string(bytes.TrimSpace(text)))
	return len(text), nil
}

// refused logs that somebody was not let in, if it is not the like of much else.
func (s *Server) refused(what string, args ...any) {
	if left, ok := s.strange.Take(time.Now()); ok {
		if left > 0 {
			args = append(args, "leftOut", left)
		}
		s.log.Info(what, args...)
	}
}

// SocketOf returns the path of the local socket of a store in a directory.
func SocketOf(dir string) string { return filepath.Join(dir, SocketName) }
