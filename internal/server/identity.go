package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"openwmi/internal/auth"
	"openwmi/internal/auth/kept"
	"openwmi/internal/peer"
	"openwmi/wbem"
)

// Levels of protection, as wbem.Identity has them.
const (
	levelConnect = 2 // who it is was found out, and no more
	levelPrivacy = 6
)

// A connection is what is known of who has made one. Its requests come one after
// the other, so nothing of it is locked.
type connection struct {
	conn     net.Conn
	listener Listener
	trust    *kept.Value[*trust] // of the listener
	local    *wbem.Identity      // of a local socket
	refused  error               // why such a one has no identity
	owner    bool                // it is the user of this process, or the superuser
	loopback bool
	secure   bool
	peer     string

	handshake *handshake // under way, nil if none is
	admitted  *admission // nil if no handshake has ended well
	failures  int        // how many have not
}

type (
	connectionKey struct{}
	listenerKey   struct{} // of the configured listener, above a connection
)

// listening lets connections know how their listener is configured.
func (s *Server) listening(l net.Listener) context.Context {
	c, _ := l.(configured)
	return context.WithValue(s.base, listenerKey{}, c)
}

// connected looks at a new connection.
func (s *Server) connected(ctx context.Context, c net.Conn) context.Context {
	l, _ := ctx.Value(listenerKey{}).(configured)
	at := &connection{conn: c, peer: c.RemoteAddr().String(), listener: l.config, trust: l.trust}
	switch c := c.(type) {
	case *net.UnixConn:
		at.local, at.refused = auth.Peer(c)
		uid, _, err := peer.User(c)
		at.owner = err == nil && (uid == 0 || int(uid) == os.Geteuid())
		at.peer = ""
	case *tls.Conn:
		at.secure = true
	}
	if a, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		at.loopback = a.IP.IsLoopback()
	}
	return context.WithValue(ctx, connectionKey{}, at)
}

// identity returns who was authenticated.
func (s *Server) identity(r *http.Request) (*wbem.Identity, error) {
	if id := passageOf(r.Context()).id; id != nil {
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
		id, err := s.authenticate(w, r, at)
		if err != nil {
			s.challenge(w, at, err)
			return
		}
		passageOf(r.Context()).id = id
		s.within(next, w, r, id)
	})
}

var errNoCredentials = errors.New("no credentials")

func (s *Server) authenticate(w http.ResponseWriter, r *http.Request, at *connection) (*wbem.Identity, error) {
	if at.local != nil || at.refused != nil {
		return at.local, at.refused
	}
	if s.opts.Users == nil {
		return nil, errNoCredentials
	}
	if at.admitted != nil && at.admitted.trust == nil && proxied(r) {
		at.admitted = nil
	}
	header := r.Header.Get("Authorization")
	if header == "" {
		if id := s.admitted(at); id != nil {
			return id, nil
		}
		if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
			return s.certified(r, at)
		}
		return nil, errNoCredentials
	}
	scheme, token, _ := strings.Cut(header, " ")
	if scheme, ok := negotiable(scheme); ok {
		return s.negotiate(w, r, at, scheme, token)
	}
	at.handshake, at.admitted = nil, nil
	if name, password, ok := r.BasicAuth(); ok && (at.secure || at.loopback) {
		id, err := s.opts.Users.Verify(r.Context(), auth.Logon{Name: name, Password: password, Peer: at.peer, Level: at.level()})
		if err != nil {
			return nil, s.fault(at, "Basic", err)
		}
		return at.complete(id), nil
	}
	return nil, errNoCredentials
}

// proxied reports whether a proxy has passed a request on, which may send those of
// several clients over one connection: then a handshake is good for the request that
// ends it, and no other (RFC 4559 6).
func proxied(r *http.Request) bool {
	for _, name := range []string{"Via", "Forwarded", "X-Forwarded-For"} {
		if len(r.Header[name]) > 0 {
			return true
		}
	}
	return false
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

// certified returns the user whom a certificate names. What was good when the
// connection began may be so no more.
func (s *Server) certified(r *http.Request, at *connection) (*wbem.Identity, error) {
	leaf, trust := r.TLS.PeerCertificates[0], at.trust.Get()
	name := leaf.Subject.CommonName
	serial := "certificate " + leaf.SerialNumber.Text(16)
	until, err := trust.verify(r.TLS.PeerCertificates, time.Now())
	if err == nil && strings.ContainsAny(name, `\/`) {
		err = errors.New("the common name of the certificate is no name of a user")
	}
	if err != nil {
		s.opts.Users.Refused(at.peer, serial+": "+err.Error())
		return nil, s.fault(at, "Certificate", err)
	}
	id, err := s.opts.Users.Vouched(auth.Logon{Name: name, Peer: at.peer, Level: levelPrivacy}, serial)
	if err != nil {
		return nil, s.fault(at, "Certificate", err)
	}
	h := &handshake{}
	if err := s.admit(at, h, id, until); err != nil {
		return nil, s.fault(at, "Certificate", err)
	}
	at.admitted = h.admitted
	at.admitted.trust = trust
	return h.admitted.id, nil
}

// fault counts a logon that has failed, and returns its error. Once there were too
// many on a connection that is closed.
func (s *Server) fault(at *connection, scheme string, err error) error {
	at.failures++
	s.metrics.logons.WithLabelValues(scheme).Inc()
	cause := err.Error()
	if status, ok := err.(wbem.Status); ok { // the audit log has it
		cause = status.Name()
	}
	s.refused("logon refused", "scheme", scheme, "peer", at.peer, "cause", cause)
	if errors.Is(err, wbem.ServerTooBusy) {
		return err
	}
	return wbem.AccessDenied
}

// onlyLocal hides something from all but the user of this process and the superuser,
// through the local socket. Its mode is no proof of that: between bind and chmod it
// is what the umask says, and others may have been let in on purpose.
func onlyLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if at, ok := r.Context().Value(connectionKey{}).(*connection); !ok || !at.owner {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// challenge refuses a request and says how to say who one is, or how to go on
// with that.
func (s *Server) challenge(w http.ResponseWriter, at *connection, err error) {
	h := w.Header()
	switch {
	case errors.Is(err, errContinue):
		w.WriteHeader(http.StatusUnauthorized)
		return
	case errors.Is(err, wbem.ServerTooBusy):
		h.Set("Retry-After", "1")
		http.Error(w, "Too many logons", http.StatusServiceUnavailable)
		return
	case at.local == nil && at.refused != nil:
		http.Error(w, "Forbidden", http.StatusForbidden)
		return
	}
	if at.failures >= maxFailures {
		h.Set("Connection", "close")
	}
	// Clients that know one scheme only may look at the first header only.
	if at.secure || at.loopback {
		h.Add("WWW-Authenticate", `Basic realm="OpenWMI", charset="UTF-8"`)
	}
	if s.opts.Users != nil {
		h.Add("WWW-Authenticate", "Negotiate")
	}
	if s.kerberos != nil {
		h.Add("WWW-Authenticate", "Kerberos")
	}
	// SBLIM's client leaves a body unread, takes it for the next answer, and then
	// sends its request a second time: there is none.
	w.WriteHeader(http.StatusUnauthorized)
}
