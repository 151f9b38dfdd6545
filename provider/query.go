package provider

import (
	"context"
	"iter"

	"openwmi/cim"
	"openwmi/wql"
)

// An InstanceQuerier finds instances by conditions faster than by enumerating
// them.
type InstanceQuerier interface {
	// QueryInstances yields instances of exactly r.Class, at least all to
	// which q applies. Whatever else it yields is dropped, so that a condition
	// which it does not look at costs time and is no mistake. ProviderNotCapable
	// as the first error makes the object manager enumerate instead.
	// It is called for registrations whose QuerySupportLevels have
	// WQL:UnarySelect. wql.md 14
	QueryInstances(ctx context.Context, r *Request, q *Query) iter.Seq2[*cim.Instance, error]
}

// A Query is what an InstanceQuerier is asked for. It must not be changed.
type Query struct {
	// Conditions are comparisons that hold for every instance that is asked
	// for. They are not all that the query says.
	Conditions []Condition

	// Properties are the names of the properties that anybody will look at; nil
	// means all. Others may stay NULL, keys excepted.
	Properties []string

	// Select is the query as it was written, nil if there is none. Its class may be a
	// superclass of that which is asked for.
	Select *wql.Select
}

// A Condition compares a property with a constant.
type Condition struct {
	Property string // as the class spells it
	Op       wql.Op
	Value    cim.Value // of the type of the property, never NULL
}

// Equal returns the value that the named property has in all instances that are
// asked for, and whether there is one.
func (q *Query) Equal(name string) (cim.Value, bool) {
	for _, c := range q.Conditions {
		if c.Op == wql.Equal && cim.EqualNames(c.Property, name) {
			return c.Value, true
		}
	}
	return cim.Value{}, false
}
