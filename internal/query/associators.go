package query

import (
	"context"
	"slices"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/wbem"
	"openwmi/wql"
)

// A traversal is the plan of ASSOCIATORS OF and REFERENCES OF from an instance
// (wql.md 9.3): the links that refer to the source are found, and then perhaps
// what else they refer to.
type traversal struct {
	path    cim.Path // of the source
	class   *cim.Class
	links   []*link
	ends    *ends       // nil to return the links
	columns *Projection // of the results
	defs    bool        // return the classes of the results
	step    struct{ find, follow int }
}

// ends says which objects at the other end of a link are wanted.
type ends struct {
	class     string // the class of the object is derived from it; "" for any
	qualifier string // the class carries it; "" for none
}

func (e *ends) want(c *cim.Class) bool {
	return (e.class == "" || c.IsA(e.class)) && carries(c, e.qualifier)
}

func (p *Plan) associators(ctx context.Context, v *repository.View, q *wql.Associators) (body, error) {
	f := linkFilter{class: q.AssocClass.Name, qualifier: q.RequiredAssocQualifier.Name, role: q.Role.Name, end: q.ResultRole.Name}
	if err := known(v, &q.Traversal, q.AssocClass); err != nil {
		return nil, err
	}
	return p.traverse(ctx, v, &q.Traversal, f, &ends{q.ResultClass.Name, q.RequiredQualifier.Name})
}

func (p *Plan) references(ctx context.Context, v *repository.View, q *wql.References) (body, error) {
	f := linkFilter{class: q.ResultClass.Name, qualifier: q.RequiredQualifier.Name, role: q.Role.Name}
	return p.traverse(ctx, v, &q.Traversal, f, nil)
}

// known returns InvalidClass for a class that does not exist (wql.md 9.3,
// Decision).
func known(v *repository.View, q *wql.Traversal, class wql.Ident) error {
	if class.Name == "" {
		return nil
	}
	_, err := v.Class(class.Name)
	if cim.StatusOf(err) == cim.NotFound {
		err = wql.Errorf(q.Source, class, cim.InvalidClass, "class %s does not exist in %s", class.Name, v.Namespace().Path())
	}
	return err
}

func (p *Plan) traverse(ctx context.Context, v *repository.View, q *wql.Traversal, f linkFilter, e *ends) (body, error) {
	path := q.Object.Path
	if !v.Namespace().Holds(path) {
		return nil, wql.Errorf(q.Source, q.Object, cim.InvalidQuery, "the object is not in %s, and a query does not leave its namespace", v.Namespace().Path())
	}
	class, err := v.Class(path.Class)
	if cim.StatusOf(err) == cim.NotFound {
		err = wql.Errorf(q.Source, q.Object, cim.NotFound, "class %s does not exist in %s", path.Class, v.Namespace().Path())
	}
	if err != nil {
		return nil, err
	}
	f.schema = q.SchemaOnly
	links, err := f.links(v, class)
	if err != nil {
		return nil, err
	}
	if e == nil || !leadElsewhere(links) {
		if err := known(v, q, q.ResultClass); err != nil {
			return nil, err
		}
	}
	if q.SchemaOnly {
		return p.traverseSchema(v, class, links, e)
	}
	if err := p.provide(ctx, links); err != nil {
		return nil, err
	}
	if _, err := cim.KeyValues(class, path); err != nil {
		return nil, wql.Errorf(q.Source, q.Object, cim.StatusOf(err), "%v", err)
	}
	t := &traversal{path: path, class: class, links: links, ends: e, defs: q.ClassDefsOnly}
	t.columns = &Projection{whole: true}
	if q.KeysOnly {
		t.columns = &Projection{keys: true, derived: true, origin: true}
	}
	t.step.find = p.newStep()
	t.step.follow = p.newStep()
	return t, nil
}

// leadElsewhere reports whether results may be of another namespace, whose
// classes are not those of the query.
func leadElsewhere(links []*link) bool {
	return slices.ContainsFunc(links, func(l *link) bool {
		return slices.ContainsFunc(l.ends, func(k int) bool { return targetNamespace(l.class.Properties()[k]) != "" })
	})
}

func (t *traversal) run(x *run) error {
	defer x.begin(t.step.follow)()
	source, err := x.find(t.class, t.path)
	if err != nil {
		return err
	}
	target := newTarget(source, x.view.Namespace())
	results := x.results(t.columns, t.defs)
	return x.referring(t.links, target, t.step.find, func(l *link, row Row) error {
		if t.ends == nil {
			return results.add(row)
		}
		return t.follow(x, l, target, row, results)
	})
}

// follow passes on what a link that refers to the target refers to besides:
// each object once, also if it is the target itself (wql.md 9.3, steps 5, 6).
func (t *traversal) follow(x *run, l *link, target *target, row Row, results *results) error {
	var found []string
	for _, end := range l.ends {
		if !slices.ContainsFunc(l.roles, func(role int) bool { return role != end && target.is(row.at(role)) }) {
			continue
		}
		if err := x.look(t.step.follow); err != nil {
			return err
		}
		ref := l.class.Properties()[end]
		object, err := x.resolve(ref, row.at(end))
		if err != nil {
			return err
		}
		if object.class == nil || !t.ends.want(object.class) {
			continue
		}
		if t.ends.class != "" && !x.view.Namespace().Holds(pathOf(object)) && targetNamespace(ref) == "" {
			continue // a class of that name in another namespace is not the one that is asked for (wql.md 9.2)
		}
		path := pathOf(object).String()
		if slices.Contains(found, path) {
			continue
		}
		found = append(found, path)
		x.counts[t.step.follow].Returned++
		if err := results.add(object); err != nil {
			return err
		}
	}
	return nil
}

// pathOf returns the full path of a row.
func pathOf(row Row) cim.Path {
	p, _ := row.relPath()
	if at := row.origin(); at != nil {
		p.Server, p.Namespace = at.Server, at.Namespace
	}
	return p
}

func (t *traversal) explain(counts []wbem.StepCount) *wbem.QueryStep {
	find := newExplanation("links", linkNames(t.links)+" to "+t.path.RelPath(), t.step.find, counts)
	if t.ends == nil {
		return find
	}
	e := newExplanation("follow", t.ends.String(), t.step.follow, counts)
	e.Inputs = []*wbem.QueryStep{find}
	return e
}

// String says in words what is wanted.
func (e *ends) String() string {
	s := "to all objects"
	if e.class != "" {
		s = "to objects of " + e.class
	}
	if e.qualifier != "" {
		s += " whose class has the qualifier " + e.qualifier
	}
	return s
}

// A schemaTraversal is the answer of an association query with SchemaOnly: it
// needs nothing but classes (wql.md 9.4).
type schemaTraversal struct {
	classes []*cim.Class
	source  *cim.Class
	step    int
}

func (p *Plan) traverseSchema(v *repository.View, source *cim.Class, links []*link, e *ends) (body, error) {
	t := &schemaTraversal{source: source, step: p.newStep()}
	for _, l := range links {
		if e == nil {
			t.classes = append(t.classes, l.class)
			continue
		}
		for _, end := range l.ends {
			if !slices.ContainsFunc(l.roles, func(role int) bool { return role != end }) {
				continue
			}
			c, err := v.Class(l.class.Properties()[end].Class())
			if cim.StatusOf(err) == cim.NotFound {
				continue // a reference to any object, or to a class of another namespace
			}
			if err != nil {
				return nil, err
			}
			if e.want(c) && !slices.Contains(t.classes, c) {
				t.classes = append(t.classes, c)
			}
		}
	}
	return t, nil
}

func (t *schemaTraversal) run(x *run) error {
	defer x.begin(t.step)()
	for _, c := range t.classes {
		if err := x.look(t.step); err != nil {
			return err
		}
		x.counts[t.step].Returned++
		if err := x.emitClass(c); err != nil {
			return err
		}
	}
	return nil
}

func (t *schemaTraversal) explain(counts []wbem.StepCount) *wbem.QueryStep {
	e := newExplanation("classes", "associated with "+t.source.Name()+": "+classNames(t.classes), t.step, counts)
	e.Estimate = int64(len(t.classes))
	return e
}
