package kerberos

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/keytab"

	"openwmi/internal/auth/kept"
)

// skew is by how much the clock of a client may differ. RFC 4120 8.2
const skew = 5 * time.Minute

// A Service is what has a key. It may be used by several goroutines.
type Service struct {
	keys    *kept.Value[*keytab.Keytab]
	replays replays
}

// NewService returns a service with the keys in a keytab file, which is read again
// when it changes; log receives that, and why it cannot be. The error says why it
// cannot be read at first, or that it has no keys of AES.
func NewService(file string, log *slog.Logger) (*Service, error) {
	keys, err := kept.Read("keys of Kerberos", log, parseKeytab, file)
	if err != nil {
		return nil, err
	}
	return &Service{keys: keys}, nil
}

// Reread reads the keys again, see kept.Value.
func (s *Service) Reread() (changed bool, err error) { return s.keys.Reread() }

func parseKeytab(texts [][]byte) (*keytab.Keytab, string, error) {
	t := keytab.New()
	if err := guard(func() error { return t.Unmarshal(texts[0]) }); err != nil {
		return nil, "", err
	}
	if !hasStrong(t) {
		return nil, "", errors.New("there are no keys of AES")
	}
	return t, fmt.Sprintf("%d keys", len(t.Entries)), nil
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
	var realms []string
	for _, e := range s.keys.Get().Entries {
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
