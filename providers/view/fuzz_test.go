package view

import (
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
)

// FuzzCompile checks that whatever stands in the qualifiers of a class is a plan
// or an error that names the class.
func FuzzCompile(f *testing.F) {
	f.Add("A.x = B.y AND (A.z <> B.z)", "SELECT * FROM A", `\\.\root\cimv2::root\b`, "Name", "SELECT * FROM V WHERE P = 1")
	f.Add("((A.x<=B.y)) and B.a!=A.b", "SELECT x FROM A WHERE x LIKE 'a%'", "root", "__PATH", "")
	f.Add("A . x = B", "REFERENCES OF {A}", "", "", "SELECT")
	f.Fuzz(func(t *testing.T, on, source, space, property, after string) {
		texts := func(s ...string) cim.Value { return cim.StringsValue(s) }
		decl := &cim.ClassDecl{
			Name: "V",
			Qualifiers: cim.Qualifiers{
				{Name: "JoinOn", Value: cim.StringValue(on)},
				{Name: "ViewSources", Value: texts(source, "SELECT * FROM B")},
				{Name: "ViewSpaces", Value: texts(space, "root")},
				{Name: "PostJoinFilter", Value: cim.StringValue(after)},
			},
			Properties: []cim.PropertyDecl{{Name: "P", Type: cim.TypeUint32, Qualifiers: cim.Qualifiers{
				{Name: "key", Value: cim.BoolValue(true)}, {Name: "PropertySources", Value: texts(property, "y")},
			}}},
		}
		class, err := cim.Derive(nil, decl)
		if err != nil {
			t.Fatal(err)
		}
		pl, err := compile(class)
		switch {
		case err != nil && (cim.StatusOf(err) != wbem.InvalidClass || !strings.Contains(err.Error(), "class V")):
			t.Errorf("%v", err)
		case err == nil:
			for _, m := range pl.on {
				if m.left.source >= m.right.source || m.left.name == "" || m.right.name == "" {
					t.Errorf("%q becomes %+v", on, m)
				}
			}
		}
	})
}
