package cimom

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// A registration is what a namespace says of one provider (system-classes.md 4
// and 9). It never changes, but for what was found out about it.
type registration struct {
	name, clsid        string // of the __Win32Provider
	perLocale, perUser bool
	pure               bool // may be closed when nobody has used it for a while
	reentrancy         int64
	model              hostingModel
	err                error // why it must not be used, nil as a rule

	mu       sync.Mutex // guards resolved
	resolved any        // what the host has found, nil if it was not asked

	instances  *abilities         // nil without an __InstanceProviderRegistration
	properties *propertyAbilities // nil without a __PropertyProviderRegistration
	methods    bool               // there is a __MethodProviderRegistration
	events     []string           // EventQueryList of an __EventProviderRegistration
}

// What InitializationReentrancy lets run at once: one opening of the provider, one
// in each namespace, or all.
const (
	perProvider  = 0
	perNamespace = 1
	unlimited    = 2
)

// incapable is what an operation on a class returns that the provider does not
// support.
func (r *registration) incapable(c *cim.Class) error {
	if c == nil {
		return cim.Errorf(wbem.ProviderNotCapable, "provider %s does not support that", r.name)
	}
	return cim.Errorf(wbem.ProviderNotCapable, "provider %s does not support that for %s", r.name, c.Name())
}

// registrations are those of a namespace.
type registrations struct {
	named     map[string]*registration // by folded name of the provider
	consumers map[string]*registration // by folded name of a class of logical consumers
}

// abilities are what an __InstanceProviderRegistration allows.
type abilities struct {
	get, put, delete, enumerate bool
	query                       bool // WQL:UnarySelect
	push                        bool // the instances are in the repository
	err                         error
}

// propertyAbilities are what a __PropertyProviderRegistration allows.
type propertyAbilities struct{ get, put bool }

// A space is what is known of the providers and dynamic classes of a namespace.
type space struct {
	registrations atomic.Pointer[registrations]  // nil until read
	classes       atomic.Pointer[dynamicClasses] // nil until asked for
}

// forget makes the next call read the registrations anew, in all namespaces. It
// is called after every change of one, and when a namespace was deleted.
func (p *providers) forget() { p.spaces.Store(new(sync.Map)) }

// space returns what is known of a namespace. What is read from the store and
// kept in it is never older than the last call of forget before.
func (p *providers) space(ns *repository.Namespace) *space {
	all := p.spaces.Load()
	sp, ok := all.Load(ns)
	if !ok {
		sp, _ = all.LoadOrStore(ns, new(space))
	}
	return sp.(*space)
}

// changed is called after the instance of a class at a path was written or
// deleted.
func (p *providers) changed(ns *repository.Namespace, c *cim.Class, path cim.Path) {
	switch {
	case !cim.IsSystemName(c.Dynasty()): // as a rule
	case c.IsA("__Provider"):
		p.forget()
		p.events.changed(ns)
		name := cim.Fold(path.Keys[0].Text)
		p.drop(func(k openedKey, _ *opened) bool { return k.ns == ns && k.name == name })
	case c.IsA("__ProviderRegistration"):
		p.forget()
		p.events.changed(ns)
	case c.IsA("__Namespace"):
		p.forget()
		p.events.deleted()
		p.drop(func(k openedKey, _ *opened) bool { return isGone(k.ns) })
	}
}

// isGone reports whether a namespace has been deleted.
func isGone(ns *repository.Namespace) bool {
	_, err := ns.Generation()
	return cim.StatusOf(err) == wbem.InvalidNamespace
}

// registration returns that of the named provider: ProviderNotFound.
func (p *providers) registration(ctx context.Context, ns *repository.Namespace, name string) (*registration, error) {
	if name == "" {
		return nil, wbem.ProviderNotFound
	}
	all, err := p.registrations(ctx, ns)
	if err != nil {
		return nil, err
	}
	r := all.named[cim.Fold(name)]
	if r == nil {
		return nil, cim.Errorf(wbem.ProviderNotFound, "provider %.100q is not registered in %s", name, ns.Path())
	}
	return r, nil
}

// registrations returns those of a namespace.
func (p *providers) registrations(ctx context.Context, ns *repository.Namespace) (*registrations, error) {
	sp := p.space(ns)
	if all := sp.registrations.Load(); all != nil {
		return all, nil
	}
	all, err := p.readRegistrations(ctx, ns)
	if err == nil {
		sp.registrations.Store(all)
	}
	return all, err
}

func (p *providers) readRegistrations(ctx context.Context, ns *repository.Namespace) (*registrations, error) {
	all := &registrations{named: map[string]*registration{}, consumers: map[string]*registration{}}
	for inst, err := range ns.Instances(ctx, "__Win32Provider", true) {
		if err != nil {
			return nil, err
		}
		r := newRegistration(inst)
		all.named[cim.Fold(r.name)] = r
	}
	for inst, err := range ns.Instances(ctx, "__ProviderRegistration", true) {
		if err != nil {
			return nil, err
		}
		name, err := registered(ns, inst)
		r := all.named[cim.Fold(name)]
		if err != nil || r == nil {
			p.m.log.Warn("a registration is of no provider", "namespace", ns.Path(), "provider", text(inst, "provider"), "error", err)
			continue
		}
		switch {
		case inst.Class().IsA("__InstanceProviderRegistration"):
			r.instances = newAbilities(inst)
		case inst.Class().IsA("__PropertyProviderRegistration"):
			r.properties = &propertyAbilities{get: isTrue(inst, "SupportsGet"), put: isTrue(inst, "SupportsPut")}
		case inst.Class().IsA("__MethodProviderRegistration"):
			r.methods = true
		case inst.Class().IsA("__EventProviderRegistration"):
			queries, _ := inst.Get("EventQueryList")
			r.events = queries.Texts()
		case inst.Class().IsA("__EventConsumerProviderRegistration"):
			classes, _ := inst.Get("ConsumerClassNames")
			for _, c := range classes.Texts() {
				all.consumers[cim.Fold(c)] = r
			}
		}
	}
	return all, nil
}

// registered returns the name of the provider that a registration is of.
func registered(ns *repository.Namespace, inst *cim.Instance) (string, error) {
	path, err := cim.ParsePath(text(inst, "provider"))
	switch {
	case err != nil:
		return "", err
	case path.Namespace != "" && !cim.EqualNames(path.Namespace, ns.Path()):
		return "", cim.Errorf(wbem.InvalidProviderRegistration, "the provider is in another namespace")
	}
	c, err := ns.Class(path.Class)
	if err == nil && !c.IsA("__Provider") {
		err = cim.Errorf(wbem.InvalidProviderRegistration, "%s is no class of providers", c.Name())
	}
	if err != nil {
		return "", err
	}
	keys, err := cim.KeyValues(c, path)
	if err != nil {
		return "", err
	}
	return keys[0].Text(), nil
}

// newRegistration reads an instance of __Win32Provider.
func newRegistration(inst *cim.Instance) *registration {
	r := &registration{
		name: text(inst, "Name"), clsid: text(inst, "CLSID"),
		perLocale: isTrue(inst, "PerLocaleInitialization"), perUser: isTrue(inst, "PerUserInitialization"),
		pure: !isFalse(inst, "Pure"),
	}
	var err error
	r.model, err = parseHostingModel(text(inst, "HostingModel"))
	reentrancy, _ := inst.Get("InitializationReentrancy")
	r.reentrancy = reentrancy.Int()
	version, _ := inst.Get("Version")
	switch {
	case isFalse(inst, "Enabled"):
		r.err = cim.Errorf(wbem.ProviderDisabled, "provider %s is not enabled", r.name)
	case err != nil:
		r.err = cim.Errorf(cim.StatusOf(err), "provider %s: %v", r.name, err)
	case r.reentrancy < perProvider || r.reentrancy > unlimited:
		r.err = cim.Errorf(wbem.InvalidProviderRegistration, "provider %s: InitializationReentrancy is %d", r.name, r.reentrancy)
	case !version.IsNull() && version.Uint() != 1 && version.Uint() != 2:
		r.err = cim.Errorf(wbem.InvalidProviderRegistration, "provider %s: Version is %d", r.name, version.Uint())
	case text(inst, "DefaultMachineName") != "":
		r.err = cim.Errorf(wbem.NotSupported, "provider %s is on another computer", r.name)
	}
	return r
}

// newAbilities reads an instance of __InstanceProviderRegistration.
func newAbilities(inst *cim.Instance) *abilities {
	a := &abilities{
		get: isTrue(inst, "SupportsGet"), put: isTrue(inst, "SupportsPut"), delete: isTrue(inst, "SupportsDelete"),
		enumerate: isTrue(inst, "SupportsEnumeration"),
	}
	levels, _ := inst.Get("QuerySupportLevels")
	a.query = slices.ContainsFunc(levels.Texts(), func(l string) bool { return strings.EqualFold(l, "WQL:UnarySelect") })
	interaction, _ := inst.Get("InteractionType")
	switch interaction.Int() {
	case 0:
	case 1:
		a.push = true
	default:
		a.err = cim.Errorf(wbem.InvalidProviderRegistration, "%s: InteractionType %d is not supported", text(inst, "provider"), interaction.Int())
	}
	return a
}

func text(inst *cim.Instance, name string) string {
	v, _ := inst.Get(name)
	return v.Text()
}

// isFalse reports whether a property is there and FALSE, for those that are TRUE
// while they are NULL.
func isFalse(inst *cim.Instance, name string) bool {
	v, _ := inst.Get(name)
	return !v.IsNull() && !v.Bool()
}

func isTrue(inst *cim.Instance, name string) bool {
	v, _ := inst.Get(name)
	return v.Bool()
}

// defect returns what is wrong with an instance that registers a provider, as
// far as it alone shows: InvalidProviderRegistration. It is nil for all other
// instances.
func defect(inst *cim.Instance) error {
	c := inst.Class()
	switch {
	case c == nil || !cim.IsSystemName(c.Dynasty()): // as a rule
		return nil
	case c.IsA("__Win32Provider"):
		if err := newRegistration(inst).err; cim.StatusOf(err) == wbem.InvalidProviderRegistration {
			return err
		}
		return nil
	case !c.IsA("__ProviderRegistration"):
		return nil
	}
	path, err := cim.ParsePath(text(inst, "provider"))
	switch queries, _ := inst.Get("ResultSetQueries"); {
	case err != nil || !path.IsInstance():
		return cim.Errorf(wbem.InvalidProviderRegistration, "%.200q is no path of a provider", text(inst, "provider"))
	case c.IsA("__InstanceProviderRegistration"):
		return newAbilities(inst).err
	case c.IsA("__ClassProviderRegistration") && !isTrue(inst, "SupportsEnumeration"):
		return cim.Errorf(wbem.InvalidProviderRegistration, "a class provider must support enumeration")
	case c.IsA("__ClassProviderRegistration") && queries.Len() == 0:
		return cim.Errorf(wbem.InvalidProviderRegistration, "ResultSetQueries says nothing of the classes that are supplied")
	}
	return nil
}

// checkArchitecture applies the values of a context that choose a provider by
// its word size: there are none of 32 bits (system-classes.md 9.1).
func checkArchitecture(c *wbem.Context) error {
	v, ok := c.Get("__ProviderArchitecture")
	if !ok {
		return nil
	}
	required, err := truth(c, "__RequiredArchitecture")
	if err != nil {
		return err
	}
	switch bits, err := cim.Convert(v, cim.TypeSint32); {
	case err != nil || bits.Int() != 32 && bits.Int() != 64:
		return cim.Errorf(wbem.InvalidParameter, "__ProviderArchitecture is neither 32 nor 64")
	case bits.Int() == 32 && required:
		return cim.Errorf(wbem.ProviderLoadFailure, "there are no providers of 32 bits")
	}
	return nil
}
