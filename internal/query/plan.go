package query

import (
	"context"
	"iter"
	"time"

	"openwmi/cim"
	"openwmi/internal/repository"
	"openwmi/provider"
	"openwmi/wbem"
	"openwmi/wql"
)

// Options say how a query is answered. The zero value is that of a plain
// ExecQuery.
type Options struct {
	Prototype       bool // return the class that describes the results, and nothing else
	EnsureLocatable bool // results show their keys and path whatever the query names
	DirectRead      bool // leave out subclasses

	// Estimate has rows counted for Explain, which takes up to a tenth of a
	// second a step.
	Estimate bool

	Budget Budget

	// Now is when the query is asked: the day of a time without a date, in the
	// zone of dates that name none. Zero means time.Now().
	Now time.Time

	// DayFirst reads 1/2/2024 in the query as a day in February.
	DayFirst bool

	// Source supplies the instances of dynamic classes. Without it they are
	// ProviderNotFound.
	Source Source

	// Complete adds to a stored instance what property providers have of it, as
	// far as the query looks at that. It is called for those that may have such
	// properties: of classes with DynProps, or with qualifiers of their own. An
	// instance that it fails for is left out, as with Source. Nil adds nothing.
	Complete func(context.Context, *cim.Instance) error

	// Namespace returns a view of another namespace, with backslashes, for an
	// association that leads there; it is closed after the run. What it
	// refuses is not seen, without an error; nil refuses all.
	Namespace func(path string) (*repository.View, error)

	// Show returns a class as results show it, such as with the texts of a
	// language; it must have the same properties. Nil shows it as it is.
	Show func(*cim.Class) (*cim.Class, error)
}

// A Source has the instances of dynamic classes, from their providers. It puts
// together what several providers know of one object (wql.md 14.4). Instances
// that it hands out belong to the caller.
type Source interface {
	// Provided returns those of a class and, if deep, of its subclasses whose
	// instances come from providers; those of all others are in the repository.
	Provided(ctx context.Context, class *cim.Class, deep bool) ([]*cim.Class, error)

	// Queried reports whether the provider of a class takes queries. One that
	// does not delivers everything.
	Queried(ctx context.Context, class *cim.Class) bool

	// Instance returns the instance at a path below a class that a provider
	// has, of a subclass unless direct: NotFound, or ProviderNotCapable if
	// that cannot be asked.
	Instance(ctx context.Context, class *cim.Class, path cim.Path, direct bool) (*cim.Instance, error)

	// Instances yields what providers have of a class and, if deep, of its
	// subclasses: all to which q applies, and perhaps others. The error of a
	// provider comes when the others have delivered, and is the last.
	Instances(ctx context.Context, class *cim.Class, deep bool, q *provider.Query) iter.Seq2[*cim.Instance, error]
}

// A Plan is how a query is answered. It never changes, so any number of
// goroutines may run it, each in a view of its own; see Fits.
type Plan struct {
	opts  Options
	body  body
	steps int // number of steps of the body that are counted
	// space and generation are whose classes the plan was made for.
	space      *repository.Namespace
	generation uint64
}

// A body is the plan of one kind of query.
type body interface {
	run(x *run) error
	// explain returns the steps. counts has what was counted in each of
	// them, and is nil if the plan was not run.
	explain(counts []wbem.StepCount) *wbem.QueryStep
}

// Prepare plans a query on the classes of a view, which the plan does not keep.
//
// The error is InvalidClass for a class that does not exist (wql.md 12),
// NotFound for the source of an association query that does not, and else
// InvalidQuery; most tell the place in the query, see wql.Error.
func Prepare(ctx context.Context, v *repository.View, q wql.Query, o Options) (*Plan, error) {
	p := &Plan{opts: o, space: v.Namespace(), generation: v.Generation()}
	s, ok := q.(*wql.Select)
	if o.Prototype && (!ok || s.IsSchema()) {
		return nil, cim.Errorf(cim.NotSupported, "only the results of a query on instances of a class have a prototype")
	}
	var err error
	switch q := q.(type) {
	case *wql.Select:
		if q.IsSchema() {
			p.body, err = p.schema(q)
		} else {
			p.body, err = p.data(ctx, v, q)
		}
	case *wql.Associators:
		p.body, err = p.associators(ctx, v, q)
	case *wql.References:
		p.body, err = p.references(ctx, v, q)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Fits reports whether the plan can be run in a view: one of the namespace for
// which it was made, with the same classes.
func (p *Plan) Fits(v *repository.View) bool {
	return v.Namespace() == p.space && v.Generation() == p.generation
}

// newStep returns the number of a step of which a run counts the rows.
func (p *Plan) newStep() int {
	p.steps++
	return p.steps - 1
}

// Explain returns the steps of the plan.
func (p *Plan) Explain() *wbem.QueryStep { return p.body.explain(nil) }

// String prints the steps of the plan.
func (p *Plan) String() string { return p.Explain().String() }
