package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"

	"openwmi/internal/auth"
	"openwmi/wbem"
)

// Levels of protection, as wbem.Identity has them.
const (
	levelConnect = 2 // who it is was found out, and no more
	levelPrivacy = 6
)

// A connection is what is known of who has made one.
type connection struct {
	local    *wbem.Identity // of a local socket
	refused  error          // why such a one has no identity
	loopback bool
	secure   bool
	peer     string
}

type connectionKey struct{}

// connected looks at a new connection.
func (s *Server) connected(ctx context.Context, c net.Conn) context.Context {
	at := &connection{peer: c.RemoteAddr().String()}
	switch c := c.(type) {
	case *net.UnixConn:
		at.local, at.refused = auth.Peer(c)
		at.peer = ""
	case *tls.Conn:
		at.secure = true
	}
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		at.loopback = a.IP.IsLoopback()
	}
	return context.WithValue(ctx, connectionKey{}, at)
}

type identityKey struct{}

// identity returns who was authenticated.
func (s *Server) identity(r *http.Request) (*wbem.Identity, error) {
	if id, ok := r.Context().Value(identityKey{}).(*wbem.Identity); ok {
		return id, nil
	}
	return nil, wbem.AccessDenied
}

// authenticated lets only those in who say who they are, and answers others with
// what they can say.
func (s *Server) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, ok := r.Context().Value(connectionKey{}).(*connection)
		if !ok {
			at = &connection{peer: r.RemoteAddr}
		}
		id, err := s.authenticate(r, at)
		if err != nil {
			s.challenge(w, r, at, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, id)))
	})
}

var errNoCredentials = errors.New("no credentials")

func (s *Server) authenticate(r *http.Request, at *connection) (*wbem.Identity, error) {
	if at.local != nil || at.refused != nil {
		return at.local, at.refused
	}
	if s.opts.Users == nil {
		return nil, errNoCredentials
	}
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 && r.Header.Get("Authorization") == "" {
		return s.certified(r, at)
	}
	if name, password, ok := r.BasicAuth(); ok {
		if !at.secure && !at.loopback {
			return nil, errNoCredentials
		}
		id, err := s.opts.Users.Verify(r.Context(), auth.Logon{Name: name, Password: password, Peer: at.peer, Level: at.level()})
		if err != nil {
			return nil, err
		}
		return at.complete(id), nil
	}
	return nil, errNoCredentials
}

// level is the protection of the connection. What stays on this computer is seen
// by nobody else.
func (at *connection) level() int {
	if at.secure || at.loopback {
		return levelPrivacy
	}
	return levelConnect
}

// complete says of an identity where it calls from.
func (at *connection) complete(id *wbem.Identity) *wbem.Identity {
	if id.Remote == !at.loopback && id.Peer == at.peer {
		return id
	}
	whole := *id
	whole.Remote, whole.Peer = !at.loopback, at.peer
	return &whole
}

// certified returns the user whom a certificate names.
func (s *Server) certified(r *http.Request, at *connection) (*wbem.Identity, error) {
	name := r.TLS.VerifiedChains[0][0].Subject.CommonName
	if strings.ContainsAny(name, `\/`) {
		return nil, wbem.AccessDenied
	}
	if _, _, _, err := s.opts.Users.Account(name); err != nil {
		s.log.Info("certificate of nobody", "name", name, "peer", at.peer, "err", err)
		return nil, wbem.AccessDenied
	}
	return at.complete(&wbem.Identity{
		Name: wbem.StoreDomain + `\` + name, Authority: wbem.StoreAuthority, Level: levelPrivacy,
	}), nil
}

// challenge refuses a request and says how to say who one is.
func (s *Server) challenge(w http.ResponseWriter, r *http.Request, at *connection, err error) {
	switch {
	case errors.Is(err, wbem.ServerTooBusy):
		w.Header().Set("Retry-After", "1")
		http.Error(w, "Too many logons", http.StatusServiceUnavailable)
		return
	case at.local == nil && at.refused != nil:
		http.Error(w, "Forbidden", http.StatusForbidden)
		return
	}
	if at.secure || at.loopback {
		w.Header().Set("WWW-Authenticate", `Basic realm="OpenWMI", charset="UTF-8"`)
	}
	http.Error(w, "Unauthorized", http.StatusUnauthorized)
}
