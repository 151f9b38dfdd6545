package wbem

import (
	"iter"
	"slices"

	"openwmi/cim"
)

// A Context is a set of named values that goes with an operation
// (IWbemContext, SWbemNamedValueSet). Names are unique without regard to case;
// the order is that of insertion. The zero value is empty. It is not safe for
// several goroutines.
type Context struct {
	values []NamedValue
}

// A NamedValue is an element of a Context.
type NamedValue struct {
	Name  string
	Value cim.Value
}

// Get returns the named value, and whether there is one. A nil Context is
// empty.
func (c *Context) Get(name string) (cim.Value, bool) {
	if i := c.index(name); i >= 0 {
		return c.values[i].Value, true
	}
	return cim.Value{}, false
}

func (c *Context) index(name string) int {
	if c == nil {
		return -1
	}
	return slices.IndexFunc(c.values, func(v NamedValue) bool { return cim.EqualNames(v.Name, name) })
}

// Set adds a named value or replaces the one of that name in its place.
func (c *Context) Set(name string, v cim.Value) {
	if i := c.index(name); i >= 0 {
		c.values[i].Value = v
		return
	}
	c.values = append(c.values, NamedValue{name, v})
}

// Delete removes the named value and reports whether it was there.
func (c *Context) Delete(name string) bool {
	i := c.index(name)
	if i >= 0 {
		c.values = slices.Delete(c.values, i, i+1)
	}
	return i >= 0
}

// Len returns the number of values.
func (c *Context) Len() int {
	if c == nil {
		return 0
	}
	return len(c.values)
}

// All yields the values in order.
func (c *Context) All() iter.Seq[NamedValue] {
	return func(yield func(NamedValue) bool) {
		if c == nil {
			return
		}
		for _, v := range slices.Clone(c.values) {
			if !yield(v) {
				return
			}
		}
	}
}

// Clone returns a copy that shares nothing which its owner may change; of nil
// it is nil.
func (c *Context) Clone() *Context {
	if c == nil {
		return nil
	}
	d := &Context{values: slices.Clone(c.values)}
	for i := range d.values {
		d.values[i].Value = d.values[i].Value.Clone()
	}
	return d
}
