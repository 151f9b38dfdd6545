package repository

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
)

const (
	compatible = wbem.UpdateCompatible
	safe       = wbem.UpdateSafeMode
	force      = wbem.UpdateForceMode
)

// A schemaTree is a tree in memory.
type schemaTree struct {
	t         *testing.T
	classes   map[string]*cim.Class
	order     []string // as created
	instances map[string]int
}

func newSchemaTree(t *testing.T, decls ...*cim.ClassDecl) *schemaTree {
	t.Helper()
	s := &schemaTree{t: t, classes: map[string]*cim.Class{}, instances: map[string]int{}}
	for _, d := range decls {
		c, err := cim.Derive(s.classes[d.Super], d)
		if err != nil {
			t.Fatalf("fixture: %v", err)
		}
		s.classes[d.Name] = c
		s.order = append(s.order, d.Name)
	}
	return s
}

func (s *schemaTree) Children(name string) []*cim.Class {
	var out []*cim.Class
	for _, n := range s.order {
		if cim.EqualNames(s.classes[n].SuperName(), name) {
			out = append(out, s.classes[n])
		}
	}
	return out
}

func (s *schemaTree) InstanceCount(name string, limit int) (int, error) {
	return min(s.instances[name], limit), nil
}

// update plans a put and, when it succeeds, carries it out.
func (s *schemaTree) update(d *cim.ClassDecl, flags wbem.Flags) (*update, error) {
	s.t.Helper()
	old := s.classes[d.Name]
	before := fmt.Sprint(s.classes)
	u, err := planUpdate(old, s.classes[d.Super], d, flags, s)
	if after := fmt.Sprint(s.classes); after != before {
		s.t.Fatal("planning changed the schema")
	}
	if err != nil {
		if u != nil {
			s.t.Errorf("an error with a plan: %v", err)
		}
		return nil, err
	}
	s.classes[d.Name] = u.class
	for _, c := range u.children {
		if c.class.Super() != s.classes[c.old.SuperName()] {
			s.t.Errorf("%s is planned before its superclass, or below an old one", c.class.Name())
		}
		s.classes[c.class.Name()] = c.class
	}
	if u.deleteInstances {
		s.instances[d.Name] = 0
	}
	return u, nil
}

// class makes a declaration: a header such as "D : B", then qualifiers,
// properties and methods in any order.
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

// prop makes a property from "type Name" or "type Name = default".
func prop(text string, qs ...cim.Qualifier) cim.PropertyDecl {
	text, def, has := strings.Cut(text, " = ")
	keyword, name, _ := strings.Cut(text, " ")
	p := cim.PropertyDecl{Name: name, Qualifiers: qs, HasDefault: has}
	elem, isArray := strings.CutSuffix(keyword, "[]")
	elem, p.Class, _ = strings.Cut(elem, ":")
	p.Type, _ = cim.ParseType(elem)
	if isArray {
		p.Type = p.Type.ArrayOf()
	}
	if has && def != "NULL" {
		p.Default, _ = cim.Convert(cim.StringValue(def), p.Type)
	}
	return p
}

// method makes a method from "type Name"; params are made by param.
func method(text string, parts ...any) cim.MethodDecl {
	keyword, name, _ := strings.Cut(text, " ")
	m := cim.MethodDecl{Name: name}
	keyword, m.ReturnClass, _ = strings.Cut(keyword, ":")
	m.Return, _ = cim.ParseType(keyword)
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

const (
	toSub  = cim.ToSubclass
	toInst = cim.ToInstance
	noOver = cim.ToSubclass | cim.DisableOverride
)

// qual makes a qualifier; a missing value is TRUE.
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
		case cim.Flavor:
			q.Flavor = a
		}
	}
	return q
}

func checkStatus(t *testing.T, what string, err error, want cim.Status) {
	t.Helper()
	if want == wbem.OK && err != nil {
		t.Errorf("%s: %v (%v), want success", what, err, cim.StatusOf(err))
	} else if want != wbem.OK && !errors.Is(err, want) {
		t.Errorf("%s: %v (%v), want %v", what, err, cim.StatusOf(err), want)
	}
}

var key, in, out = qual("key"), qual("in"), qual("out")

// The fixture of put.md 15, as far as classes go.
func classB() *cim.ClassDecl {
	return class("B", prop("string Id", key), prop("sint32 N = 7"), prop("string S"))
}
func classD() *cim.ClassDecl  { return class("D : B", prop("uint8 U")) }
func classE() *cim.ClassDecl  { return class("E : B", prop("string X")) }
func classKI() *cim.ClassDecl { return class("KI", prop("uint32 Num", key), prop("string V")) }
func classAB() *cim.ClassDecl { return class("AB", qual("abstract"), prop("string Id", key)) }
func classDyn() *cim.ClassDecl {
	return class("Dyn", qual("dynamic"), qual("provider", "P1"), prop("string Id", key), prop("string V"))
}

// with returns a declaration with more parts.
func with(d *cim.ClassDecl, parts ...any) *cim.ClassDecl {
	more := class(d.Name, parts...)
	d.Qualifiers = append(d.Qualifiers, more.Qualifiers...)
	d.Properties = append(d.Properties, more.Properties...)
	d.Methods = append(d.Methods, more.Methods...)
	return d
}

// TestUpdateMatrix goes through the matrix of put.md 4.2 row by row.
func TestUpdateMatrix(t *testing.T) {
	const has, child = wbem.ClassHasInstances, wbem.ClassHasChildren
	plain := func() *cim.ClassDecl { return classB() }
	unimportant := func() *cim.ClassDecl { return with(classB(), qual("Description", "base")) }
	structural := func() *cim.ClassDecl { return with(classB(), prop("string P")) }
	conflicting := func() *cim.ClassDecl { return with(classB(), prop("string U")) }
	unresolvable := func() *cim.ClassDecl { return with(classB(), prop("string P", qual("indexed"))) }

	for _, row := range []struct {
		name              string
		decl              func() *cim.ClassDecl
		children          bool
		own, childs       int
		change            change
		compat, safe, frc cim.Status
		deleted           int // by force mode
	}{
		{"none", plain, true, 2, 2, changeNone, 0, 0, 0, 0},
		{"unimportant", unimportant, true, 2, 2, changeUnimportant, 0, 0, 0, 0},
		{"structural, alone", structural, false, 0, 0, changeStructural, 0, 0, 0, 0},
		{"structural, own instances", structural, false, 2, 0, changeStructural, has, has, 0, 2},
		{"structural, no conflict", structural, true, 0, 0, changeStructural, child, 0, 0, 0},
		{"structural, conflict", conflicting, true, 0, 0, changeStructural, child, wbem.UpdateTypeMismatch, 0, 0},
		{"structural, not resolvable", unresolvable, true, 0, 0, changeStructural, child,
			wbem.CannotChangeIndexInheritance, wbem.CannotChangeIndexInheritance, 0},
		{"structural, children, own instances only", structural, true, 2, 0, changeStructural, child, has, 0, 2},
		{"conflict, children, own instances only", conflicting, true, 2, 0, changeStructural, child, has, 0, 2},
		{"structural, child instances", structural, true, 0, 1, changeStructural, child, has, has, 0},
		{"structural, own and child instances", structural, true, 1, 1, changeStructural, child, has, has, 0},
	} {
		for _, mode := range []struct {
			name  string
			flags wbem.Flags
			want  cim.Status
		}{{"compatible", compatible, row.compat}, {"safe", safe, row.safe}, {"force", force, row.frc}} {
			t.Run(row.name+"/"+mode.name, func(t *testing.T) {
				s := newSchemaTree(t, classB())
				s.instances["B"] = row.own
				if row.children {
					// The instances are those of a grandchild: any depth counts.
					s = newSchemaTree(t, classB(), classD(), class("D2 : D"), classE())
					s.instances["B"], s.instances["D2"] = row.own, row.childs
				}
				u, err := s.update(row.decl(), mode.flags)
				checkStatus(t, "put", err, mode.want)
				if err != nil {
					return
				}
				if u.change != row.change {
					t.Errorf("change %v, want %v", u.change, row.change)
				}
				if u.deleteInstances != (row.deleted > 0) || u.instances != row.deleted {
					t.Errorf("deletes %v, %d instances, want %d", u.deleteInstances, u.instances, row.deleted)
				}
				wantChildren := 0
				if row.children && row.change != changeNone {
					wantChildren = 3
				}
				if len(u.children) != wantChildren {
					t.Errorf("%d children planned, want %d", len(u.children), wantChildren)
				}
			})
		}
	}
}

// TestUpdateCases proves the cases of put.md 15 about updates of classes.
func TestUpdateCases(t *testing.T) {
	withP := func() *cim.ClassDecl { return with(classB(), prop("string P")) }
	family := func(t *testing.T, d *cim.ClassDecl) *schemaTree { return newSchemaTree(t, classB(), d, classE()) }

	t.Run("put.md#45", func(t *testing.T) {
		s := family(t, classD())
		s.instances["B"], s.instances["D"] = 1, 1
		u, err := s.update(with(classB(), qual("Description", "new")), compatible)
		checkStatus(t, "Description", err, wbem.OK)
		if s.classes["B"].Qualifiers().Value("Description").Text() != "new" || u.deleteInstances {
			t.Errorf("plan %+v", u)
		}
	})
	t.Run("put.md#46 and model.md#36", func(t *testing.T) {
		_, err := family(t, classD()).update(withP(), compatible)
		checkStatus(t, "P", err, wbem.ClassHasChildren)
	})
	t.Run("put.md#47 and model.md#36", func(t *testing.T) {
		s := family(t, classD())
		_, err := s.update(withP(), safe)
		checkStatus(t, "P", err, wbem.OK)
		for _, name := range []string{"D", "E"} {
			if p := s.classes[name].Property("P"); p == nil || p.IsLocal() || p.Origin() != "B" {
				t.Errorf("%s.P: %+v", name, p)
			}
		}
	})
	t.Run("put.md#48", func(t *testing.T) {
		s := family(t, with(classD(), prop("uint8 P")))
		_, err := s.update(withP(), safe)
		checkStatus(t, "P", err, wbem.UpdateTypeMismatch)
		if s.classes["D"].Property("P").Type() != cim.TypeUint8 || s.classes["B"].Property("P") != nil {
			t.Error("something changed")
		}
	})
	t.Run("put.md#49", func(t *testing.T) {
		s := family(t, with(classD(), prop("uint8 P")))
		u, err := s.update(withP(), force)
		checkStatus(t, "P", err, wbem.OK)
		if p := s.classes["D"].Property("P"); p.Type() != cim.TypeString || p.IsLocal() {
			t.Errorf("D.P is a %v, local %v", p.Type(), p.IsLocal())
		}
		// One modification event for D, none for E.
		if u.children[0].decl == nil || u.children[1].decl != nil {
			t.Errorf("own definitions changed: %v", u.edits())
		}
	})
	t.Run("put.md#50", func(t *testing.T) {
		s := newSchemaTree(t, classKI())
		s.instances["KI"] = 2
		for _, flags := range []wbem.Flags{compatible, safe} {
			_, err := s.update(with(classKI(), prop("string P")), flags)
			checkStatus(t, "P", err, wbem.ClassHasInstances)
		}
	})
	t.Run("put.md#51", func(t *testing.T) {
		s := newSchemaTree(t, classKI())
		s.instances["KI"] = 2
		u, err := s.update(with(classKI(), prop("string P")), force)
		checkStatus(t, "P", err, wbem.OK)
		if !u.deleteInstances || u.instances != 2 {
			t.Errorf("plan %+v", u)
		}
	})
	t.Run("put.md#52", func(t *testing.T) {
		// What the provider has is not counted, so nothing is deleted.
		u, err := newSchemaTree(t, classDyn()).update(with(classDyn(), prop("string P")), force)
		checkStatus(t, "P", err, wbem.OK)
		if u.deleteInstances {
			t.Errorf("plan %+v", u)
		}
	})
	t.Run("put.md#53", func(t *testing.T) {
		s := family(t, classD())
		s.instances["D"] = 1
		_, err := s.update(withP(), force)
		checkStatus(t, "P", err, wbem.ClassHasInstances)
		if s.classes["B"].Property("P") != nil {
			t.Error("something changed")
		}
	})
	t.Run("put.md#54", func(t *testing.T) {
		s := newSchemaTree(t, classKI())
		moved := func() *cim.ClassDecl { return class("KI", prop("uint32 Num"), prop("string V", key)) }
		_, err := s.update(moved(), compatible)
		checkStatus(t, "key moves", err, wbem.OK)
		// Decision P-12a: with instances the matrix decides.
		s = newSchemaTree(t, classKI())
		s.instances["KI"] = 1
		_, err = s.update(moved(), safe)
		checkStatus(t, "key moves, instances", err, wbem.ClassHasInstances)
		u, err := s.update(moved(), force)
		checkStatus(t, "key moves, forced", err, wbem.OK)
		if err == nil && !u.deleteInstances {
			t.Error("instances stay under keys that are gone")
		}
	})
	t.Run("put.md#55", func(t *testing.T) {
		for _, flags := range []wbem.Flags{safe, force} {
			_, err := family(t, classD()).update(class("B", prop("string Id"), prop("sint32 N = 7", key), prop("string S")), flags)
			checkStatus(t, "key moves", err, wbem.CannotChangeKeyInheritance)
		}
	})
	t.Run("put.md#56", func(t *testing.T) {
		s := newSchemaTree(t, classKI())
		s.instances["KI"] = 1
		_, err := s.update(with(classKI(), qual("dynamic")), compatible)
		checkStatus(t, "dynamic", err, wbem.ClassHasInstances)
	})
	t.Run("put.md#57", func(t *testing.T) {
		s := family(t, with(classD(), qual("Q", "d")))
		_, err := s.update(with(classB(), qual("Q", "b", noOver)), safe)
		checkStatus(t, "safe", err, wbem.UpdateOverrideNotAllowed)
		_, err = s.update(with(classB(), qual("Q", "b", noOver)), force)
		checkStatus(t, "force", err, wbem.OK)
		if d := s.classes["D"]; len(d.Decl().Qualifiers) != 0 || d.Qualifiers().Value("Q").Text() != "b" {
			t.Errorf("D has own %v, effective %v", d.Decl().Qualifiers, d.Qualifiers())
		}
	})
	t.Run("put.md#58 and model.md#35", func(t *testing.T) {
		s := family(t, classD())
		s.instances["B"], s.instances["D"] = 1, 1
		before := s.classes["B"]
		u, err := s.update(classB(), compatible)
		checkStatus(t, "the same", err, wbem.OK)
		if u.change != changeNone || u.class != before || len(u.children) != 0 {
			t.Errorf("plan %+v", u)
		}
	})
	t.Run("put.md#59", func(t *testing.T) {
		c3 := func() *cim.ClassDecl { return class("C3 : B", prop("string Y")) }
		below := func() *cim.ClassDecl { return class("C3 : AB", prop("string Y")) }
		s := newSchemaTree(t, classB(), classAB(), c3())
		u, err := s.update(below(), compatible)
		checkStatus(t, "another superclass", err, wbem.OK)
		if u.class.SuperName() != "AB" {
			t.Errorf("superclass is %s", u.class.SuperName())
		}
		for _, flags := range []wbem.Flags{compatible, safe, force} {
			s = newSchemaTree(t, classB(), classAB(), c3())
			s.instances["C3"] = 1
			_, err = s.update(below(), flags)
			checkStatus(t, "with an instance", err, wbem.ClassHasInstances)
			s = newSchemaTree(t, classB(), classAB(), c3(), class("C4 : C3"))
			_, err = s.update(below(), flags)
			checkStatus(t, "with a child", err, wbem.ClassHasChildren)
		}
	})
}

// TestUpdateKeepsOwnRules: what a class may not be, it may not become.
func TestUpdateKeepsOwnRules(t *testing.T) {
	s := newSchemaTree(t, classB(), classD(), class("D2 : D"), classDyn(), class("DynD : Dyn", qual("dynamic")))
	for _, tc := range []struct {
		name string
		decl *cim.ClassDecl
		want cim.Status
	}{
		{"below itself", class("B : B", prop("string Id", key)), wbem.CircularReference},
		{"below its grandchild", class("B : D2", prop("string Id", key)), wbem.CircularReference},
		{"another key", with(classD(), prop("string J", key)), wbem.CannotChangeKeyInheritance},
		{"another type", with(classD(), prop("string N")), wbem.UpdateTypeMismatch},
		{"abstract below concrete", with(classD(), qual("abstract")), wbem.CannotBeAbstract},
		{"static below dynamic", class("DynD : Dyn"), wbem.InvalidOperation},
	} {
		for _, flags := range []wbem.Flags{compatible, safe, force} {
			_, err := s.update(tc.decl.Clone(), flags)
			checkStatus(t, tc.name, err, tc.want)
		}
	}
}

// TestUpdateKeepsOrigin: the new classes are stored where the old ones are.
func TestUpdateKeepsOrigin(t *testing.T) {
	s := newSchemaTree(t, classB(), classD())
	at := &cim.Origin{Server: "srv", Namespace: `root\t`}
	s.classes["B"] = s.classes["B"].At(at)
	u, err := s.update(with(classB(), prop("string P")), safe)
	if err != nil {
		t.Fatal(err)
	}
	if u.class.Origin() != at || u.children[0].class.Origin() != at {
		t.Errorf("origins %v and %v", u.class.Origin(), u.children[0].class.Origin())
	}
	if d := u.children[0].class; d.KeyClass() != u.class {
		t.Errorf("the key class of D is %p, not the new B %p", d.KeyClass(), u.class)
	}
}

// errTree fails to count.
type errTree struct{ *schemaTree }

func (errTree) InstanceCount(string, int) (int, error) { return 0, wbem.CriticalError }

func TestUpdateReportsStoreErrors(t *testing.T) {
	s := newSchemaTree(t, classB(), classD())
	_, err := planUpdate(s.classes["B"], nil, with(classB(), prop("string P")), safe, errTree{s})
	checkStatus(t, "put", err, wbem.CriticalError)
}
