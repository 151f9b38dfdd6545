package cim_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"openwmi/cim"
)

// class makes a declaration: a header such as "D : B", then qualifiers,
// properties and methods.
func class(header string, parts ...any) *cim.ClassDecl {
	d := &cim.ClassDecl{}
	d.Name, d.Super, _ = strings.Cut(header, " : ")
	for _, p := range parts {
		switch p := p.(type) {
		case cim.Qualifier:
			d.Qualifiers = append(d.Qualifiers, p)
		case cim.PropertyDecl:
			d.Properties = append(d.Properties, p)
		case cim.MethodDecl:
			d.Methods = append(d.Methods, p)
		default:
			panic(fmt.Sprintf("class: a %T", p))
		}
	}
	return d
}

// prop makes a property from "type Name" or "type Name = default"; a type may
// be uint8[], ref:C or object:C.
func prop(text string, qs ...cim.Qualifier) cim.PropertyDecl {
	text, def, has := strings.Cut(text, " = ")
	keyword, name, _ := strings.Cut(text, " ")
	p := cim.PropertyDecl{Name: name, Qualifiers: qs, HasDefault: has}
	p.Type, p.Class = typeOf(keyword)
	if has && def != "NULL" {
		v, err := cim.ParseText(p.Type, def)
		if err != nil {
			panic(err)
		}
		p.Default = v
	}
	return p
}

func typeOf(keyword string) (t cim.Type, class string) {
	elem, isArray := strings.CutSuffix(keyword, "[]")
	elem, class, _ = strings.Cut(elem, ":")
	t, _ = cim.ParseType(elem)
	if isArray {
		t = t.ArrayOf()
	}
	return t, class
}

// method makes a method from "type Name", qualifiers, and what param returns.
func method(text string, parts ...any) cim.MethodDecl {
	keyword, name, _ := strings.Cut(text, " ")
	m := cim.MethodDecl{Name: name}
	m.Return, m.ReturnClass = typeOf(keyword)
	for _, p := range parts {
		switch p := p.(type) {
		case cim.Qualifier:
			m.Qualifiers = append(m.Qualifiers, p)
		case cim.ParameterDecl:
			m.Parameters = append(m.Parameters, p)
		}
	}
	return m
}

func param(text string, qs ...cim.Qualifier) cim.ParameterDecl {
	p := prop(text, qs...)
	return cim.ParameterDecl{Name: p.Name, Type: p.Type, Class: p.Class, Qualifiers: qs, Default: p.Default, HasDefault: p.HasDefault}
}

// qual makes a qualifier from its value, TRUE if there is none, and its flavor.
func qual(name string, args ...any) cim.Qualifier {
	q := cim.Qualifier{Name: name, Value: cim.BoolValue(true)}
	for _, a := range args {
		switch a := a.(type) {
		case bool:
			q.Value = cim.BoolValue(a)
		case int:
			q.Value = cim.Sint32Value(int32(a))
		case string:
			q.Value = cim.StringValue(a)
		case []string:
			q.Value = cim.StringsValue(a)
		case cim.Value:
			q.Value = a
		case cim.Flavor:
			q.Flavor = a
		default:
			panic(fmt.Sprintf("qual: a %T", a))
		}
	}
	return q
}

var key, in, out = qual("key"), qual("in"), qual("out")

const (
	toSub  = cim.ToSubclass
	toInst = cim.ToInstance
	noOver = cim.DisableOverride
)

// A schema derives classes below each other.
type schema struct {
	t       testing.TB
	classes map[string]*cim.Class
}

func newSchema(t testing.TB, decls ...*cim.ClassDecl) *schema {
	t.Helper()
	s := &schema{t, map[string]*cim.Class{}}
	for _, d := range decls {
		s.add(d)
	}
	return s
}

func (s *schema) add(d *cim.ClassDecl) *cim.Class {
	s.t.Helper()
	c, err := s.try(d)
	if err != nil {
		s.t.Fatalf("class %s: %v", d.Name, err)
	}
	return c
}

func (s *schema) try(d *cim.ClassDecl) (*cim.Class, error) {
	c, err := cim.Derive(s.classes[d.Super], d)
	if err == nil {
		s.classes[d.Name] = c
	}
	return c, err
}

func (s *schema) class(name string) *cim.Class {
	s.t.Helper()
	c := s.classes[name]
	if c == nil {
		s.t.Fatalf("no class %s", name)
	}
	return c
}

// instance makes an instance and sets pairs of name and value.
func (s *schema) instance(class string, pairs ...any) *cim.Instance {
	s.t.Helper()
	i := cim.NewInstance(s.class(class))
	for k := 0; k < len(pairs); k += 2 {
		if err := i.Set(pairs[k].(string), value(pairs[k+1])); err != nil {
			s.t.Fatal(err)
		}
	}
	return i
}

func value(v any) cim.Value {
	switch v := v.(type) {
	case nil:
		return cim.Value{}
	case int:
		return cim.Sint64Value(int64(v))
	case bool:
		return cim.BoolValue(v)
	case string:
		return cim.StringValue(v)
	case float64:
		return cim.Real64Value(v)
	case cim.Object:
		return cim.ObjectValue(v)
	case cim.Value:
		return v
	}
	panic(fmt.Sprintf("value: a %T", v))
}

// wantStatus checks the status that err carries; OK wants none.
func wantStatus(t testing.TB, what string, err error, want cim.Status) {
	t.Helper()
	switch {
	case want == cim.OK && err != nil:
		t.Errorf("%s: %v (%v), want success", what, err, cim.StatusOf(err))
	case want != cim.OK && !errors.Is(err, want):
		t.Errorf("%s: %v (%v), want %v", what, err, cim.StatusOf(err), want)
	}
}
