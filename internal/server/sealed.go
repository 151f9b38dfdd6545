package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"openwmi/wbem"
	"openwmi/wire/sealed"
)

// maxSealed is how many bytes a message has at most that is encrypted by itself,
// request or answer: it is in memory as a whole, more than once. Messages of
// WS-Management are far smaller.
const maxSealed = 16 << 20

// sealed decrypts requests that are encrypted with the session of the connection,
// and encrypts the answers. Where the listener says so it refuses all others but
// those that are empty because they only end a handshake.
func (s *Server) sealed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, ok := r.Context().Value(connectionKey{}).(*connection)
		switch {
		case !ok:
			next.ServeHTTP(w, r)
		case r.ContentLength != 0 && (sealed.Is(r.Header.Get("Content-Type")) || at.opens(r)):
			s.serveSealed(w, r, at, next)
		case r.ContentLength == 0 && r.Method == http.MethodPost && r.Header.Get("Authorization") != "":
			w.WriteHeader(http.StatusOK)
		case at.listener.Encrypted:
			refuseOpen(w)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// opens reports whether a request of a connection with a session is encrypted in
// spite of its Content-Type. It reads no further than that takes.
func (at *connection) opens(r *http.Request) bool {
	if at.admitted == nil || at.admitted.session == nil {
		return false
	}
	body := bufio.NewReaderSize(r.Body, len(sealed.Opening))
	start, _ := body.Peek(len(sealed.Opening)) // who reads the body gets the error
	r.Body = struct {
		io.Reader
		io.Closer
	}{body, r.Body}
	return string(start) == sealed.Opening
}

// unsealed refuses a protocol that cannot encrypt messages where that is needed.
func (s *Server) unsealed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if at, ok := r.Context().Value(connectionKey{}).(*connection); ok && at.listener.Encrypted {
			refuseOpen(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func refuseOpen(w http.ResponseWriter) {
	http.Error(w, "Only encrypted messages of WS-Management are taken here", http.StatusForbidden)
}

// serveSealed decrypts a request and encrypts its answer. After a message that is
// not what the client has sent the connection is of no use.
func (s *Server) serveSealed(w http.ResponseWriter, r *http.Request, at *connection, next http.Handler) {
	refuse := func(status int, err error) {
		at.admitted = nil
		s.refused("sealed message refused", "peer", at.peer, "cause", err)
		w.Header().Set("Connection", "close")
		http.Error(w, http.StatusText(status), status)
	}
	if at.admitted == nil || at.admitted.session == nil {
		refuse(http.StatusBadRequest, errors.New("the connection has no session"))
		return
	}
	session := at.admitted.session
	body, err := io.ReadAll(io.LimitReader(r.Body, maxSealed+1))
	switch {
	case errors.Is(err, errNoRoom):
		w.Header().Set("Retry-After", retryAfter)
		refuse(http.StatusServiceUnavailable, err)
		return
	case err != nil:
		refuse(http.StatusBadRequest, err)
		return
	case len(body) > maxSealed:
		refuse(http.StatusRequestEntityTooLarge, fmt.Errorf("it has more than %d bytes", maxSealed))
		return
	}
	m, err := sealed.Open(session, r.Header.Get("Content-Type"), body)
	if err != nil {
		refuse(http.StatusBadRequest, err)
		return
	}
	id, err := s.identity(r)
	if err != nil {
		refuse(http.StatusUnauthorized, err)
		return
	}
	private := *id
	private.Level = levelPrivacy
	plain := r.WithContext(context.WithValue(r.Context(), passageKey{}, &passage{passageOf(r.Context()).protocol, &private}))
	plain.Header = r.Header.Clone()
	plain.Header.Set("Content-Type", m.Type)
	plain.Body, plain.ContentLength = io.NopCloser(bytes.NewReader(m.Body)), int64(len(m.Body))
	answer := &sealedWriter{header: w.Header(), status: http.StatusOK}
	next.ServeHTTP(answer, plain)

	answer.body, err = answer.seal(session, m)
	if err != nil {
		refuse(http.StatusInternalServerError, err)
		return
	}
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body)
}

// A sealedWriter keeps an answer until it is whole.
type sealedWriter struct {
	header http.Header
	status int
	body   []byte
	err    error
}

func (w *sealedWriter) Header() http.Header { return w.header }

func (w *sealedWriter) WriteHeader(status int) { w.status = status }

var errLong = fmt.Errorf("the answer has more than %d bytes: %w", maxSealed, wbem.QuotaViolation)

func (w *sealedWriter) Write(p []byte) (int, error) {
	if len(w.body)+len(p) > maxSealed {
		w.err = errLong
		return 0, errLong
	}
	w.body = append(w.body, p...)
	return len(p), nil
}

// seal returns the answer encrypted, in the form of the request, and sets its
// header.
func (w *sealedWriter) seal(session sealed.Session, request sealed.Message) ([]byte, error) {
	if w.err != nil || len(w.body) == 0 {
		return nil, w.err
	}
	m := sealed.Message{Protocol: request.Protocol, Flush: request.Flush, Type: w.header.Get("Content-Type"), Body: w.body}
	contentType, body, err := m.Seal(session)
	if err != nil {
		return nil, err
	}
	w.header.Set("Content-Type", contentType)
	w.header.Set("Content-Length", strconv.Itoa(len(body))) // libmi takes no chunks
	return body, nil
}
