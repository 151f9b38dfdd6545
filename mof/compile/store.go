package compile

import (
	"context"
	"errors"
	"sort"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/mof"
	"openwmi/wbem"
)

// progressEvery is after how many objects progress is told.
const progressEvery = 64

// Store stores all objects in the order of the files, and connects to each
// namespace when it first needs it. Everything is durable when it returns.
//
// The error is an *Error of the phase Storing. The result says what was stored
// before it.
func (p *Program) Store(ctx context.Context, locator wbem.Locator) (*Result, error) {
	s := &storer{
		ctx:    ctx,
		p:      p,
		total:  p.Objects(),
		spaces: namespaces{ctx: ctx, locator: locator, opts: &p.opts, open: map[string]*namespace{}},
		used:   map[string]int{},
	}
	err := s.run()
	if flushErr := s.spaces.forget(); err == nil && flushErr != nil {
		err = &Error{Phase: Storing, Err: flushErr}
	}
	if err == nil {
		err = p.recover()
	}
	for path := range s.used {
		s.result.Namespaces = append(s.result.Namespaces, path)
	}
	sort.Slice(s.result.Namespaces, func(i, j int) bool {
		return s.used[s.result.Namespaces[i]] < s.used[s.result.Namespaces[j]]
	})
	if err != nil {
		return &s.result, err
	}
	return &s.result, nil
}

// A storer stores the units of a program one after the other.
type storer struct {
	ctx         context.Context
	p           *Program
	done, total int
	spaces      namespaces
	result      Result
	used        map[string]int // namespaces in which something was stored, numbered

	// Of the unit that is being stored.
	unit    *unit
	rules   *rules
	aliases *aliases
	lowerer lowerer
	current *namespace // whose declarations of qualifiers are in effect
}

func (s *storer) run() error {
	for _, u := range s.p.units {
		s.unit, s.rules, s.current = u, newRules(u.isDMTF()), nil
		s.aliases = newAliases(u, s.rules, s)
		s.lowerer = lowerer{rules: s.rules, lenient: u.isLenient(), world: s, aliases: s.aliases}
		for i := range u.items {
			it := &u.items[i]
			if err := s.store(it); err != nil {
				return storingError(it, err)
			}
			if it.number == 0 {
				continue
			}
			s.done++
			if s.p.opts.Progress != nil && (s.done%progressEvery == 0 || s.done == s.total) {
				s.p.opts.Progress(s.done, s.total)
			}
		}
	}
	return nil
}

// storingError says where and why an item could not be stored.
func storingError(it *item, err error) *Error {
	span := it.decl.Range()
	e := &Error{
		Phase: Storing, File: it.file.Name(), Object: it.number,
		First: it.file.Line(span.Pos), Last: it.file.Line(span.End),
		Err: err,
	}
	var f *fault
	switch d := it.decl.(type) {
	case *mof.ClassDecl:
		span = d.Name.Range()
	case *mof.InstanceDecl:
		span = d.Class.Range()
	case *mof.QualifierDecl:
		span = d.Name.Range()
	}
	if errors.As(err, &f) {
		span = f.at
	}
	e.At = &source.Diagnostic{File: it.file, Span: span, Code: uint32(cim.StatusOf(err)), Msg: detail(err)}
	return e
}

// detail is what err says besides its status.
func detail(err error) string {
	var we *wbem.Error
	var ce *cim.Error
	switch {
	case errors.As(err, &we) && we.Detail != "":
		return we.Detail
	case errors.As(err, &ce):
		return ce.Msg
	}
	return cim.StatusOf(err).Text()
}

func (s *storer) store(it *item) error {
	if err := s.ctx.Err(); err != nil {
		return wbem.NewError("", "", err)
	}
	if d, ok := it.decl.(*mof.QualifierDecl); ok && !d.IsTyped() {
		return declare(s.rules, d)
	}
	ns, err := s.spaces.get(it.namespace)
	if err != nil {
		return err
	}
	if ns != s.current {
		s.rules.keep(ns.rules)
		s.lowerer.namespace = ns.path
		s.current = ns
	}
	switch d := it.decl.(type) {
	case *mof.ClassDecl:
		err = s.putClass(ns, d, it.flags)
	case *mof.InstanceDecl:
		err = s.putInstance(ns, d, it.flags)
	case *mof.QualifierDecl:
		return s.qualifier(ns, d)
	case *mof.Pragma:
		err = s.delete(ns, d)
	}
	if err == nil {
		s.touch(ns)
	}
	return err
}

// touch notes that something was stored in a namespace.
func (s *storer) touch(ns *namespace) {
	ns.changed = true
	if _, ok := s.used[ns.path]; !ok {
		s.used[ns.path] = len(s.used)
	}
}

// class implements world.
func (s *storer) class(namespace, name string) (*cim.Class, error) {
	ns, err := s.spaces.get(namespace)
	if err != nil {
		return nil, err
	}
	return ns.class(s.ctx, name)
}

func (s *storer) putClass(ns *namespace, d *mof.ClassDecl, flags wbem.Flags) error {
	decl, err := s.lowerer.classDecl(d)
	if err != nil {
		return err
	}
	if decl.Super != "" {
		terminal, err := ns.isTerminal(s.ctx, decl.Super)
		if err != nil {
			return at(d.Super, err)
		}
		if terminal {
			return faultf(d.Super, wbem.InvalidSuperclass, "class %s is Terminal: it cannot have subclasses", decl.Super)
		}
	}
	name, terminal := decl.Name, decl.Qualifiers.True("Terminal")
	existing, err := ns.GetClass(s.ctx, name, wbem.Options{})
	if err != nil && cim.StatusOf(err) != wbem.NotFound {
		return err
	}
	unchanged := err == nil && isUnchanged(existing, decl)
	err = ns.PutClass(s.ctx, decl, wbem.Options{Flags: flags | s.p.opts.ClassFlags, Lazy: true})
	switch {
	case cim.StatusOf(err) == wbem.InvalidSuperclass && d.Super.Name != "":
		return at(d.Super, err)
	case err != nil:
		return err
	}
	switch {
	case unchanged:
		s.result.ClassesUnchanged++
	case existing != nil:
		s.result.ClassesUpdated++
	default:
		s.result.ClassesCreated++
	}
	clear(ns.classes)
	ns.terminal[name] = terminal
	return nil
}

// isUnchanged reports whether decl says what a class says already.
func isUnchanged(c *cim.Class, decl *cim.ClassDecl) bool {
	if !cim.EqualNames(c.SuperName(), decl.Super) {
		return false
	}
	same := decl.Clone()
	_, err := cim.Derive(c.Super(), same) // which makes its form that of what is stored
	return err == nil && cim.EqualDecls(c.Decl(), same)
}

func (s *storer) putInstance(ns *namespace, d *mof.InstanceDecl, flags wbem.Flags) error {
	inst, err := s.lowerer.instance(d)
	if err != nil {
		return err
	}
	path, err := ns.PutInstance(s.ctx, inst, wbem.Options{Flags: flags | s.p.opts.InstanceFlags, Lazy: true})
	if err != nil {
		return err
	}
	if d.Alias.Name != "" {
		s.aliases.paths[d] = path
	}
	s.result.Instances++
	return nil
}

// qualifier puts a typed declaration into effect and has the namespace keep it.
// mof.md 8, Decision
func (s *storer) qualifier(ns *namespace, d *mof.QualifierDecl) error {
	q, err := declaration(d)
	if err != nil {
		return err
	}
	s.rules.declare(q)
	if ns.keeper == nil {
		return nil
	}
	if old := ns.qualifiers[cim.Fold(q.Name)]; old != nil && equalQualifierDecls(old, q) {
		return nil
	}
	err = ns.keeper.SetQualifier(s.ctx, q, wbem.Options{Lazy: true})
	switch cim.StatusOf(err) {
	case cim.OK:
	case wbem.NotSupported:
		return nil
	default:
		return err
	}
	ns.keep(q)
	s.touch(ns)
	s.result.Qualifiers++
	return nil
}

func equalQualifierDecls(a, b *cim.QualifierDecl) bool {
	return a.Type == b.Type && a.Scope == b.Scope && a.Flavor == b.Flavor && a.Default.Equal(b.Default)
}

// delete carries out deleteclass and deleteinstance. mof.md 5
func (s *storer) delete(ns *namespace, d *mof.Pragma) error {
	target, mustExist, _ := d.Target()
	var err error
	isNamespace := false
	if d.Kind == mof.DeleteClassPragma {
		err = ns.DeleteClass(s.ctx, target, wbem.Options{Lazy: true})
		clear(ns.terminal)
	} else {
		var path cim.Path
		if path, err = cim.ParsePath(target); err != nil {
			return at(d.Args[0], err)
		}
		isNamespace = cim.EqualNames(path.Class, "__Namespace")
		err = ns.DeleteInstance(s.ctx, path, wbem.Options{Lazy: true})
	}
	clear(ns.classes)
	switch status := cim.StatusOf(err); {
	case err == nil:
		s.result.Deleted++
	case !mustExist && (status == wbem.NotFound || status == wbem.InvalidClass):
		return nil
	default:
		return at(d.Args[0], err)
	}
	if isNamespace {
		s.touch(ns)
		return s.spaces.forget()
	}
	return nil
}
