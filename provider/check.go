package provider

import (
	"errors"
	"fmt"
	"reflect"
)

// Is reports whether a value is a provider, see Check.
func Is(v any) bool { return Check(v) == nil }

// Check returns nil if a value is a provider: it has a method of this package
// that is called for its own sake, and none that has the name of one, but
// another type or only a pointer to the value has. Such a method would never be
// called. The error says which method that is, and how it has to be.
func Check(v any) error {
	t := reflect.TypeOf(v)
	if t == nil {
		return errors.New("nil is no provider")
	}
	found := false
	for _, c := range contract {
		switch {
		case c.with != nil && !t.Implements(c.with):
		case t.Implements(c.want):
			found = found || c.with == nil
		default:
			if err := mistake(t, c.want); err != nil {
				return err
			}
		}
	}
	if !found {
		return fmt.Errorf("%v has no method of a provider", t)
	}
	return nil
}

// contract are the interfaces that are called. with is the one without which
// another is never asked for; its methods have names that may mean anything.
var contract = []struct{ want, with reflect.Type }{
	{want: reflect.TypeFor[Opener]()},
	{want: reflect.TypeFor[InstanceEnumerator]()},
	{want: reflect.TypeFor[InstanceGetter]()},
	{want: reflect.TypeFor[InstanceQuerier]()},
	{want: reflect.TypeFor[InstancePutter]()},
	{want: reflect.TypeFor[PartialPutter]()},
	{want: reflect.TypeFor[InstanceDeleter]()},
	{want: reflect.TypeFor[MethodExecutor]()},
	{want: reflect.TypeFor[PropertyGetter]()},
	{want: reflect.TypeFor[PropertyPutter]()},
	{want: reflect.TypeFor[EventProvider]()},
	{want: reflect.TypeFor[QueryWatcher](), with: reflect.TypeFor[EventProvider]()},
	{want: reflect.TypeFor[AccessChecker](), with: reflect.TypeFor[EventProvider]()},
	{want: reflect.TypeFor[EventConsumer]()},
	{want: reflect.TypeFor[ConsumerValidator](), with: reflect.TypeFor[EventConsumer]()},
}

// mistake returns what is wrong with the methods of a type that is not an
// interface but has methods with its names; nil if it has none.
func mistake(t, want reflect.Type) error {
	var missing string
	has := false
	for i := range want.NumMethod() {
		m := want.Method(i)
		switch got := method(t, m.Name); {
		case got != nil && got != m.Type:
			return fmt.Errorf("method %s of %v is a %v, but that of %v is a %v", m.Name, t, got, want, m.Type)
		case got != nil:
			has = true
		case method(reflect.PointerTo(t), m.Name) != nil:
			return fmt.Errorf("method %s is one of *%v: the provider has to be a pointer, not a %[2]v", m.Name, t)
		default:
			missing = m.Name
		}
	}
	if has {
		return fmt.Errorf("%v lacks method %s of %v", t, missing, want)
	}
	return nil
}

// method returns the type of a method without its receiver, nil if there is no
// such method.
func method(t reflect.Type, name string) reflect.Type {
	m, ok := t.MethodByName(name)
	if !ok {
		return nil
	}
	return reflect.Zero(t).Method(m.Index).Type()
}
