package cimxml

import (
	"context"
	"iter"
	"slices"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wql"
)

// Query implements wbem.Services: data queries through ExecQuery, or if the
// server has none and all instances are asked for, by enumerating them; queries
// on associations through the operations that follow them; of schema queries
// those for all classes or those below one.
func (s *standardSession) Query(ctx context.Context, language, query string, o wbem.Options) iter.Seq2[cim.Object, error] {
	return func(yield func(cim.Object, error) bool) {
		left := false
		err := s.query(ctx, language, query, o, func(obj cim.Object) bool {
			left = !yield(obj, nil)
			return !left
		})
		if err != nil && !left {
			yield(nil, wbem.NewError(opQuery, query, err))
		}
	}
}

func (s *standardSession) query(ctx context.Context, language, query string, o wbem.Options, yield func(cim.Object) bool) error {
	const more = wbem.EnsureLocatable | wbem.Prototype
	if err := s.check(o, readFlags|more, cim.Path{}); err != nil {
		return err
	}
	if err := wql.CheckLanguage(language, query); err != nil {
		return err
	}
	q, err := wql.Parse(query)
	if err != nil {
		return err
	}
	if o.Flags&wbem.Prototype != 0 {
		return cim.Errorf(wbem.NotSupported, "CIM-XML has no prototypes of queries")
	}
	switch q := q.(type) {
	case *wql.Associators:
		return s.follow(ctx, &followed{
			verb: "Associator", query: query, Traversal: q.Traversal,
			params: params{}.class("AssocClass", q.AssocClass.Name).class("ResultClass", q.ResultClass.Name).
				name("Role", q.Role.Name).name("ResultRole", q.ResultRole.Name),
			required: q.RequiredAssocQualifier.Name,
		}, yield)
	case *wql.References:
		return s.follow(ctx, &followed{
			verb: "Reference", query: query, Traversal: q.Traversal,
			params: params{}.class("ResultClass", q.ResultClass.Name).name("Role", q.Role.Name),
		}, yield)
	case *wql.Select:
		if q.IsSchema() {
			return s.schemaQuery(ctx, q, yield)
		}
		return s.dataQuery(ctx, query, q, o.Flags&wbem.EnsureLocatable != 0, yield)
	}
	return cim.Errorf(wbem.NotSupported, "it is no query that CIM-XML can ask")
}

// dataQuery asks for instances, with located for their keys too.
func (s *standardSession) dataQuery(ctx context.Context, query string, q *wql.Select, located bool, yield func(cim.Object) bool) error {
	if q.Where != nil {
		for e := range wql.Preorder(q.Where) {
			if t, ok := e.(wql.Term); ok && cim.IsSystemName(t.Operand().Names[0].Name) {
				// Servers that do not know it find nothing and do not say why.
				return cim.Errorf(wbem.NotSupported, "CIM-XML has no %s that a condition could ask for", t.Operand().Names[0].Name)
			}
		}
	}
	some := false
	shown := func(obj cim.Object) bool {
		some = true
		if inst, ok := obj.(*cim.Instance); ok {
			obj = columns(inst, q, located)
		}
		return yield(obj)
	}
	p := params{}.text("QueryLanguage", "WQL").text("Query", worded(q, located))
	err := s.do(ctx, opQuery, query, "ExecQuery", p, s.objects(shown))
	if some || q.Where != nil || !lacks(err) && !failedWith(err, QueryLanguageNotSupported) {
		return err
	}
	return s.instances(ctx, q.Class.Name, wbem.Options{}, func(inst *cim.Instance) bool { return shown(inst) })
}

// worded returns a query as servers of others read it: strings have double quotes,
// and what only WMI can select is selected here (see columns).
func worded(q *wql.Select, located bool) string {
	sent := *q
	if located || slices.ContainsFunc(q.Columns, func(p *wql.Path) bool {
		return len(p.Names) > 1 || p.All || cim.IsSystemName(p.Names[0].Name)
	}) {
		sent.Columns = nil
	}
	if q.Where != nil {
		sent.Where = requoted(q.Where)
	}
	return sent.String()
}

// requoted returns a condition with double quotes around its strings.
func requoted(e wql.Expr) wql.Expr {
	all := func(from []wql.Expr) []wql.Expr {
		to := make([]wql.Expr, len(from))
		for i := range from {
			to[i] = requoted(from[i])
		}
		return to
	}
	literal := func(l *wql.Literal) *wql.Literal {
		if l.Value.Type() == cim.TypeString {
			if quoted, err := wql.NewLiteral(l.Value); err == nil {
				return quoted
			}
		}
		return l
	}
	switch e := e.(type) {
	case *wql.And:
		return &wql.And{Span: e.Span, X: all(e.X)}
	case *wql.Or:
		return &wql.Or{Span: e.Span, X: all(e.X)}
	case *wql.Not:
		return &wql.Not{Span: e.Span, X: requoted(e.X)}
	case *wql.Comparison:
		return &wql.Comparison{Span: e.Span, Path: e.Path, Op: e.Op, Value: literal(e.Value)}
	case *wql.Like:
		return &wql.Like{Span: e.Span, Path: e.Path, Pattern: literal(e.Pattern)}
	}
	return e
}

// columns returns of an instance what a query selects: the server sends no class
// that says what it has left out. Embedded properties are left whole.
func columns(inst *cim.Instance, q *wql.Select, located bool) *cim.Instance {
	if q.Columns == nil {
		return inst
	}
	of := inst.Class()
	p := cim.Projection{}
	wanted := make([]bool, len(of.Properties()))
	for _, path := range q.Columns {
		switch name := path.Names[0].Name; {
		case cim.EqualNames(name, "__DERIVATION"), cim.EqualNames(name, "__SUPERCLASS"), cim.EqualNames(name, "__DYNASTY"):
			p.Derivation = true
		case cim.EqualNames(name, "__PATH"), cim.EqualNames(name, "__RELPATH"):
			located = true
		default:
			if k := of.PropertyIndex(name); k >= 0 {
				wanted[k] = true
			}
		}
	}
	for _, k := range of.Keys() {
		wanted[k] = wanted[k] || located
	}
	for k, ok := range wanted {
		if ok {
			p.Keep = append(p.Keep, k)
		}
	}
	return projected(inst, p)
}

// projected returns an instance as a projection shows it.
func projected(inst *cim.Instance, p cim.Projection) *cim.Instance {
	out := cim.NewInstance(cim.Project(inst.Class(), p))
	for i, k := range p.Keep {
		if inst.IsSet(k) {
			out.Put(i, inst.At(k))
		}
	}
	out.SetOrigin(inst.Origin())
	return out
}

// schemaQuery asks for classes.
func (s *standardSession) schemaQuery(ctx context.Context, q *wql.Select, yield func(cim.Object) bool) error {
	super := ""
	switch where := q.Where.(type) {
	case nil:
	case *wql.Isa:
		super = where.Class.Name
		c, err := s.derived(ctx, super, true, s.lineage())
		if err != nil || !yield(c) {
			return err
		}
	default:
		return cim.Errorf(wbem.NotSupported, "CIM-XML can ask for all classes, or for those WHERE __THIS ISA a class")
	}
	for c, err := range s.Classes(ctx, super, wbem.Options{}) {
		if err != nil || !yield(c) {
			return err
		}
	}
	return nil
}

// A followed is a query on associations.
type followed struct {
	verb     string // Associator or Reference
	query    string
	params   params
	required string // qualifier of the association
	wql.Traversal
}

// follow asks for what is associated with an object.
func (s *standardSession) follow(ctx context.Context, f *followed, yield func(cim.Object) bool) error {
	path := f.Object.Path
	switch {
	case f.required != "":
		return cim.Errorf(wbem.NotSupported, "CIM-XML cannot ask for qualifiers of associations")
	case f.SchemaOnly != path.IsClass():
		return cim.Errorf(wbem.InvalidQuery, "SchemaOnly goes with the path of a class")
	}
	if err := wbem.CheckPlace(s, path); err != nil {
		return err
	}
	p := append(s.path(ctx, nil, "ObjectName", path), f.params...)
	object := yield
	if name := f.RequiredQualifier.Name; name != "" {
		object = func(o cim.Object) bool {
			return o.Definition().Qualifiers().Index(name) < 0 || yield(o)
		}
	}
	var err error
	switch {
	case f.SchemaOnly || !f.ClassDefsOnly && !f.KeysOnly:
		p = p.boolean("IncludeQualifiers", f.SchemaOnly).boolean("IncludeClassOrigin", f.SchemaOnly)
		err = s.do(ctx, opQuery, f.query, f.verb+"s", p, s.objects(object))
	default:
		err = s.followNames(ctx, f, p, object)
	}
	if failedWith(err, InvalidParameter) {
		// An object that does not exist has nothing associated with it, or is
		// this. DSP0200 5.3.2.10
		if _, missing := s.class(ctx, path.Class); missing != nil {
			err = missing
		}
	}
	return err
}

// followNames asks for the names of what is associated, and yields instances that
// have their keys alone, or the classes that they are of.
func (s *standardSession) followNames(ctx context.Context, f *followed, p params, yield func(cim.Object) bool) error {
	var paths []cim.Path
	err := s.do(ctx, opQuery, f.query, f.verb+"Names", p, func(a *answer, tag string) (bool, error) {
		if tag != "OBJECTPATH" && tag != "INSTANCEPATH" && tag != "LOCALINSTANCEPATH" && tag != "INSTANCENAME" {
			return skip(a, tag)
		}
		path, err := a.d.Path()
		if err == nil && len(paths) == maxListed {
			err = cim.Errorf(wbem.QuotaViolation, "there are more than %d names", maxListed)
		}
		paths = append(paths, path)
		return true, err
	})
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, path := range paths {
		if f.ClassDefsOnly && seen[cim.Fold(path.Class)] {
			continue
		}
		seen[cim.Fold(path.Class)] = true
		c, err := s.class(ctx, path.Class)
		if err != nil {
			return err
		}
		var obj cim.Object = c
		if !f.ClassDefsOnly {
			if obj, err = s.keysOnly(c, path); err != nil {
				return err
			}
		}
		if !yield(obj) {
			return nil
		}
	}
	return nil
}

// keysOnly returns an instance that has its keys alone.
func (s *standardSession) keysOnly(c *cim.Class, path cim.Path) (*cim.Instance, error) {
	inst := cim.NewInstance(cim.Project(c, cim.Projection{Keep: c.Keys(), Derivation: true}))
	values, err := cim.KeyValues(c, path)
	if err != nil {
		return nil, err
	}
	for i, k := range c.Keys() {
		if err := inst.Set(c.Properties()[k].Name(), values[i]); err != nil {
			return nil, err
		}
	}
	at := s.origin
	if path.Namespace != "" && !cim.EqualNames(path.Namespace, s.namespace) {
		at = &cim.Origin{Server: s.server, Namespace: path.Namespace}
	}
	inst.SetOrigin(at)
	return inst, nil
}
