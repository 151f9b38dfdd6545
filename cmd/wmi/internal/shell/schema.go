package shell

import (
	"context"
	"time"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/wbem"
)

// A schema is what completion has read of a namespace. It is read anew after a while,
// since classes come and go. The zero schema knows nothing yet.
type schema struct {
	names  known[[]string]
	spaces known[[]string]
	byName map[string]known[*cim.Class] // by folded name
}

// known is something with the time until which it is taken for true.
type known[T any] struct {
	value T
	until time.Time
}

func (k known[T]) fresh() bool { return time.Now().Before(k.until) }

func know[T any](value T) known[T] { return known[T]{value, time.Now().Add(freshness)} }

const (
	freshness       = 30 * time.Second
	maxCompletions  = 20000 // classes or namespaces of a namespace that completion knows
	maxKnownClasses = 200
)

// classes returns the names of the classes of a namespace: what could be read of them
// before ctx has ended.
func (c *schema) classes(ctx context.Context, svc wbem.Services) []string {
	if c.names.fresh() {
		return c.names.value
	}
	var names []string
	for class, err := range svc.Classes(ctx, "", wbem.Options{}) {
		if err != nil || len(names) == maxCompletions {
			break
		}
		names = append(names, class.Name())
	}
	c.names = know(names)
	return names
}

// class returns a class, nil if there is none.
func (c *schema) class(ctx context.Context, svc wbem.Services, name string) *cim.Class {
	key := cim.Fold(name)
	if k := c.byName[key]; k.fresh() {
		return k.value
	}
	class, err := svc.GetClass(ctx, name, wbem.Options{})
	if err != nil {
		return nil
	}
	if c.byName == nil || len(c.byName) >= maxKnownClasses {
		c.byName = map[string]known[*cim.Class]{}
	}
	c.byName[key] = know(class)
	return class
}

// namespaces returns the whole paths of the namespaces below root.
func (c *schema) namespaces(ctx context.Context, root func() (wbem.Services, error)) ([]string, error) {
	if c.spaces.fresh() {
		return c.spaces.value, nil
	}
	svc, err := root()
	if err != nil {
		return nil, err
	}
	// Nothing is lost with a session that was only read from.
	defer func() { _ = svc.Close() }()
	var names []string
	err = show.WalkNamespaces(ctx, svc, func(inst *cim.Instance) error {
		if len(names) == maxCompletions {
			return errEnough
		}
		names = append(names, show.NamespaceOf(inst))
		return nil
	})
	if err != nil && err != errEnough {
		return nil, err
	}
	c.spaces = know(names)
	return names, nil
}
