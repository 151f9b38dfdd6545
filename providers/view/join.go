package view

import (
	"context"
	"iter"
	"strconv"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
	"openwmi/wql"
)

// A join reads its first source as a stream, and keeps what the others have:
// each in a table by what has to be equal to properties of sources before it
// or, without such a condition, as a list that every combination goes through.

// joined yields combinations of rows of all sources.
func (c *call) joined(ctx context.Context, pl *plan, asks [][]*ask) iter.Seq2[[]row, error] {
	return func(yield func([]row, error) bool) {
		for _, of := range asks {
			if len(of) == 0 {
				return
			}
		}
		pl.spread(asks)
		j := &joining{pl: pl, rows: make([]row, len(asks)), yield: yield, ctx: ctx}
		for _, first := range asks[0] {
			for r, err := range first.rows(ctx, c) {
				if err == nil && j.tables == nil {
					err = j.load(ctx, c, asks)
				}
				if err != nil {
					yield(nil, err)
					return
				}
				j.rows[0] = r
				if !j.extend(1) {
					return
				}
			}
		}
	}
}

// spread makes conditions on a property conditions on all that are equal to it.
func (pl *plan) spread(asks [][]*ask) {
	for changed := true; changed; {
		changed = false
		for _, m := range pl.on {
			if m.op == wql.Equal {
				left, right := carry(asks, m.left, m.right), carry(asks, m.right, m.left)
				changed = changed || left || right
			}
		}
	}
}

// carry copies the condition on one property to another that has none, and reports
// whether it has. A source in several namespaces may have a type, and so a
// condition, of its own in each: such are not carried on.
func carry(asks [][]*ask, from, to operand) (copied bool) {
	if len(asks[from.source]) != 1 || isPathName(from.name) || isPathName(to.name) {
		return false
	}
	a := asks[from.source][0]
	cond := a.condition(from.name)
	t := typeOf(a.leaf.class, from.name)
	if cond == nil || t == cim.TypeReference { // relative to its own namespace
		return false
	}
	for _, b := range asks[to.source] {
		if b.condition(to.name) != nil {
			continue
		}
		if cond, ok := cast(*cond, t, typeOf(b.leaf.class, to.name)); ok {
			cond.Property = to.name
			b.conds = append(b.conds, cond)
			copied = true
		}
	}
	return copied
}

// condition returns what is known of a property of the source, nil if nothing.
func (a *ask) condition(name string) *provider.Condition {
	for i := range a.conds {
		if cim.EqualNames(a.conds[i].Property, name) {
			return &a.conds[i]
		}
	}
	return nil
}

// A joining is a join that is being read.
type joining struct {
	ctx    context.Context
	pl     *plan
	tables []*table // of each source; the first has none
	rows   []row    // the combination that is made
	yield  func([]row, error) bool
	steps  int
}

// A table is what a source has.
type table struct {
	equal  []test // of which the right side is the source, by which it is looked up
	others []test // all others that can be decided with it
	rows   map[string][]row
}

// A test is a match, with how values are compared in it.
type test struct {
	*match
	how comparison
}

// load reads all sources but the first.
func (j *joining) load(ctx context.Context, c *call, asks [][]*ask) error {
	j.tables = make([]*table, len(asks))
	kept := 0
	for i := 1; i < len(asks); i++ {
		t := &table{rows: map[string][]row{}}
		j.tables[i] = t
		for _, m := range j.pl.on {
			test := test{m, m.comparison(asks[m.left.source][0].leaf.class, asks[m.right.source][0].leaf.class)}
			switch {
			case m.right.source != i: // the left one comes before it
			case m.op == wql.Equal:
				t.equal = append(t.equal, test)
			default:
				t.others = append(t.others, test)
			}
		}
		for _, a := range asks[i] {
			for r, err := range a.rows(ctx, c) {
				if err != nil {
					return err
				}
				if kept++; kept > c.p.opts.MaxJoined {
					return cim.Errorf(wbem.QuotaViolation, "class %s: the sources behind the first have more than %d instances to join", j.pl.class.Name(), c.p.opts.MaxJoined)
				}
				if key, ok := t.key(func(m *match) (row, string) { return r, m.right.name }); ok {
					t.rows[key] = append(t.rows[key], r)
				}
			}
		}
	}
	return nil
}

// key returns by what rows are looked up in the table: a value for each
// condition. ok is false if one is NULL, which equals nothing.
func (t *table) key(side func(*match) (row, string)) (key string, ok bool) {
	var b []byte
	for _, e := range t.equal {
		r, name := side(e.match)
		text, ok := e.how.key(r.named(name), r.at)
		if !ok {
			return "", false
		}
		b = append(strconv.AppendInt(b, int64(len(text)), 10), ':')
		b = append(b, text...)
	}
	return string(b), true
}

// extend goes through all combinations of what was chosen of the sources before
// i with rows of the others, and reports whether to go on.
func (j *joining) extend(i int) bool {
	if i == len(j.rows) {
		return j.yield(j.rows, nil)
	}
	t := j.tables[i]
	key, ok := t.key(func(m *match) (row, string) { return j.rows[m.left.source], m.left.name })
	if !ok {
		return true
	}
	for _, r := range t.rows[key] {
		if j.steps++; j.steps%1024 == 0 && j.ctx.Err() != nil {
			j.yield(nil, j.ctx.Err())
			return false
		}
		j.rows[i] = r
		if j.meets(t) && !j.extend(i+1) {
			return false
		}
	}
	return true
}

// meets reports whether the rows so far meet the other conditions of a table.
func (j *joining) meets(t *table) bool {
	for _, e := range t.others {
		l, r := j.rows[e.left.source], j.rows[e.right.source]
		if !e.how.meets(l.named(e.left.name), l.at, e.op, r.named(e.right.name), r.at) {
			return false
		}
	}
	return true
}
