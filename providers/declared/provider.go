package declared

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"

	"openwmi/cim"
	"openwmi/internal/child"
	"openwmi/provider"
	"openwmi/wbem"
)

// Name is that under which classes register the provider.
const Name = "OpenWMI_Declared"

// Options of a Provider. The zero value is good.
type Options struct {
	Logger *slog.Logger // nil discards
}

// A Provider supplies the classes that name it. It may be used by several
// goroutines.
type Provider struct {
	config Config
	log    *slog.Logger
	env    []string
	slots  chan struct{} // has an element for each program that runs

	mu           sync.Mutex              // guards declarations
	declarations map[string]*declaration // by namespace and folded name; of the class that was seen last
}

var _ interface {
	provider.InstanceEnumerator
	provider.InstanceGetter
	provider.InstanceQuerier
} = (*Provider)(nil)

// New returns the provider; nil is a configuration that allows nothing. The error
// is that of Config.Check.
func New(c *Config, o Options) (*Provider, error) {
	if c == nil {
		c = &Config{}
	}
	if err := c.Check(); err != nil {
		return nil, err
	}
	variables := map[string]string{"LC_ALL": "C"}
	maps.Copy(variables, c.Environment)
	p := &Provider{config: c.completed(), log: o.Logger, env: child.Env(nil, variables), declarations: map[string]*declaration{}}
	p.slots = make(chan struct{}, p.config.MaxProcesses)
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	return p, nil
}

// declaration returns what a class says.
func (p *Provider) declaration(r *provider.Request) (*declaration, error) {
	name := cim.Fold(r.Namespace + ":" + r.Class.Name())
	p.mu.Lock()
	d := p.declarations[name]
	p.mu.Unlock()
	if d == nil || d.class != r.Class {
		var err error
		if d, err = declare(r.Class, &p.config); err != nil {
			return nil, err
		}
		p.mu.Lock()
		p.declarations[name] = d
		p.mu.Unlock()
	}
	return d, nil
}

// Instances implements provider.InstanceEnumerator.
func (p *Provider) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return p.QueryInstances(ctx, r, &provider.Query{})
}

// QueryInstances implements provider.InstanceQuerier: keys that Lookup wants are
// pushed down.
func (p *Provider) QueryInstances(ctx context.Context, r *provider.Request, q *provider.Query) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		err := p.query(ctx, r, q, func(inst *cim.Instance) error {
			if !yield(inst, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && err != errEnough {
			yield(nil, err)
		}
	}
}

// GetInstance implements provider.InstanceGetter.
func (p *Provider) GetInstance(ctx context.Context, r *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	q := &provider.Query{}
	for _, k := range r.Class.Keys() {
		q.Conditions = append(q.Conditions, provider.Condition{Property: r.Class.Properties()[k].Name(), In: []cim.Value{key.At(k)}})
	}
	var found *cim.Instance
	err := p.query(ctx, r, q, func(inst *cim.Instance) error {
		if slices.ContainsFunc(r.Class.Keys(), func(k int) bool { return !inst.At(k).EqualFold(key.At(k)) }) {
			return nil
		}
		found = inst
		return errEnough
	})
	switch {
	case found != nil:
		return found, nil
	case err != nil:
		return nil, err
	}
	return nil, wbem.NotFound
}

// query hands over at least what a query wants.
func (p *Provider) query(ctx context.Context, r *provider.Request, q *provider.Query, use func(*cim.Instance) error) error {
	d, err := p.declaration(r)
	if err != nil {
		return err
	}
	keys, ok := d.lookups(q)
	if !ok {
		return p.within(d, p.all(ctx, d, use))
	}
	for _, k := range keys {
		args, err := d.arguments(k)
		if err == nil {
			err = p.allow(args, d.lookup)
		}
		if err == nil {
			err = p.read(ctx, d, args, func(inst *cim.Instance) error {
				for at, v := range k {
					if !inst.At(at).EqualFold(v) {
						return nil
					}
				}
				return use(inst)
			})
		}
		var failed *exitError
		if errors.As(err, &failed) && failed.rows == 0 {
			p.log.Info("a lookup found nothing", "class", d.class.Name(), "args", args, "err", err)
			err = nil
		}
		if err != nil {
			return p.within(d, err)
		}
	}
	return nil
}

// within adds the class to an error that is not for callers.
func (p *Provider) within(d *declaration, err error) error {
	var text *textError
	var exit *exitError
	if errors.As(err, &text) && cim.StatusOf(text.err) == wbem.QuotaViolation {
		return cim.Errorf(wbem.QuotaViolation, "%v", text)
	}
	if errors.As(err, &text) || errors.As(err, &exit) {
		return fmt.Errorf("class %s: %s", d.class.Name(), err)
	}
	return err
}

// all hands over all instances.
func (p *Provider) all(ctx context.Context, d *declaration, use func(*cim.Instance) error) error {
	if d.command != nil {
		if err := p.allow(d.command, d.command); err != nil {
			return err
		}
	}
	if d.cache == nil {
		return p.read(ctx, d, d.command, use)
	}
	rows, err := d.cache.get(ctx, func() ([]*cim.Instance, error) {
		var rows []*cim.Instance
		err := p.read(ctx, d, d.command, func(inst *cim.Instance) error {
			rows = append(rows, inst)
			return nil
		})
		return rows, err
	})
	if err != nil {
		return err
	}
	for _, inst := range rows {
		if err := use(inst.Clone()); err != nil {
			return err
		}
	}
	return nil
}

// allow returns AccessDenied for a command that must not be run; declared is what
// the class has.
func (p *Provider) allow(args, declared []string) error {
	if p.config.mayRun(declared) {
		return nil
	}
	return cim.Errorf(wbem.AccessDenied, "the configuration does not list the program %s", args[0])
}

// maxLookups is up to how many instances are looked up one by one.
const maxLookups = 64

// lookups returns the keys to look up, by their place in the class; ok is false if
// everything has to be read.
func (d *declaration) lookups(q *provider.Query) (keys []map[int]cim.Value, ok bool) {
	if d.lookup == nil {
		return nil, false
	}
	keys = []map[int]cim.Value{{}}
	for _, at := range d.slots {
		if at < 0 || keys[0][at].Type() != 0 {
			continue
		}
		values, ok := q.Values(d.class.Properties()[at].Name())
		if !ok || len(keys)*len(values) > maxLookups {
			return nil, false
		}
		var product []map[int]cim.Value
		for _, k := range keys {
			for _, v := range values {
				more := maps.Clone(k)
				more[at] = v
				product = append(product, more)
			}
		}
		if keys = product; len(keys) == 0 {
			return nil, true
		}
	}
	return keys, true
}

// maxArgument bounds the value of a key that is an argument, in bytes.
const maxArgument = 4096

// arguments returns the command that looks up what has some keys.
func (d *declaration) arguments(keys map[int]cim.Value) ([]string, error) {
	args := slices.Clone(d.lookup)
	for i, at := range d.slots {
		if at < 0 {
			continue
		}
		text := keys[at].String()
		if keys[at].Type().IsText() {
			text = keys[at].Text()
		}
		// What begins with a hyphen would be an option.
		if text == "" || text[0] == '-' || len(text) > maxArgument || strings.Contains(text, "\x00") {
			return nil, cim.Errorf(wbem.InvalidParameter, "%.60q cannot be looked up as %s", text, d.class.Properties()[at].Name())
		}
		args[i] = text
	}
	return args, nil
}
