package compile

import (
	"context"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// A namespace is a session with one, and what is known of its content.
type namespace struct {
	wbem.Services
	path string

	// qualifiers has the declarations that the namespace keeps, by folded name,
	// and rules what they mean. keeper is nil if it keeps none.
	keeper     wbem.QualifierStore
	qualifiers map[string]*cim.QualifierDecl
	rules      map[string]rule

	classes  map[string]*cim.Class // by name as it was asked for
	terminal map[string]bool       // whether a class is Terminal, likewise
	changed  bool                  // something was stored
}

// namespaces connects to namespaces when something is first stored in them.
type namespaces struct {
	ctx     context.Context
	locator wbem.Locator
	opts    *Options
	open    map[string]*namespace // by folded path
	last    *namespace
	lastFor string
}

// get returns the namespace with a path: InvalidNamespace if it is missing.
func (n *namespaces) get(path string) (*namespace, error) {
	if n.last != nil && n.lastFor == path {
		return n.last, nil
	}
	key := cim.Fold(path)
	ns := n.open[key]
	if ns == nil {
		svc, err := n.connect(path)
		if cim.StatusOf(err) == wbem.InvalidNamespace && n.opts.CreateNamespace && cim.EqualNames(path, n.opts.Namespace) {
			if err = n.create(path); err == nil {
				svc, err = n.connect(path)
			}
		}
		if err != nil {
			return nil, err
		}
		ns = &namespace{Services: svc, path: path, classes: map[string]*cim.Class{}, terminal: map[string]bool{}}
		n.open[key] = ns
		if err := ns.readQualifiers(n.ctx); err != nil {
			return nil, err
		}
	}
	n.last, n.lastFor = ns, path
	return ns, nil
}

func (n *namespaces) connect(path string) (wbem.Services, error) {
	return n.locator.Connect(n.ctx, n.opts.remote+path, n.opts.Connect)
}

// create creates a namespace with those above it that are missing too.
func (n *namespaces) create(path string) error {
	above, name, ok := cutLast(path)
	if !ok {
		return cim.Errorf(wbem.InvalidNamespace, "there is no namespace %s", path)
	}
	svc, err := n.connect(above)
	if cim.StatusOf(err) == wbem.InvalidNamespace {
		if err = n.create(above); err == nil {
			svc, err = n.connect(above)
		}
	}
	if err != nil {
		return err
	}
	defer svc.Close()
	c, err := svc.GetClass(n.ctx, "__Namespace", wbem.Options{})
	if err != nil {
		return err
	}
	inst := cim.NewInstance(c)
	if err := inst.Set("Name", cim.StringValue(name)); err != nil {
		return err
	}
	_, err = svc.PutInstance(n.ctx, inst, wbem.Options{Flags: wbem.CreateOnly})
	if cim.StatusOf(err) == wbem.AlreadyExists {
		return nil // somebody else was faster
	}
	return err
}

func cutLast(path string) (above, name string, ok bool) {
	i := strings.LastIndexByte(path, '\\')
	if i < 0 {
		return "", "", false
	}
	return path[:i], path[i+1:], true
}

// forget closes the sessions, after namespaces were deleted.
func (n *namespaces) forget() error {
	err := n.flush()
	for _, ns := range n.open {
		ns.Close()
	}
	clear(n.open)
	n.last = nil
	return err
}

// flush makes durable what was stored.
func (n *namespaces) flush() error {
	for _, ns := range n.open {
		f, ok := ns.Services.(wbem.Flusher)
		if !ok || !ns.changed {
			continue
		}
		// Also when the compile was cancelled: what was stored stays.
		if err := f.Flush(context.WithoutCancel(n.ctx)); err != nil {
			return err
		}
		ns.changed = false
	}
	return nil
}

func (ns *namespace) readQualifiers(ctx context.Context) error {
	keeper, ok := ns.Services.(wbem.QualifierStore)
	if !ok {
		return nil
	}
	ns.qualifiers, ns.rules = map[string]*cim.QualifierDecl{}, map[string]rule{}
	for d, err := range keeper.Qualifiers(ctx) {
		switch cim.StatusOf(err) {
		case cim.OK:
			ns.keep(d)
		case wbem.NotSupported, wbem.NotAvailable, wbem.AccessDenied:
			return nil
		default:
			return err
		}
	}
	ns.keeper = keeper
	return nil
}

func (ns *namespace) keep(d *cim.QualifierDecl) {
	key := cim.Fold(d.Name)
	ns.qualifiers[key] = d
	ns.rules[key] = ruleOf(d)
}

// class returns a class of the namespace: NotFound if it has none of that name.
func (ns *namespace) class(ctx context.Context, name string) (*cim.Class, error) {
	if c := ns.classes[name]; c != nil {
		return c, nil
	}
	c, err := ns.GetClass(ctx, name, wbem.Options{})
	if err != nil {
		return nil, err
	}
	ns.classes[name] = c
	return c, nil
}

// isTerminal reports whether a class is there that can have no subclass.
func (ns *namespace) isTerminal(ctx context.Context, name string) (bool, error) {
	terminal, ok := ns.terminal[name]
	if ok {
		return terminal, nil
	}
	c, err := ns.class(ctx, name)
	switch cim.StatusOf(err) {
	case cim.OK:
		terminal = c.Qualifiers().True("Terminal")
	case wbem.NotFound:
		return false, nil // the put says so
	default:
		return false, err
	}
	ns.terminal[name] = terminal
	return terminal, nil
}
