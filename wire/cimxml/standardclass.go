package cimxml

import (
	"context"
	"errors"
	"iter"
	"maps"
	"sync"
	"time"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// How long a class is taken to be what it was when instances of it are read, and
// how many are kept, besides MaxClasses: then all are forgotten.
const (
	classLife = time.Minute
	maxCached = 1 << 14
)

// A schemaCache has the classes of a server, so that instances have their real
// ones and the superclasses of those. Whoever asks for a class gets it from the
// server all the same.
type schemaCache struct {
	mu      sync.Mutex // guards what follows
	classes map[classKey]cachedClass
	kept    weighed // classes, and those in whose place they are
	max     int     // that they may weigh
	// forgotten counts how often classes were: what was asked for before is not
	// kept any more when it arrives.
	forgotten uint64
}

func (c *schemaCache) age() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.forgotten
}

// A classKey names a class; both names are folded.
type classKey struct{ namespace, name string }

type cachedClass struct {
	class *cim.Class // nil if the server has none of that name
	at    time.Time
}

func (c *schemaCache) get(k classKey) (*cim.Class, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.classes[k]
	return e.class, ok && time.Since(e.at) < classLife
}

// set keeps a class that was asked for at an age.
func (c *schemaCache) set(k classKey, class *cim.Class, age uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.forgotten != age {
		return
	}
	if c.classes == nil || len(c.classes) >= maxCached || !c.keep(k, class) {
		c.classes, c.kept = map[classKey]cachedClass{}, weighed{}
		if !c.keep(k, class) {
			c.kept = weighed{}
			return
		}
	}
	c.classes[k] = cachedClass{class, time.Now()}
}

// keep reports whether there is room for a class.
func (c *schemaCache) keep(k classKey, class *cim.Class) bool {
	c.kept.weight += classWeight/4 + len(k.namespace) + len(k.name)
	return c.kept.add(class, c.max)
}

func (s *standardSession) key(name string) classKey {
	return classKey{cim.Fold(s.namespace), cim.Fold(name)}
}

// forget forgets the classes of the namespace.
func (s *standardSession) forget() {
	c := &s.client.foreign.schema
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgotten++
	namespace := cim.Fold(s.namespace)
	maps.DeleteFunc(c.classes, func(k classKey, _ cachedClass) bool { return k.namespace == namespace })
	c.kept = weighed{}
	for k, e := range c.classes {
		c.keep(k, e.class)
	}
}

// class returns a class as it was a moment ago: NotFound if there is none.
func (s *standardSession) class(ctx context.Context, name string) (*cim.Class, error) {
	return s.derived(ctx, name, false, s.lineage())
}

// known returns where a decoder looks up the classes of instances, which all together
// may have what l says. One that the server does not show is made up from the
// instances.
func (s *standardSession) known(ctx context.Context, l *lineage) xml.ClassFunc {
	return func(name string) (*cim.Class, error) {
		c, err := s.derived(ctx, name, false, l.begin())
		if errors.Is(err, wbem.NotFound) {
			return nil, nil
		}
		return c, err
	}
}

// maxDerivation bounds how many superclasses a server may name.
const maxDerivation = 256

// A lineage is what may be asked for to get a class, or several that are held at once.
type lineage struct {
	depth int   // superclasses
	left  int64 // bytes, of all classes
}

func (s *standardSession) lineage() *lineage { return &lineage{left: s.client.limits.collected} }

// begin begins with another class.
func (l *lineage) begin() *lineage {
	l.depth = 0
	return l
}

// take takes what a definition weighs.
func (l *lineage) take(d *definition) error {
	l.left -= int64(weighDecl(d.own))
	if d.inherited != nil {
		l.left -= int64(weighDecl(d.inherited))
	}
	if l.left < 0 {
		return cim.Errorf(wbem.QuotaViolation, "class %.60q and its superclasses are too large", d.own.Name)
	}
	return nil
}

func tooDeep(class string) error {
	return cim.Errorf(wbem.QuotaViolation, "class %.60q has more than %d superclasses", class, maxDerivation)
}

// derived returns a class and its superclasses: with fresh as they are now.
func (s *standardSession) derived(ctx context.Context, name string, fresh bool, l *lineage) (*cim.Class, error) {
	cache := &s.client.foreign.schema
	if c, ok := cache.get(s.key(name)); ok && !fresh {
		if c == nil {
			return nil, cim.Errorf(wbem.NotFound, "class %s does not exist", name)
		}
		return c, nil
	}
	if l.depth++; l.depth > maxDerivation+1 {
		return nil, tooDeep(name)
	}
	age := cache.age()
	var d *definition
	p := params{}.class("ClassName", name).boolean("LocalOnly", false).boolean("IncludeQualifiers", true).boolean("IncludeClassOrigin", true)
	// The decoder must not ask for classes itself: that would not end.
	a, err := s.client.post(ctx, s.namespace, "GetClass", p)
	err = s.read(ctx, a, err, func(a *answer, tag string) (bool, error) {
		if tag != "CLASS" || d != nil {
			return skip(a, tag)
		}
		a.d.Allow(min(a.limits.object, l.left))
		var err error
		if d, err = readDefinition(a.d); err == nil {
			err = l.take(d)
		}
		return true, err
	})
	switch {
	case failedWith(err, NotFound, InvalidClass) && isNamespace(name):
		c, err := namespaceClass()
		if err == nil {
			c = c.At(s.origin)
			cache.set(s.key(name), c, age)
		}
		return c, err
	case failedWith(err, NotFound, InvalidClass):
		cache.set(s.key(name), nil, age)
		return nil, cim.Errorf(wbem.NotFound, "class %s does not exist", name)
	case err != nil:
		return nil, err
	case d == nil:
		return nil, cim.Errorf(wbem.TransportFailure, "the answer has no class")
	case !cim.EqualNames(d.own.Name, name):
		return nil, cim.Errorf(wbem.TransportFailure, "the answer has class %.60q where %.60q should be", d.own.Name, name)
	}
	return s.derive(d, age, func(super string) (*cim.Class, error) { return s.derived(ctx, super, fresh, l) })
}

// A definition is a class as a server has sent it.
type definition struct{ own, inherited *cim.ClassDecl }

func readDefinition(d *xml.Decoder) (*definition, error) {
	own, inherited, err := d.ClassDecl()
	return &definition{own, inherited}, err
}

// derive makes a class of a definition, which was asked for at an age, and keeps
// it.
func (s *standardSession) derive(d *definition, age uint64, lookup func(name string) (*cim.Class, error)) (*cim.Class, error) {
	var super *cim.Class
	if d.own.Super != "" {
		var err error
		super, err = lookup(d.own.Super)
		if errors.Is(err, wbem.NotFound) && d.inherited != nil {
			// The server does not show it; what is inherited is known.
			super, err = cim.Restore(nil, d.inherited)
		}
		if err != nil {
			return nil, err
		}
	}
	// It is the server's to judge.
	c, err := cim.Restore(super, d.own)
	if err != nil {
		return nil, err
	}
	c = c.At(s.origin)
	s.client.foreign.schema.set(s.key(c.Name()), c, age)
	return c, nil
}

// readFlags are those of all reads; the texts are always those of the server.
const readFlags = wbem.UseAmendedQualifiers | wbem.DirectRead | wbem.ForwardOnly | wbem.NoErrorObject | wbem.ReturnImmediately

// GetClass implements wbem.Services.
func (s *standardSession) GetClass(ctx context.Context, name string, o wbem.Options) (*cim.Class, error) {
	err := s.check(o, readFlags, cim.Path{})
	var c *cim.Class
	if err == nil && name == "" {
		err = cim.Errorf(wbem.InvalidParameter, "there is no class")
	}
	if err == nil {
		c, err = s.derived(ctx, name, true, s.lineage())
	}
	return c, wbem.NewError(opGet, name, err)
}

// Classes implements wbem.Services. The order of a server is not known, so that
// the definitions are collected before the first class is yielded.
func (s *standardSession) Classes(ctx context.Context, super string, o wbem.Options) iter.Seq2[*cim.Class, error] {
	return func(yield func(*cim.Class, error) bool) {
		err := s.check(o, readFlags|wbem.Shallow, cim.Path{})
		if err != nil {
			yield(nil, wbem.NewError(opClasses, super, err))
			return
		}
		all, err := s.definitions(ctx, super, o.Flags&wbem.Shallow == 0)
		if failedWith(err, NotFound) {
			err = wbem.NewError(opClasses, super, cim.Errorf(wbem.InvalidClass, "class %s does not exist", super))
		}
		if err != nil {
			yield(nil, err)
			return
		}
		classes, err := s.deriveAll(ctx, all)
		for _, c := range classes {
			if !yield(c, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, wbem.NewError(opClasses, super, err))
		}
	}
}

// definitions are classes in the order in which a server has sent them.
type definitions struct {
	list   []*definition
	byName map[string]*definition // names are folded
	age    uint64                 // of the cache when they were asked for
}

// deriveAll returns the classes of definitions, superclasses first: as many of
// them as there are before the first that is wrong.
func (s *standardSession) deriveAll(ctx context.Context, all *definitions) (classes []*cim.Class, err error) {
	const begun = -1
	others := s.lineage()    // of superclasses that were not sent
	done := map[string]int{} // position in classes
	var derive func(d *definition, depth int) (*cim.Class, error)
	derive = func(d *definition, depth int) (*cim.Class, error) {
		name := cim.Fold(d.own.Name)
		switch k, ok := done[name]; {
		case ok && k == begun:
			return nil, cim.Errorf(wbem.InvalidSuperclass, "class %s derives from itself", d.own.Name)
		case ok:
			return classes[k], nil
		case depth > maxDerivation:
			return nil, tooDeep(d.own.Name)
		}
		done[name] = begun
		c, err := s.derive(d, all.age, func(super string) (*cim.Class, error) {
			if above, ok := all.byName[cim.Fold(super)]; ok {
				return derive(above, depth+1)
			}
			return s.derived(ctx, super, false, others.begin())
		})
		if err != nil {
			return nil, err
		}
		done[name] = len(classes)
		classes = append(classes, c)
		return c, nil
	}
	for _, d := range all.list {
		if _, err := derive(d, 0); err != nil {
			return classes, err
		}
	}
	return classes, nil
}

// maxListed bounds what is collected of an answer before anything of it is given
// on: classes, or names.
const maxListed = 1 << 18

// definitions asks for the subclasses of a class.
func (s *standardSession) definitions(ctx context.Context, super string, deep bool) (*definitions, error) {
	all := &definitions{byName: map[string]*definition{}, age: s.client.foreign.schema.age()}
	p := params{}.class("ClassName", super).boolean("DeepInheritance", deep).boolean("LocalOnly", false)
	p = p.boolean("IncludeQualifiers", true).boolean("IncludeClassOrigin", true)
	err := s.do(ctx, opClasses, super, "EnumerateClasses", p, func(a *answer, tag string) (bool, error) {
		if tag != "CLASS" {
			return skip(a, tag)
		}
		d, err := readDefinition(a.d)
		switch {
		case err != nil:
		case len(all.list) == maxListed:
			err = cim.Errorf(wbem.QuotaViolation, "there are more than %d classes", maxListed)
		default:
			all.list = append(all.list, d)
			all.byName[cim.Fold(d.own.Name)] = d
		}
		return true, err
	})
	return all, err
}

// PutClass implements wbem.Services.
func (s *standardSession) PutClass(ctx context.Context, decl *cim.ClassDecl, o wbem.Options) error {
	if decl == nil {
		return wbem.NewError(opPutClass, "", errNoObject)
	}
	const known = wbem.CreateOnly | wbem.UpdateOnly | wbem.UpdateSafeMode | wbem.StrongValidation | wbem.UseAmendedQualifiers
	if err := s.check(o, known, cim.Path{}); err != nil {
		return wbem.NewError(opPutClass, decl.Name, err)
	}
	put := func(method, param string) error {
		p := params{}.element(param, func(b []byte) []byte {
			e := &xml.Encoder{Qualifiers: true, Strict: true, QualifierType: s.declared.typeOf}
			return e.AppendClassDecl(b, s.declared.flavored(decl))
		})
		return s.do(ctx, opPutClass, decl.Name, method, p, skip)
	}
	err := s.putClass(o, put)
	if refused(err) && s.declareQualifiers(ctx, decl) {
		err = s.putClass(o, put)
	}
	s.forget()
	return err
}

// refused reports whether a server may have refused a class for its qualifiers.
// What it says then differs; OpenPegasus says FAILED.
func refused(err error) bool {
	_, ok := codeIn(err)
	return ok && !failedWith(err, AccessDenied, InvalidNamespace, AlreadyExists, InvalidSuperclass, ClassHasChildren, ClassHasInstances, ServerIsShuttingDown)
}

// putClass creates or modifies a class, as flags say.
func (s *standardSession) putClass(o wbem.Options, put func(method, param string) error) error {
	if o.Flags&wbem.UpdateOnly == 0 {
		err := put("CreateClass", "NewClass")
		if !failedWith(err, AlreadyExists) || o.Flags&wbem.CreateOnly != 0 {
			return err
		}
	}
	return put("ModifyClass", "ModifiedClass")
}

// DeleteClass implements wbem.Services, but for a class with subclasses or
// instances, which the server refuses.
func (s *standardSession) DeleteClass(ctx context.Context, name string, o wbem.Options) error {
	if err := s.check(o, 0, cim.Path{}); err != nil {
		return wbem.NewError(opDeleteClass, name, err)
	}
	defer s.forget()
	return s.do(ctx, opDeleteClass, name, "DeleteClass", params{}.class("ClassName", name), skip)
}
