package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"openwmi/internal/auth"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
	"openwmi/wire/wsman"
)

// SocketName is the name of the local socket in the directory of a store.
const SocketName = "wmi.sock"

// Paths at which the protocols are.
const (
	CIMXMLPath = "/cimom"
	WSManPath  = "/wsman"
)

// Options of a Server.
type Options struct {
	Locator wbem.Locator
	Users   *auth.Users // of the store; nil lets nobody in over networks

	// Socket is the path of a local socket to listen at, "" for none. What is
	// there already is removed: who opens the store knows that no one else
	// serves it.
	Socket string

	Machine string // the name of this computer in faults
	Version string // of this program, for who asks who it is

	Logger *slog.Logger // nil discards it
}

// A Server serves a store.
type Server struct {
	config  Config
	opts    Options
	machine string // the name of this computer
	log     *slog.Logger
	cimxml  *cimxml.Server
	wsman   *wsman.Server
	http    *http.Server
	metrics *metrics

	mu        sync.Mutex // guards what follows
	addresses []Address
	listeners []configured
}

// A configured listener knows what its connections may do.
type configured struct {
	net.Listener
	config Listener
}

// An Address is where a server listens.
type Address struct {
	Network string // tcp or unix
	Address string
	Secure  bool // TLS
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
	s := &Server{config: c.usual(), opts: o, log: o.Logger, machine: o.Machine, metrics: newMetrics()}
	if s.machine == "" {
		s.machine, _ = os.Hostname()
	}
	s.cimxml = cimxml.NewServer(o.Locator, cimxml.Options{
		Identity: s.identity, MaxRequest: c.MaxRequest, MaxEnumerations: c.MaxOpen, Logger: o.Logger,
	})
	s.wsman = wsman.NewServer(o.Locator, wsman.Options{
		Identity: s.identity, MaxRequest: c.MaxRequest, MaxEnumerations: c.MaxOpen, Machine: s.machine, Version: o.Version, Logger: o.Logger,
	})
	mux := http.NewServeMux()
	mux.Handle(WSManPath, s.metrics.count("wsman", s.authenticated(s.sealed(s.wsman))))
	mux.Handle(WSManPath+"/", s.metrics.count("wsman", s.authenticated(s.sealed(s.wsman))))
	mux.Handle(CIMXMLPath, s.metrics.count("cimxml", s.authenticated(s.unsealed(s.cimxml))))
	mux.HandleFunc("/healthz", healthy)
	s.http = &http.Server{
		Handler:           stalls(mux, time.Duration(s.config.StallTimeout)),
		ReadHeaderTimeout: time.Duration(s.config.HeaderTimeout),
		IdleTimeout:       time.Duration(s.config.IdleTimeout),
		MaxHeaderBytes:    64 << 10,
		BaseContext:       listening,
		ConnContext:       s.connected,
		ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelDebug),
	}
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
		s.add(l, Listener{}, Address{"unix", s.opts.Socket, false})
	}
	for _, c := range s.config.Listen {
		l, err := net.Listen("tcp", c.Address)
		if err != nil {
			return err
		}
		at := Address{"tcp", l.Addr().String(), c.secure()}
		l = netutil.LimitListener(l, s.config.MaxConnections)
		if c.secure() {
			t, err := tlsConfig(c)
			if err != nil {
				l.Close()
				return err
			}
			l = tls.NewListener(boundListener{l}, t)
		}
		s.add(l, c, at)
	}
	return nil
}

func (s *Server) add(l net.Listener, c Listener, at Address) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners = append(s.listeners, configured{l, c})
	s.addresses = append(s.addresses, at)
}

func (s *Server) closeListeners() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		l.Close()
	}
	s.listeners, s.addresses = nil, nil
}

// listenLocally listens at a path, where only the user of this process can reach
// it.
func listenLocally(path string) (net.Listener, error) {
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

// Serve answers until the context ends, then finishes the requests under way, or
// fails those that take longer than the configuration allows.
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
	stopMetrics, err := s.serveMetrics()
	if err != nil {
		failed <- err
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Duration(s.config.DrainTimeout))
	defer cancel()
	if s.http.Shutdown(drain) != nil {
		s.http.Close()
	}
	group.Wait()
	stopMetrics()
	if err := errors.Join(s.cimxml.Close(), s.wsman.Close()); err != nil {
		s.log.Warn("cannot close what clients have open", "err", err)
	}
	return err
}

// SocketOf returns the path of the local socket of a store in a directory.
func SocketOf(dir string) string { return filepath.Join(dir, SocketName) }

func healthy(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write([]byte("ok\n"))
}
