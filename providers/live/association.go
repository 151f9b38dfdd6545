package live

import (
	"context"

	"openwmi/cim"
	"openwmi/provider"
)

// A Role is a reference of an association: its name, the object that it leads to,
// and the way back. Without Find whoever comes from there looks at all.
type Role[T any] struct {
	Name string
	Path func(*T) cim.Path
	Find func(ctx context.Context, to cim.Path) ([]*T, error)
}

// Association returns the class of an association in which each object of a class
// has a link of its own.
func Association[T any](name string, objects *Class[T], roles ...Role[T]) *Class[T] {
	a := &Class[T]{Name: name, All: objects.All, Gone: objects.Gone, Find: map[string]Finder[T]{}}
	for _, role := range roles {
		a.Fields = append(a.Fields, Field[T]{role.Name, func(o *T) cim.Value { return cim.ReferenceValue(role.Path(o).String()) }})
		if role.Find == nil {
			continue
		}
		a.Find[role.Name] = func(ctx context.Context, v cim.Value) ([]*T, error) {
			to, err := cim.ParsePath(v.Text())
			if err != nil {
				return nil, nil // it is not of any object
			}
			return role.Find(ctx, to)
		}
	}
	return a
}

// To returns the role of the objects of a class, which have some keys; none for
// that of which there is one. Objects are found by those of the keys that are
// strings.
func To[T any](role string, c *Class[T], keys ...string) Role[T] {
	return Role[T]{
		Name: role,
		Path: func(o *T) cim.Path {
			p := cim.Path{Class: c.Name, Singleton: len(keys) == 0}
			for _, k := range keys {
				p.Keys = append(p.Keys, cim.NewKey(k, c.Fields[c.field(k)].Get(o)))
			}
			return p
		},
		Find: func(ctx context.Context, to cim.Path) ([]*T, error) {
			if !cim.EqualNames(to.Class, c.Name) {
				return nil, nil
			}
			q := &provider.Query{}
			for _, k := range to.Keys {
				if k.Name == "" && len(keys) == 1 {
					k.Name = keys[0]
				}
				if k.Quoted {
					q.Conditions = append(q.Conditions, provider.Condition{Property: k.Name, In: []cim.Value{cim.StringValue(k.Text)}})
				}
			}
			var found []*T
			for o, err := range c.objects(ctx, q) {
				if err != nil {
					return nil, err
				}
				found = append(found, o)
			}
			return found, nil
		},
	}
}

// ToComputer returns the role of the computer in an association of all that it
// has.
func ToComputer[T any](role string, sys *System) Role[T] {
	return Role[T]{Name: role, Path: func(*T) cim.Path {
		return cim.Path{Class: "Win32_ComputerSystem", Keys: []cim.Key{cim.NewKey("Name", sys.ComputerName())}}
	}}
}
