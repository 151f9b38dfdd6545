package query

import (
	"openwmi/cim"
)

// results makes objects of rows, as the query wants to see them, and yields
// them.
type results struct {
	x       *run
	columns *Projection
	// classes makes the results classes: those of the rows, each once.
	classes map[*cim.Class]bool

	shapes map[*cim.Class]*shape
	class  *cim.Class // of the row before
	shape  *shape     // of that class
}

func (x *run) results(columns *Projection, classes bool) *results {
	r := &results{x: x, columns: columns, shapes: map[*cim.Class]*shape{}}
	if classes {
		r.classes = map[*cim.Class]bool{}
	}
	return r
}

// add yields what is to be seen of a row.
func (r *results) add(row Row) error {
	if r.classes != nil {
		return r.addClass(row.class)
	}
	if row.class != r.class {
		if err := r.turn(row.class); err != nil {
			return err
		}
	}
	inst, err := r.shape.row(row)
	if err != nil {
		return err
	}
	return r.x.emit(inst)
}

func (r *results) addClass(c *cim.Class) error {
	if r.classes[c] {
		return nil
	}
	r.classes[c] = true
	if err := r.x.hold(64); err != nil {
		return err
	}
	return r.x.emitClass(c)
}

// turn gets ready for rows of another class.
func (r *results) turn(c *cim.Class) error {
	s := r.shapes[c]
	if s == nil {
		shown, err := r.x.shown(c)
		if err != nil {
			return err
		}
		s = r.columns.shape(c, shown)
		r.shapes[c] = s
	}
	r.class, r.shape = c, s
	return nil
}

// shown returns a class as results show it.
func (x *run) shown(c *cim.Class) (*cim.Class, error) {
	if x.plan.opts.Show == nil {
		return c, nil
	}
	return x.plan.opts.Show(c)
}

// emitClass yields a class.
func (x *run) emitClass(c *cim.Class) error {
	c, err := x.shown(c)
	if err != nil {
		return err
	}
	return x.emit(c)
}
