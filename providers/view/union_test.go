package view_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/view"
	"openwmi/wbem"
)

const media = `
	#pragma namespace("\\\\.\\root\\b")
	class Tape { [key] string Slot; boolean Loaded; uint32 Length; };
	instance of Tape { Slot = "T1"; Loaded = TRUE; Length = 7; };
	instance of Tape { Slot = "T2"; Loaded = FALSE; Length = 8; };
	instance of Tape { Slot = "T \"3\\"; Loaded = TRUE; };
	#pragma namespace("\\\\.\\root\\a")
	class Disk { [key] string DeviceID; uint64 Size; string Label; };
	class Floppy : Disk { uint8 Sides; };
	instance of Disk { DeviceID = "D1"; Size = 100; Label = "one"; };
	instance of Floppy { DeviceID = "F1"; Size = 1; Label = "flop"; Sides = 2; };
	[Union, dynamic: ToInstance, provider("MS_VIEW_INSTANCE_PROVIDER"): ToInstance,
	 ViewSources{"SELECT * FROM Disk", "SELECT * FROM Tape WHERE Loaded = TRUE"},
	 ViewSpaces{"\\\\.\\root\\a", "root\\b"}]
	class Medium {
		[key, PropertySources{"DeviceID", "Slot"}] string Name;
		[PropertySources{"Size", "Length"}] uint64 Size = 5;
		[PropertySources{"Label", ""}] string Label = "default";
		[PropertySources{"Sides", "NoSuch"}] uint8 Sides;
		[PropertySources{"__NAMESPACE", "__NAMESPACE"}] string Space;
		[PropertySources{"__CLASS", "__CLASS"}] string Kind;
		[PropertySources{"__PATH", "__PATH"}] string Source;
		[HiddenDefault] boolean Present = TRUE;
	};
`

// TestUnion is system-classes.md#17: a union over two namespaces has the
// instances of both, and their keys are distinct.
func TestUnion(t *testing.T) {
	s := open(t, view.Options{}, media).connect(t, `root\a`)
	const (
		disk   = `Medium Kind=Disk Label=one Name=D1 Present=TRUE Sides=NULL Size=100 Source=\\HERE\root\a:Disk.DeviceID="D1" Space=root\a`
		floppy = `Medium Kind=Floppy Label=flop Name=F1 Present=TRUE Sides=NULL Size=1 Source=\\HERE\root\a:Floppy.DeviceID="F1" Space=root\a`
		odd    = `Medium Kind=Tape Label=NULL Name=T "3\ Present=TRUE Sides=NULL Size=NULL Source=\\HERE\root\b:Tape.Slot="T \"3\\" Space=root\b`
		tape   = `Medium Kind=Tape Label=NULL Name=T1 Present=TRUE Sides=NULL Size=7 Source=\\HERE\root\b:Tape.Slot="T1" Space=root\b`
	)
	all := []string{disk, floppy, odd, tape}
	wantRows(t, s, "SELECT * FROM Medium", all...)
	for _, test := range []struct {
		where string
		want  []string
	}{
		{`Name = "d1"`, []string{disk}},
		{`Name = "T2"`, nil}, // which the source leaves out
		{`Name = "T \"3\\"`, []string{odd}},
		{`Name LIKE "T%"`, []string{odd, tape}},
		{`Size >= 7`, []string{disk, tape}},
		{`Size = 5000000000`, nil}, // which no Tape can have
		{`Size > 5 AND Size < 4294967296000`, []string{disk, tape}},
		{`Size IS NULL`, []string{odd}},
		{`Label = "default"`, nil},
		{`Label IS NULL`, []string{odd, tape}},
		{`Space = "ROOT\\B"`, []string{odd, tape}},
		{`Kind = "Floppy"`, []string{floppy}},
		{`Kind = "Disk" OR Kind = "Tape"`, []string{disk, odd, tape}},
		{`Present = TRUE`, all},
		{`Present = FALSE`, nil},
		{`Source = "\\\\HERE\\root\\b:Tape.Slot=\"T1\""`, []string{tape}},
		{`Source = "nonsense"`, nil},
		{`Name = "D1" OR Size = 7`, []string{disk, tape}},
	} {
		wantRows(t, s, "SELECT * FROM Medium WHERE "+test.where, test.want...)
	}
	wantRows(t, s, "SELECT Label FROM Medium WHERE Size = 100", "Medium Label=one")
	wantRows(t, s, "SELECT Source FROM Medium WHERE Size = 100", `Medium Source=\\HERE\root\a:Disk.DeviceID="D1"`)
	if got := line(get(t, s, `Medium.Name="t1"`)); got != tape {
		t.Errorf("get: %s", got)
	}
	_, err := s.GetInstance(t.Context(), cim.MustParsePath(`Medium.Name="T2"`), wbem.Options{})
	wantStatus(t, "get what a source leaves out", err, wbem.NotFound)
}

// TestSpaces checks that a source may be in several namespaces, and that system
// properties can be keys.
func TestSpaces(t *testing.T) {
	s := open(t, view.Options{}, `
		#pragma namespace("\\\\.\\root\\b")
		class Thing { [key] uint32 Id; string Text; };
		instance of Thing { Id = 1; Text = "b"; };
		#pragma namespace("\\\\.\\root\\a")
		class Thing { [key] uint32 Id; string Text; };
		instance of Thing { Id = 1; Text = "a"; };
		[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM Thing"}, ViewSpaces{"root\\a :: \\\\.\\root\\b"}]
		class Everywhere {
			[key, PropertySources{"__NAMESPACE"}] string Space;
			[key, PropertySources{"Id"}] sint64 Number;
			[PropertySources{"Text"}] string Text;
		};
		[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM Thing"}, ViewSpaces{"root\\a::root\\b"}]
		class ByPath { [key, PropertySources{"__PATH"}] string Path; [PropertySources{"Text"}] string Text; };
		[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM ByPath", "SELECT * FROM ByPath"}]
		class Twice { [key, PropertySources{"Path", "Text"}] string Name; };
	`).connect(t, `root\a`)
	wantRows(t, s, "SELECT * FROM Everywhere", `Everywhere Number=1 Space=root\a Text=a`, `Everywhere Number=1 Space=root\b Text=b`)
	for _, space := range []string{"a", "b"} {
		inst := get(t, s, `Everywhere.Number=1,Space="root\\`+space+`"`)
		if v, _ := inst.Get("Text"); v.Text() != space {
			t.Errorf("%s: %v", space, v)
		}
		inst = get(t, s, `ByPath.Path="\\\\HERE\\root\\`+space+`:Thing.Id=1"`)
		if v, _ := inst.Get("Text"); v.Text() != space {
			t.Errorf("by path in %s: %v", space, v)
		}
	}
	_, err := s.GetInstance(t.Context(), cim.MustParsePath(`Everywhere.Number=1,Space="root\\c"`), wbem.Options{})
	wantStatus(t, "get from nowhere", err, wbem.NotFound)
	// A view over a view.
	wantRows(t, s, "SELECT * FROM Twice", `Twice Name=\\HERE\root\a:Thing.Id=1`, `Twice Name=\\HERE\root\b:Thing.Id=1`, "Twice Name=a", "Twice Name=b")
}

// TestPushDown checks what sources are asked for.
func TestPushDown(t *testing.T) {
	st := open(t, view.Options{}, `
		#pragma namespace("\\\\.\\root\\a")
		[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM Counted", "SELECT * FROM Counted WHERE Size < 500"}, ViewSpaces{"root\\a", "root\\b"}]
		class Numbers {
			[key, PropertySources{"Id", "Id"}] uint32 Number;
			[key, PropertySources{"__NAMESPACE", "__NAMESPACE"}] string Space;
			[PropertySources{"Name", ""}] string Title;
			[PropertySources{"Size", "Size"}] uint64 Bytes;
		};
		[JoinOn("Counted.Id = Price.Item AND Counted.Size <= Price.Most"), dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"),
		 ViewSources{"SELECT * FROM Counted", "SELECT * FROM Price"}, ViewSpaces{"root\\b", "root\\a"}]
		class Priced {
			[key, PropertySources{"", "Item"}] uint32 Item;
			[PropertySources{"Name", ""}] string Title;
			[PropertySources{"", "Cents"}] uint32 Cents;
		};
		class Price { [key] uint32 Item; uint32 Cents; uint32 Most; };
		instance of Price { Item = 3; Cents = 33; Most = 1000; };
		instance of Price { Item = 4; Cents = 44; Most = 1; };
	`)
	s := st.connect(t, `root\a`)
	for _, test := range []struct {
		query string
		count int
		asked []string
	}{
		{"SELECT * FROM Numbers", 150, []string{`root\a  of Id,Name,Size`, `root\b Size NULL..499 of Id,Size`}},
		{"SELECT Bytes FROM Numbers WHERE Number = 7", 2, []string{`root\a get 7`, `root\b get 7`}},
		{`SELECT Title FROM Numbers WHERE Title = "n8"`, 1, []string{`root\a Name=[n8] of Id,Name`}},
		{`SELECT Number FROM Numbers WHERE Space = "root\\b" AND Bytes > 480`, 1, []string{`root\b Size 481..499 of Id,Size`}},
		{`SELECT Number FROM Numbers WHERE Bytes > 5000000000`, 0, nil},
		{`SELECT * FROM Numbers WHERE Number = 7 AND Space = "root\\a"`, 1, []string{`root\a get 7`}},
		// What is equal in a join is known of all of it.
		{`SELECT * FROM Priced WHERE Item = 3`, 1, []string{`root\b get 3`}},
		{`SELECT Cents FROM Priced`, 1, []string{`root\b  of Id,Size`}},
		{`SELECT * FROM Priced WHERE Item = 4`, 0, []string{`root\b get 4`}},
	} {
		st.counter.taken()
		if got := rows(t, s, test.query); len(got) != test.count {
			t.Errorf("%s: %d rows, want %d: %v", test.query, len(got), test.count, got)
		}
		if diff := cmp.Diff(test.asked, st.counter.taken()); diff != "" {
			t.Errorf("%s (-want +asked)\n%s", test.query, diff)
		}
	}
	st.counter.taken()
	get(t, s, `Numbers.Number=9,Space="root\\b"`)
	if diff := cmp.Diff([]string{`root\b get 9`}, st.counter.taken()); diff != "" {
		t.Errorf("get (-want +asked)\n%s", diff)
	}
}
