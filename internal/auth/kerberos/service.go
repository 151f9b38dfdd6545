package kerberos

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/keytab"
)

// skew is by how much the clock of a client may differ. RFC 4120 8.2
const skew = 5 * time.Minute

// A Service is what has a key. It may be used by several goroutines.
type Service struct {
	name    string
	log     *slog.Logger
	replays replays

	mu     sync.Mutex // guards what follows
	table  *keytab.Keytab
	stamp  time.Time // of the file when it was read
	failed string    // why it could not be read again
}

// NewService returns a service with the keys in a keytab file, which is read again
// when it changes; if that cannot be done any more, log receives why. The error
// says why it cannot be read at first, or that it has no keys of AES.
func NewService(file string, log *slog.Logger) (*Service, error) {
	s := &Service{name: file, log: log}
	if _, err := s.keys(); err != nil {
		return nil, err
	}
	return s, nil
}

// keys returns the keys as the file has them, or as it had them before it became
// bad.
func (s *Service) keys() (*keytab.Keytab, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Stat(s.name)
	if err == nil && s.table != nil && info.ModTime().Equal(s.stamp) {
		return s.table, nil
	}
	var t *keytab.Keytab
	if err == nil {
		err = guard(func() (err error) {
			t, err = keytab.Load(s.name)
			return err
		})
	}
	if err == nil && !hasStrong(t) {
		err = fmt.Errorf("%s has no keys of AES", s.name)
	}
	switch {
	case err == nil:
		s.table, s.stamp, s.failed = t, info.ModTime(), ""
	case s.table == nil:
		return nil, err
	case s.failed != err.Error():
		s.failed = err.Error()
		s.log.Warn("the keys of Kerberos cannot be read again: the old ones stay in use", "file", s.name, "cause", err)
	}
	return s.table, nil
}

func hasStrong(t *keytab.Keytab) bool {
	for _, e := range t.Entries {
		if strong(e.Key.KeyType) {
			return true
		}
	}
	return false
}

// Realms returns the realms of the keys.
func (s *Service) Realms() []string {
	t, err := s.keys()
	if err != nil {
		return nil
	}
	var realms []string
	for _, e := range t.Entries {
		if !slices.Contains(realms, e.Principal.Realm) {
			realms = append(realms, e.Principal.Realm)
		}
	}
	return realms
}

// replays are the tokens that were used already, as long as they could be again.
type replays struct {
	mu   sync.Mutex // guards what follows
	seen map[[sha256.Size]byte]time.Time
	tidy time.Time // when old ones were dropped
}

// maxReplays is how many tokens are remembered. They are of clients with tickets;
// when there are so many within minutes, further ones have to wait.
const maxReplays = 1 << 18

// first reports whether a token is used for the first time, and remembers it.
func (r *replays) first(token []byte, until, now time.Time) bool {
	id := sha256.Sum256(token)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[[sha256.Size]byte]time.Time{}
	}
	if now.Sub(r.tidy) > skew {
		r.tidy = now
		for id, until := range r.seen {
			if now.After(until) {
				delete(r.seen, id)
			}
		}
	}
	if _, used := r.seen[id]; used || len(r.seen) >= maxReplays {
		return false
	}
	r.seen[id] = until
	return true
}

// User returns the name of the user of a store that a principal is: that before
// the @, if it is in one of the realms and has no parts.
func (p Principal) User(realms []string) (string, bool) {
	return p.Name, slices.Contains(realms, p.Realm) && !strings.ContainsAny(p.Name, `/\@`)
}
