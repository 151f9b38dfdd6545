package show

import (
	"context"
	"slices"

	"openwmi/cim"
	"openwmi/wbem"
)

// Namespaces lays out instances of __Namespace.
func Namespaces() Layout {
	full := Column{Name: "Namespace", Value: func(o cim.Object) cim.Value {
		return cim.StringValue(NamespaceOf(o.(*cim.Instance)))
	}}
	return Layout{Table: []Column{full}, CSV: []Column{System("__PATH"), full}}
}

// NamespaceOf returns the path of the namespace that an instance of __Namespace
// stands for.
func NamespaceOf(inst *cim.Instance) string {
	name, _ := inst.Get("Name")
	if at := inst.Origin(); at != nil {
		return at.Namespace + `\` + name.Text()
	}
	return name.Text()
}

// WalkNamespaces calls fn with the instance of each namespace below that of
// svc, by name, each before those below it.
func WalkNamespaces(ctx context.Context, svc wbem.Services, fn func(*cim.Instance) error) error {
	children, err := childNamespaces(ctx, svc)
	if err != nil {
		return err
	}
	for _, inst := range children {
		name, _ := inst.Get("Name")
		if err := fn(inst); err != nil {
			return err
		}
		below, err := svc.OpenNamespace(ctx, name.Text(), wbem.Options{})
		if err != nil {
			return err
		}
		if err := WalkNamespaces(ctx, below, fn); err != nil {
			return err
		}
	}
	return nil
}

// childNamespaces returns the instances of __Namespace in svc, by name.
func childNamespaces(ctx context.Context, svc wbem.Services) ([]*cim.Instance, error) {
	var children []*cim.Instance
	for inst, err := range svc.Instances(ctx, "__Namespace", wbem.Options{}) {
		if err != nil {
			return nil, err
		}
		children = append(children, inst)
	}
	slices.SortFunc(children, func(a, b *cim.Instance) int {
		x, _ := a.Get("Name")
		y, _ := b.Get("Name")
		return cim.CompareNames(x.Text(), y.Text())
	})
	return children, nil
}
