package view_test

import (
	"testing"

	"openwmi/cim"
	"openwmi/providers/view"
	"openwmi/wbem"
)

const parts = `
	#pragma namespace("\\\\.\\root\\b")
	class Element { [key] string Id; };
	class Box : Element { };
	class Part : Element { uint32 Weight; };
	class Screw : Part { };
	instance of Box { Id = "b1"; };
	instance of Box { Id = "b2"; };
	instance of Part { Id = "p1"; Weight = 1; };
	instance of Screw { Id = "p2"; Weight = 2; };
	instance of Part { Id = "p3"; Weight = 100; };
	[association] class Holds { [key] Box ref Whole; [key] Part ref Item; uint32 Count; };
	instance of Holds { Whole = "Box.Id=\"b1\""; Item = "Part.Id=\"p1\""; Count = 3; };
	instance of Holds { Whole = "root\\b:Box='b1'"; Item = "Part.Id=\"p2\""; Count = 4; }; // by the name of the superclass
	instance of Holds { Whole = "Box.Id=\"b2\""; Item = "Part.Id=\"p3\""; };
	instance of Holds { Whole = "Box.Id=\"b9\""; Item = "Part.Id=\"p1\""; }; // of what is not there
	#pragma namespace("\\\\.\\root\\a")
	[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM Box"}, ViewSpaces{"root\\b"}]
	class BoxView { [key, PropertySources{"Id"}] string Name; };
	[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM Part WHERE Weight < 50"}, ViewSpaces{"root\\b"}]
	class PartView { [key, PropertySources{"Id"}] string Name; [PropertySources{"Weight"}] uint32 Weight; };
	[Association, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM Holds"}, ViewSpaces{"root\\b"}]
	class HoldsView {
		[key, PropertySources{"Whole"}] BoxView ref Whole;
		[key, PropertySources{"Item"}] PartView ref Item;
		[PropertySources{"Count"}] uint32 Count;
		[PropertySources{"Item"}, Direct] object ref Source;
	};
`

// TestAssociation checks that references of sources become references to
// objects of views, in both directions.
func TestAssociation(t *testing.T) {
	s := open(t, view.Options{}, parts).connect(t, `root\a`)
	const (
		one = `HoldsView Count=3 Item=\\HERE\root\a:PartView.Name="p1" Source=\\HERE\root\b:Part.Id="p1" Whole=\\HERE\root\a:BoxView.Name="b1"`
		two = `HoldsView Count=4 Item=\\HERE\root\a:PartView.Name="p2" Source=\\HERE\root\b:Part.Id="p2" Whole=\\HERE\root\a:BoxView.Name="b1"`
	)
	wantRows(t, s, "SELECT * FROM HoldsView", one, two) // a part that is in no view is in no association
	wantRows(t, s, `SELECT Count FROM HoldsView WHERE Item = "PartView.Name='p2'"`, "HoldsView Count=4")
	wantRows(t, s, `SELECT Count FROM HoldsView WHERE Item = "PartView.Name='p3'"`)
	wantRows(t, s, `SELECT Count FROM HoldsView WHERE Source = "\\\\.\\root\\b:Part='p1'"`, "HoldsView Count=3")
	wantRows(t, s, `REFERENCES OF {BoxView.Name="b1"}`, one, two)
	wantRows(t, s, `REFERENCES OF {PartView.Name="P2"} WHERE Role = Item`, two)
	wantRows(t, s, `ASSOCIATORS OF {BoxView.Name="b1"} WHERE ResultClass = PartView`, "PartView Name=p1 Weight=1", "PartView Name=p2 Weight=2")
	wantRows(t, s, `ASSOCIATORS OF {PartView.Name="p1"} WHERE AssocClass = HoldsView ResultRole = Whole`, "BoxView Name=b1")
	wantRows(t, s, `ASSOCIATORS OF {BoxView.Name="b2"} WHERE ResultClass = PartView`)
	if got := line(get(t, s, `HoldsView.Whole="BoxView.Name=\"b1\"",Item="PartView.Name=\"p2\""`)); got !=
		`HoldsView Count=4 Item=PartView.Name="p2" Source=\\HERE\root\b:Part.Id="p2" Whole=BoxView.Name="b1"` {
		t.Errorf("get: %s", got)
	}
	_, err := s.GetInstance(t.Context(), cim.MustParsePath(`HoldsView.Whole="BoxView.Name=\"b2\"",Item="PartView.Name=\"p2\""`), wbem.Options{})
	wantStatus(t, "get what is not associated", err, wbem.NotFound)
}
