package main

import (
	"context"
	"fmt"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// An assignment is an argument NAME=TEXT or NAME:=VALUE.
type assignment struct {
	name  string
	text  string
	value bool // text is a value of MOF
}

// parseAssignments reads arguments as assignments.
func parseAssignments(args []string) ([]assignment, error) {
	out := make([]assignment, len(args))
	for i, arg := range args {
		name, text, ok := strings.Cut(arg, "=")
		value := strings.HasSuffix(name, ":")
		name = strings.TrimSuffix(name, ":")
		if !ok || !cim.IsIdentifier(name) {
			return nil, fmt.Errorf("%q is neither NAME=TEXT nor NAME:=VALUE", arg)
		}
		for _, before := range out[:i] {
			if cim.EqualNames(before.name, name) {
				return nil, fmt.Errorf("%s is set twice", name)
			}
		}
		out[i] = assignment{name, text, value}
	}
	return out, nil
}

// assign returns the stored instance of a class that has the keys among the
// assignments, or a new one, with the assignments made.
func (c *cli) assign(ctx context.Context, class string, assignments []assignment) (*putting, error) {
	const op = "PutInstance"
	path, svc, err := c.locateClass(ctx, op, class)
	if err != nil {
		return nil, err
	}
	def, err := svc.GetClass(ctx, path.Class, wbem.Options{})
	switch {
	case wbem.StatusOf(err) == wbem.NotFound:
		return nil, wbem.NewError(op, class, cim.Errorf(wbem.InvalidClass, "class %s does not exist", path.Class))
	case err != nil:
		return nil, err
	}
	inst := cim.NewInstance(def)
	values := make([]cim.Value, len(assignments))
	for i, a := range assignments {
		v, err := c.valueFor(ctx, svc, def, a)
		if err == nil {
			err = inst.Set(a.name, v.Clone())
		}
		if err != nil {
			return nil, wbem.NewError(op, class, err)
		}
		values[i] = v
	}
	key, ok := cim.RelPath(inst)
	if !ok {
		return &putting{svc: svc, inst: inst}, nil
	}
	stored, err := svc.GetInstance(ctx, key, wbem.Options{})
	switch {
	case wbem.StatusOf(err) == wbem.NotFound:
		return &putting{svc: svc, inst: inst}, nil
	case err != nil:
		return nil, err
	}
	// It may be of a subclass, which has all properties of the class too.
	for i, a := range assignments {
		if err := stored.Set(a.name, values[i]); err != nil {
			return nil, wbem.NewError(op, class, err)
		}
	}
	return &putting{svc: svc, inst: stored}, nil
}

// valueFor returns the value that a gives to its property of class def.
func (c *cli) valueFor(ctx context.Context, svc wbem.Services, def *cim.Class, a assignment) (cim.Value, error) {
	p := def.Property(a.name)
	switch {
	case p == nil && cim.SystemType(a.name) != 0:
		return cim.Value{}, cim.Errorf(wbem.ReadOnly, "system property %s cannot be written", a.name)
	case p == nil:
		return cim.Value{}, cim.Errorf(wbem.InvalidProperty, "class %s has no property %s", def.Name(), a.name)
	case a.value:
		return c.parseValue(ctx, svc.Namespace(), def, p.Name(), a.text)
	}
	v, err := cim.ParseText(p.Type(), a.text)
	if err == nil {
		return v, nil
	}
	hint := ""
	if p.Type().IsArray() {
		hint = fmt.Sprintf("; an array is given as %s:={...}", p.Name())
	}
	return cim.Value{}, cim.Errorf(wbem.StatusOf(err), "%s: %v%s", called(def, p.Name()), err, hint)
}

// called says what a name stands for: a property of a class or a parameter of a
// method.
func called(def *cim.Class, name string) string {
	if cim.EqualNames(def.Name(), "__PARAMETERS") {
		return "parameter " + name
	}
	return "property " + name
}
