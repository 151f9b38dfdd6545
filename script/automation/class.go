package automation

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"openwmi/script/vbscript"
)

// A Class describes what scripts see of a Go type.
type Class struct {
	// Name is what TypeName tells.
	Name string
	// Type is a value of the Go type, such as a nil pointer. The type is comparable, so
	// that two references to the same thing are the same object.
	Type any
	// Default is the name of the default member, "" for none.
	Default string
	// Members are the members with fixed names.
	Members []Member
	// Each yields the elements for For Each: a method of Type that returns an iter.Seq,
	// or an iter.Seq2 whose second value is an error. Nil for what is no collection.
	Each any
	// Dynamic finds the members that are not in Members; nil for none.
	Dynamic Dynamic

	library *Library
	typ     reflect.Type
	members map[string]*member
	def     *member
	each    *function
}

// A Member is a property or a method.
type Member struct {
	// Signature is the name, for a method or a property with parameters followed by
	// them: Name(a, b, c="x"). What has a default can be left out; a default is a
	// string without commas, a number, true, false, nil for no object, or missing. The
	// last may be rest..., for any number of arguments, which Get has as a
	// []vbscript.Value.
	Signature string
	// Get reads or calls it: a function whose first parameter is the Type of the class or
	// what that embeds, followed by a context.Context if it wants one, and the parameters.
	// It returns nothing, a result, an error, or both. Nil for what can only be set.
	Get any
	// Put sets it: a function like Get, with the new value as last parameter. Nil for
	// what cannot be set.
	Put any
}

// A Dynamic has members that differ from object to object.
type Dynamic interface {
	// Find returns the member of an object, or nil. Method says whether scripts call
	// it rather than read it.
	Find(o any, name string) (m Accessor, method bool)
	// Names returns the names of those members, for people.
	Names(o any) []string
}

// An Accessor is a member that was found.
type Accessor interface {
	Get(ctx context.Context, args vbscript.Args) (vbscript.Value, error)
	Put(ctx context.Context, args vbscript.Args, v vbscript.Value) error
}

// member is a Member, ready to be called.
type member struct {
	name   string
	params []param
	get    *function
	put    *function
	method bool
}

// prepare checks the tables of a class, which are part of the program: it panics when
// one is wrong.
func (c *Class) prepare(l *Library) {
	c.library = l
	c.typ = reflect.TypeOf(c.Type)
	c.members = make(map[string]*member, len(c.Members))
	for _, m := range c.Members {
		sig, err := parseSignature(m.Signature)
		if err != nil {
			panic(fmt.Sprintf("automation: %s.%s: %v", c.Name, m.Signature, err))
		}
		sig.get = c.function(m.Signature, m.Get, len(sig.params))
		sig.put = c.function(m.Signature, m.Put, len(sig.params)+1)
		key := strings.ToLower(sig.name)
		if c.members[key] != nil {
			panic(fmt.Sprintf("automation: %s has two members %s", c.Name, sig.name))
		}
		c.members[key] = sig
	}
	if c.Default != "" {
		if c.def = c.members[strings.ToLower(c.Default)]; c.def == nil {
			panic(fmt.Sprintf("automation: %s has no member %s", c.Name, c.Default))
		}
	}
	c.each = c.function("Each", c.Each, 0)
}

// Names returns the names of the members that an object has: those of its own, then
// those of its class in the order of the table. It returns nil for an object that is
// none of a library.
func Names(v vbscript.Value) []string {
	o, ok := v.Object().(object)
	if !ok {
		return nil
	}
	var names []string
	if d := o.class.Dynamic; d != nil {
		names = d.Names(o.x)
	}
	for _, m := range o.class.Members {
		name, _, _ := strings.Cut(m.Signature, "(")
		names = append(names, name)
	}
	return names
}
