package plugin

import (
	"context"
	"log/slog"
	"sync"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// Locator is what stands before the name of a program in CLSID of its
// __Win32Provider. system-classes.md 4
const Locator = "go-plugin:"

// A Host has the programs of a configuration. It may be used by several
// goroutines.
type Host struct {
	programs []*program
	values   map[string]any
}

// NewHost returns the host of the programs in a configuration, none of which it
// starts. The error says what is wrong with the configuration. What programs
// say on their standard error, how they start and end, goes to log; nil drops it.
func NewHost(c Config, log *slog.Logger) (*Host, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	if _, err := c.checked(); err != nil {
		return nil, err
	}
	h := &Host{values: map[string]any{}}
	for name, cfg := range c {
		cfg, err := cfg.check()
		if err != nil {
			return nil, err
		}
		p := newProgram(name, cfg, log)
		h.programs = append(h.programs, p)
		h.values[name] = opener{p}
		h.values[Locator+name] = opener{p}
	}
	return h, nil
}

// Providers returns a value for each program, under its name alone and with
// Locator before it, as cimom.Options.Providers takes them. Each is a
// provider.Opener.
func (h *Host) Providers() map[string]any { return h.values }

// Close ends all programs, with their process groups, and waits for that. Calls
// that run fail. The object manager that has the values is closed before.
func (h *Host) Close() error {
	var group sync.WaitGroup
	for _, p := range h.programs {
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
