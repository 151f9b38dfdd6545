package repository

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/wbem"
)

func (f *fixture) names(super string, deep bool) []string {
	f.Helper()
	var out []string
	for c, err := range f.ns.Subclasses(super, deep) {
		if err != nil {
			return append(out, cim.StatusOf(err).Name())
		}
		if !cim.IsSystemName(c.Name()) {
			out = append(out, c.Name())
		}
	}
	return out
}

// put.md#36 put.md#37 put.md#38 put.md#39 put.md#40 put.md#41 put.md#42
// put.md#43 put.md#44
func TestPutClassRules(t *testing.T) {
	long := strings.Repeat("x", 4097)
	tests := []struct {
		decl *cim.ClassDecl
		want cim.Status
	}{
		{class("_X"), wbem.InvalidOperation},
		{class("__Event"), wbem.InvalidOperation},
		{class("X_"), wbem.InvalidObject},
		{class("1X"), wbem.InvalidParameter},
		{class("X-Y"), wbem.InvalidParameter},
		{class(""), wbem.IncompleteClass},
		{class(long), wbem.QuotaViolation},
		{class("S1", qual("singleton"), prop("string Id", key)), wbem.CannotBeSingleton},
		{class("S2 : B", qual("singleton")), wbem.CannotBeSingleton},
		{class("A2 : B", qual("abstract")), wbem.CannotBeAbstract},
		{class("D2 : B", prop("string Other", key)), wbem.CannotChangeKeyInheritance},
		{class("R", prop("real32 X", key)), wbem.CannotBeKey},
		{class("D2 : B", prop("string N")), wbem.UpdateTypeMismatch},
		{class("Static : Dyn"), wbem.InvalidOperation},
		{class("D2 : Gone"), wbem.InvalidSuperclass},
		{class("Self : Self"), wbem.CircularReference},
		{class("B : D", prop("string Id", key)), wbem.CircularReference},
		{wide("Wide", 1025), wbem.TooManyProperties},
		{class("Key", key), wbem.InvalidQualifier},
		{class("B"), wbem.ClassHasChildren},
	}
	f := newFixture(t, classB(), classD(), classDyn(), class("Gone"))
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "Gone") })
	before := f.names("", true)
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%.20s", tt.decl.Name), func(t *testing.T) {
			f := *f
			f.TB = t
			f.putClass(tt.decl, 0, tt.want)
		})
	}
	if diff := cmp.Diff(before, f.names("", true)); diff != "" {
		t.Error(diff)
	}
}

// wide makes a class with n properties.
func wide(name string, n int) *cim.ClassDecl {
	d := class(name)
	for i := range n {
		d.Properties = append(d.Properties, prop(fmt.Sprintf("string P%d", i)))
	}
	return d
}

// put.md#13 put.md#60
func TestPutClassFlags(t *testing.T) {
	f := newFixture(t)
	f.putClass(class("B2"), wbem.UpdateOnly, wbem.NotFound)
	plan := f.putClass(class("B2"), wbem.CreateOnly|wbem.UpdateForceMode, wbem.OK)
	if diff := cmp.Diff(&wbem.ClassPlan{Class: "B2", Changed: true}, plan); diff != "" {
		t.Error(diff)
	}
	f.putClass(class("B2"), wbem.CreateOnly, wbem.AlreadyExists)
	plan = f.putClass(class("b2"), wbem.UpdateOnly, wbem.OK)
	if !plan.Exists || plan.Structural {
		t.Errorf("%+v", plan)
	}
	if got := f.names("", true); len(got) != 1 || got[0] != "b2" {
		t.Errorf("the spelling that was put last is %v", got)
	}
}

// put.md#45 put.md#47 put.md#49 put.md#50 put.md#51 put.md#53 put.md#54
// put.md#57 put.md#58 put.md#59
func TestUpdateClass(t *testing.T) {
	f := newFixture(t, classB(), classD(), classE(), classKI(), class("DD : D", prop("string Y")))
	origin := func(class, prop string) string {
		p := mustClass(t, f.ns, class).Property(prop)
		if p == nil {
			return ""
		}
		return p.Origin() + " " + p.Type().String()
	}
	description := with(classB(), qual("Description", "new", cim.ToSubclass))

	f.put(f.inst("D", "Id", "1", "U", 3), 0, wbem.OK)
	f.putClass(description, 0, wbem.OK)
	if got := mustClass(t, f.ns, "DD").Qualifiers().Value("Description").Text(); got != "new" {
		t.Errorf("description of DD is %q", got)
	}
	if got := f.get(`B="1"`); got != `D.Id="1" N=7 S=NULL U=3` {
		t.Error(got)
	}
	generation, _ := f.ns.Generation()
	plan := f.putClass(with(classB(), qual("Description", "new", cim.ToSubclass)), 0, wbem.OK)
	if again, _ := f.ns.Generation(); again != generation || plan.Changed {
		t.Errorf("the same class again: generation %d after %d, %+v", again, generation, plan)
	}
	// A child has instances.
	f.putClass(with(classB(), prop("string P")), wbem.UpdateForceMode, wbem.ClassHasInstances)
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteInstance(f.ns, cim.MustParsePath(`B="1"`)) })
	f.putClass(with(classB(), prop("string P")), 0, wbem.ClassHasChildren)
	f.putClass(with(classB(), prop("string P")), wbem.UpdateSafeMode, wbem.OK)
	for _, c := range []string{"D", "E", "DD"} {
		if got := origin(c, "P"); got != "B string" {
			t.Errorf("property P of %s: %q", c, got)
		}
	}
	// Instances in the new structure.
	f.put(f.inst("DD", "Id", "1", "P", "p", "Y", "y"), 0, wbem.OK)
	if got := f.get(`B="1"`); got != `DD.Id="1" N=7 P=p S=NULL U=NULL Y=y` {
		t.Error(got)
	}
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteInstance(f.ns, cim.MustParsePath(`DD="1"`)) })
	// Conflicts, resolved by force.
	f.putClass(with(classB(), prop("string U")), wbem.UpdateSafeMode, wbem.UpdateTypeMismatch)
	if got := origin("DD", "U"); got != "D uint8" {
		t.Errorf("property U of DD: %q", got)
	}
	plan = f.putClass(with(classB(), prop("string U")), wbem.UpdateForceMode, wbem.OK)
	if got := origin("DD", "U"); got != "B string" {
		t.Errorf("property U of DD: %q", got)
	}
	if len(plan.Subclasses) != 3 || plan.Subclasses[0].Class != "D" || len(plan.Subclasses[0].Removed) != 1 {
		t.Errorf("%+v", plan)
	}
	// Own instances go by force.
	f.put(f.inst("KI", "Num", 1), 0, wbem.OK)
	f.put(f.inst("KI", "Num", 2), 0, wbem.OK)
	more := func() *cim.ClassDecl { return with(classKI(), prop("string More")) }
	f.putClass(more(), 0, wbem.ClassHasInstances)
	f.putClass(more(), wbem.UpdateSafeMode, wbem.ClassHasInstances)
	plan = f.putClass(more(), wbem.UpdateForceMode, wbem.OK)
	if plan.Instances != 2 || !plan.Structural || len(f.all("KI", true)) != 0 {
		t.Errorf("%+v, instances %v", plan, f.all("KI", true))
	}
	// The key moves.
	f.putClass(class("KI", prop("uint32 Num"), prop("string V", key)), 0, wbem.OK)
	f.put(f.inst("KI", "V", "a"), 0, wbem.OK)
	if got := f.get(`KI="a"`); got != `KI.V="a" Num=NULL` {
		t.Error(got)
	}
	// Another superclass.
	f.putClass(classAB(), 0, wbem.OK)
	f.putClass(class("C3 : B"), 0, wbem.OK)
	f.put(f.inst("C3", "Id", "1"), 0, wbem.OK)
	f.putClass(class("C3 : AB"), 0, wbem.ClassHasInstances)
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteInstance(f.ns, cim.MustParsePath(`C3="1"`)) })
	f.putClass(class("C3 : AB"), 0, wbem.OK)
	if diff := cmp.Diff([]string{"C3"}, f.names("AB", true)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"D", "DD", "E"}, f.names("B", true)); diff != "" {
		t.Error(diff)
	}
}

// TestForcedIdentities deletes by force the instances of a class whose keys
// come from a superclass, so that the keys are free afterwards.
func TestForcedIdentities(t *testing.T) {
	f := newFixture(t, classB(), classD(), classE())
	f.put(f.inst("D", "Id", "1"), 0, wbem.OK)
	f.put(f.inst("E", "Id", "1"), 0, wbem.AlreadyExists)
	f.putClass(with(classD(), prop("string More")), wbem.UpdateForceMode, wbem.OK)
	f.put(f.inst("E", "Id", "1"), 0, wbem.OK)
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "E") })
	f.put(f.inst("D", "Id", "1", "More", "x"), 0, wbem.OK)
	if got := f.get(`B="1"`); got != `D.Id="1" More=x N=7 S=NULL U=NULL` {
		t.Error(got)
	}
}

// A class in use is not deleted, and nothing of it has changed then.
func TestDeleteUnusedClass(t *testing.T) {
	f := newFixture(t, classB(), classD())
	del := func(name string, want cim.Status) {
		t.Helper()
		f.update(want, func(tx *Tx) error { return tx.DeleteUnusedClass(f.ns, name) })
	}
	f.put(f.inst("D", "Id", "1"), 0, wbem.OK)
	del("__Event", wbem.InvalidOperation)
	del("Nope", wbem.NotFound)
	del("B", wbem.ClassHasChildren)
	f.putClass(&cim.ClassDecl{Name: "Leaf", Super: "D"}, 0, wbem.OK)
	del("D", wbem.ClassHasChildren)
	del("Leaf", wbem.OK)
	// What the same transaction has written counts.
	f.update(wbem.ClassHasInstances, func(tx *Tx) error {
		if _, err := tx.PutClass(f.ns, &cim.ClassDecl{Name: "Leaf", Super: "D"}, 0); err != nil {
			return err
		}
		c, err := tx.Class(f.ns, "Leaf")
		if err != nil {
			return err
		}
		inst := cim.NewInstance(c)
		if err := inst.Set("Id", cim.StringValue("2")); err != nil {
			return err
		}
		if _, err := tx.PutInstance(f.ns, inst, 0, nil); err != nil {
			return err
		}
		return tx.DeleteUnusedClass(f.ns, "Leaf")
	})
	if diff := cmp.Diff([]string{`D.Id="1" N=7 S=NULL U=NULL`}, f.all("B", true)); diff != "" {
		t.Error(diff)
	}
}

func TestDeleteClass(t *testing.T) {
	f := newFixture(t, classB(), classD(), classE(), class("DD : D"), classKI())
	f.put(f.inst("DD", "Id", "1"), 0, wbem.OK)
	f.put(f.inst("B", "Id", "2"), 0, wbem.OK)
	f.put(f.inst("KI", "Num", 2), 0, wbem.OK)
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "d") })
	if diff := cmp.Diff([]string{"B", "E", "KI"}, f.names("", true)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{`B.Id="2" N=7 S=NULL`}, f.all("B", true)); diff != "" {
		t.Error(diff)
	}
	f.put(f.inst("E", "Id", "1"), wbem.CreateOnly, wbem.OK)
	f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "B") })
	if diff := cmp.Diff([]string{"KI"}, f.names("", true)); diff != "" {
		t.Error(diff)
	}
	f.putClass(classB(), wbem.CreateOnly, wbem.OK)
	if got := f.all("B", true); got != nil {
		t.Errorf("a new class begins with %v", got)
	}
}

func TestSubclasses(t *testing.T) {
	f := newFixture(t, class("b"), class("A"), class("c : B"), class("D : C"), class("aa : B"))
	for _, tt := range []struct {
		super string
		deep  bool
		want  string
	}{
		{"", true, "A b aa c D"},
		{"", false, "A b"},
		{"B", true, "aa c D"},
		{"B", false, "aa c"},
		{"D", true, ""},
		{"None", true, "InvalidClass"},
	} {
		if got := strings.Join(f.names(tt.super, tt.deep), " "); got != tt.want {
			t.Errorf("below %q: %s, want %s", tt.super, got, tt.want)
		}
	}
	// The sequence goes on with what was there when it began.
	var got []string
	for c, err := range f.ns.Subclasses("B", true) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, c.Name()); len(got) == 1 {
			f.update(wbem.OK, func(tx *Tx) error { return tx.DeleteClass(f.ns, "b") })
		}
	}
	if len(got) != 3 {
		t.Errorf("while the classes were deleted: %v", got)
	}
}

func TestReferences(t *testing.T) {
	f := newFixture(t, classB(), class("Link", qual("association"), prop("ref:B From", key), prop("ref:B To", key)),
		class("A : Link"), class("Lists", prop("ref[] All")), class("Other"), class("Below : Other"))
	names := func() (out []string) {
		for c, err := range f.ns.References() {
			if err != nil {
				t.Fatal(err)
			}
			if !cim.IsSystemName(c.Name()) {
				out = append(out, c.Name())
			}
		}
		return out
	}
	if diff := cmp.Diff([]string{"Link", "A", "Lists"}, names()); diff != "" {
		t.Error(diff)
	}
	f.putClass(class("Other", prop("ref Any")), wbem.UpdateSafeMode, wbem.OK)
	f.putClass(class("Lists"), 0, wbem.OK)
	if diff := cmp.Diff([]string{"Link", "A", "Other", "Below"}, names()); diff != "" {
		t.Error(diff)
	}
}

// TestDeepDerivation puts as long a chain of classes as is allowed.
func TestDeepDerivation(t *testing.T) {
	f := newFixture(t)
	f.update(wbem.OK, func(tx *Tx) error {
		super := ""
		for i := range cim.MaxDerivation {
			name := fmt.Sprintf("C%d", i)
			if _, err := tx.PutClass(f.ns, &cim.ClassDecl{Name: name, Super: super}, 0); err != nil {
				return err
			}
			super = name
		}
		_, err := tx.PutClass(f.ns, &cim.ClassDecl{Name: "Last", Super: super}, 0)
		f.status("one more", err, wbem.QuotaViolation)
		return nil
	})
}
