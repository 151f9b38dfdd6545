package plugin

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// What stands in CLSID of a __Win32Provider before where its program is:
// its name in the configuration, its file, its socket. system-classes.md 4
const (
	nameLocator   = "go-plugin:"
	fileLocator   = "exec:"
	socketLocator = "grpc:unix:"
)

// A Host has the programs of a configuration. It may be used by several
// goroutines.
type Host struct {
	config map[string]Program // by folded name
	log    *slog.Logger

	mu       sync.Mutex // guards what follows
	quotas   provider.HostQuotas
	programs map[programKey]*program
	running  int         // processes that were started, from before their start to after their end
	monitor  *time.Timer // of the next check; nil while nothing runs
	closed   bool
}

// A programKey says which process it is: programs of the same group are one.
type programKey struct{ name, group string }

var _ provider.Host = (*Host)(nil)

// NewHost returns the host of the programs in a configuration, none of which it
// starts. The error says what is wrong with the configuration. What programs
// say on their standard error, how they start and end, goes to log; nil drops it.
func NewHost(c Config, log *slog.Logger) (*Host, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	checked, err := c.checked()
	if err != nil {
		return nil, err
	}
	return &Host{config: checked, log: log, quotas: provider.DefaultHostQuotas(), programs: map[programKey]*program{}}, nil
}

// Limit implements provider.Host. Programs that run already keep their limits.
func (h *Host) Limit(q provider.HostQuotas) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.quotas = q
}

// Resolve implements provider.Host. The error is ProviderLoadFailure for what the
// configuration does not list. A CLSID that is none of go-plugin:NAME, exec:FILE
// and grpc:unix:SOCKET is the name of a program, or else Name is.
func (h *Host) Resolve(l provider.Locator) (any, error) {
	name, cfg, err := h.find(l)
	if err == nil && l.Decoupled && cfg.Socket == "" {
		err = fmt.Errorf("provider %s is decoupled and runs already: the configuration has no socket for it", l.Name)
	}
	if err != nil {
		return nil, cim.Errorf(wbem.ProviderLoadFailure, "%v", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, wbem.ShuttingDown
	}
	key := programKey{name, l.Group}
	if cfg.Socket != "" {
		key.group = "" // there is just one
	}
	p := h.programs[key]
	if p == nil {
		p = newProgram(h, key, cfg)
		h.programs[key] = p
	}
	return opener{p}, nil
}

// find returns the program that a locator means, by its folded name.
func (h *Host) find(l provider.Locator) (string, Program, error) {
	locator := cim.Fold(l.CLSID)
	after := func(prefix string) (string, bool) {
		if !strings.HasPrefix(locator, cim.Fold(prefix)) {
			return "", false
		}
		return l.CLSID[len(prefix):], true
	}
	if path, ok := after(fileLocator); ok {
		return h.listed("program", path, func(p *Program) bool { return p.Path == filepath.Clean(path) })
	}
	if path, ok := after(socketLocator); ok {
		return h.listed("socket", path, func(p *Program) bool { return p.Socket != "" && filepath.Clean(p.Socket) == filepath.Clean(path) })
	}
	names := []string{l.CLSID, l.Name}
	if name, ok := after(nameLocator); ok {
		names = []string{name}
	}
	for _, name := range names {
		if cfg, ok := h.config[cim.Fold(name)]; ok {
			return cim.Fold(name), cfg, nil
		}
	}
	if len(names) == 1 {
		return "", Program{}, fmt.Errorf("the configuration has no program %.200q", names[0])
	}
	return "", Program{}, fmt.Errorf("provider %s is registered but not there: it is not built in, and the configuration has no program of that name", l.Name)
}

// listed returns the only program of the configuration that matches.
func (h *Host) listed(kind, path string, match func(*Program) bool) (found string, cfg Program, err error) {
	for name, p := range h.config {
		if !match(&p) {
			continue
		}
		if found != "" {
			return "", cfg, fmt.Errorf("the configuration has the %s %.200q several times: %s would say which", kind, path, nameLocator+"NAME")
		}
		found, cfg = name, p
	}
	if found == "" {
		err = fmt.Errorf("the configuration does not allow the %s %.200q", kind, path)
	}
	return found, cfg, err
}

// Close ends all programs, with their process groups, and waits for that. Calls
// that run fail. The object manager that has the host is closed before.
func (h *Host) Close() error {
	h.mu.Lock()
	h.closed = true
	programs := slices.Collect(maps.Values(h.programs))
	if h.monitor != nil {
		h.monitor.Stop()
	}
	h.mu.Unlock()
	var group sync.WaitGroup
	for _, p := range programs {
		group.Go(p.close)
	}
	group.Wait()
	return nil
}

// An opener opens a program for namespaces.
type opener struct{ program *program }

var _ provider.Opener = opener{}

// Open implements provider.Opener. It starts the program: ProviderLoadFailure. The
// program itself opens what it serves with the first call.
func (o opener) Open(ctx context.Context, env *provider.Environment) (any, error) {
	proc, err := o.program.acquire(ctx)
	if err != nil {
		return nil, err
	}
	o.program.open()
	o.program.leave(proc)
	return &remote{program: o.program, env: env}, nil
}

// classIDs number the classes of a connection. A number never comes to mean
// another class; one that has been forgotten gets a new one.
type classIDs struct {
	mu   sync.Mutex // guards what follows
	ids  map[*cim.Class]uint64
	last uint64
}

// The numbers that mean the parameters and the result of the method that is
// called, and the last that has such a meaning.
const (
	inClass  = 1
	outClass = 2
	lastFix  = 15
)

// maxClasses is how many classes a connection remembers, on either side.
const maxClasses = 4096

func newClassIDs() *classIDs { return &classIDs{ids: map[*cim.Class]uint64{}, last: lastFix} }

// newSharedIDs returns the numbers for a program that outlives the connection, and
// remembers classes of earlier ones: it begins where those hardly were.
func newSharedIDs() *classIDs {
	n := newClassIDs()
	n.last += rand.Uint64N(1 << 62)
	return n
}

func (n *classIDs) id(c *cim.Class) uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	id, ok := n.ids[c]
	if !ok {
		if len(n.ids) >= maxClasses {
			clear(n.ids)
		}
		n.last++
		id = n.last
		n.ids[c] = id
	}
	return id
}

// incapable is what a call returns that the program does not take.
func (p *program) incapable() error {
	return cim.Errorf(wbem.ProviderNotCapable, "program %s does not support that", p.name)
}
