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
	// Conditions are what is known of properties of every instance that is
	// asked for, each property at most once. They are not all that the query
	// says.
	Conditions []Condition

	// Properties are the names of the properties that anybody will look at; nil
	// means all. Others may stay NULL, keys excepted.
	Properties []string

	// Select is the query as it was written, nil where the provider has only a
	// part of what it is about. Its class may be a superclass of that which
	// is asked for.
	Select *wql.Select
}

// A Condition says what a property is, which is never NULL. Values are of the
// type of the property; strings compare without regard to case.
type Condition struct {
	Property string // as the class spells it
	// In are the values one of which it has; nil if they are not known.
	In []cim.Value
	// Low and High are the least and the greatest value that it may have, each
	// NULL if there is no such bound. They are not there when In is.
	Low, High cim.Value
}

// Values returns those one of which the named property has in every instance
// that is asked for; ok is false if they are not known.
func (q *Query) Values(property string) (values []cim.Value, ok bool) {
	for _, c := range q.Conditions {
		if c.In != nil && cim.EqualNames(c.Property, property) {
			return c.In, true
		}
	}
	return nil, false
}
