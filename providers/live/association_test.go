package live_test

import (
	"context"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/wbem"
)

// From an object, what it is associated with is found without a look at others.
func TestAssociation(t *testing.T) {
	type house struct{ name string }
	const mof = `#pragma namespace("\\\\.\\root\\cimv2")
		instance of __Win32Provider as $P { Name = "P"; };
		instance of __InstanceProviderRegistration { Provider = $P; SupportsGet = TRUE; SupportsEnumeration = TRUE; QuerySupportLevels = {"WQL:UnarySelect"}; };
		class Building { [key] string Street; [key] string Name; };
		[dynamic, provider("P")] class House : Building { };
		class Win32_ComputerSystem { [key] string Name; };
		instance of Win32_ComputerSystem { Name = "PC"; };
		[dynamic, provider("P"), association] class Owns { [key] Win32_ComputerSystem ref Owner; [key] Building ref What; };`
	looked := 0
	houses := &live.Class[house]{
		Name: "House",
		All: func(context.Context) iter.Seq2[*house, error] {
			looked++
			return func(yield func(*house, error) bool) { _ = yield(&house{"a"}, nil) && yield(&house{"b"}, nil) }
		},
		Find: map[string]live.Finder[house]{"Name": func(_ context.Context, v cim.Value) ([]*house, error) {
			if v.Text() != "a" && v.Text() != "b" {
				return nil, nil
			}
			return []*house{{v.Text()}}, nil
		}},
		Fields: []live.Field[house]{
			live.Const[house]("Street", cim.StringValue("s")),
			{Name: "Name", Get: func(h *house) cim.Value { return cim.StringValue(h.name) }},
		},
	}
	sys := &live.System{Computer: "PC"}
	owns := live.Association("Owns", houses, live.ToComputer[house]("Owner", sys), live.To("What", houses, "Street", "Name"))
	svc := providertest.Open(t, map[string]any{"P": live.New(houses, owns)}, []byte(mof))
	for _, test := range []struct {
		query  string
		want   []string
		looked int
	}{
		{`REFERENCES OF {House.Street="s",Name="a"}`, []string{`Owns.Owner="Win32_ComputerSystem.Name=\"PC\"",What="House.Name=\"a\",Street=\"s\""`}, 0},
		{`ASSOCIATORS OF {House.Street="s",Name="a"}`, []string{`Win32_ComputerSystem.Name="PC"`}, 0},
		{`ASSOCIATORS OF {Building.Street="s",Name="b"}`, []string{`Win32_ComputerSystem.Name="PC"`}, 0},
		{`SELECT * FROM Owns WHERE What = 'House.Name="b",Street="s"'`, []string{`Owns.Owner="Win32_ComputerSystem.Name=\"PC\"",What="House.Name=\"b\",Street=\"s\""`}, 0},
		{`SELECT * FROM Owns WHERE What = 'House.Name="b",Street="other"'`, nil, 0},
		{`SELECT * FROM Owns WHERE What = 'Other.Name="b"' OR What = 'nonsense'`, nil, 0},
		{`ASSOCIATORS OF {Win32_ComputerSystem.Name="PC"}`, []string{`House.Name="a",Street="s"`, `House.Name="b",Street="s"`}, 1},
	} {
		looked = 0
		var got []string
		for _, inst := range providertest.Query(t, svc, test.query) {
			p, _ := cim.RelPath(inst)
			got = append(got, p.String())
		}
		if diff := cmp.Diff(test.want, got); diff != "" || looked != test.looked {
			t.Errorf("%s looked at all %d times:\n%s", test.query, looked, diff)
		}
	}
}

// What is not available has no associations, and says so itself; what fails
// otherwise, or on the way, fails.
func TestAssociationNotAvailable(t *testing.T) {
	type house struct{ name string }
	const mof = `#pragma namespace("\\\\.\\root\\cimv2")
		instance of __Win32Provider as $P { Name = "P"; };
		instance of __InstanceProviderRegistration { Provider = $P; SupportsGet = TRUE; SupportsEnumeration = TRUE; };
		[dynamic, provider("P")] class House { [key] string Name; };
		class Win32_ComputerSystem { [key] string Name; };
		[dynamic, provider("P"), association] class Owns { [key] Win32_ComputerSystem ref Owner; [key] House ref What; };`
	for _, test := range []struct {
		name  string
		some  bool
		fails wbem.Status
		want  wbem.Status // of the association
	}{
		{"none", false, wbem.NotAvailable, 0},
		{"on the way", true, wbem.NotAvailable, wbem.NotAvailable},
		{"denied", false, wbem.AccessDenied, wbem.AccessDenied},
	} {
		houses := &live.Class[house]{
			Name: "House",
			All: func(context.Context) iter.Seq2[*house, error] {
				return func(yield func(*house, error) bool) {
					if !test.some || yield(&house{"a"}, nil) {
						yield(nil, test.fails)
					}
				}
			},
			Fields: []live.Field[house]{{Name: "Name", Get: func(h *house) cim.Value { return cim.StringValue(h.name) }}},
		}
		owns := live.Association("Owns", houses, live.ToComputer[house]("Owner", &live.System{Computer: "PC"}), live.To("What", houses, "Name"))
		svc := providertest.Open(t, map[string]any{"P": live.New(houses, owns)}, []byte(mof))
		for class, want := range map[string]wbem.Status{"House": test.fails, "Owns": test.want} {
			var got error
			for _, err := range svc.Instances(t.Context(), class, wbem.Options{}) {
				got = err
			}
			if cim.StatusOf(got) != want {
				t.Errorf("%s: %s: %v", test.name, class, got)
			}
		}
	}
}
