package view_test

import (
	"testing"

	"openwmi/cim"
	"openwmi/providers/view"
	"openwmi/wbem"
)

// TestPut checks that a put on a union changes the object of the source, and
// that nothing is created.
func TestPut(t *testing.T) {
	st := open(t, view.Options{}, media+`
		[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM Medium"}]
		class Outer { [key, PropertySources{"Name"}] string Id; [PropertySources{"Size"}] uint64 Size; };
		[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM Counted"}]
		class Fixed { [key, PropertySources{"Id"}] uint32 Id; [PropertySources{"Size"}] uint32 Size; };
	`)
	s, b := st.connect(t, `root\a`), st.connect(t, `root\b`)
	put := func(inst *cim.Instance, o wbem.Options) error {
		_, err := s.PutInstance(t.Context(), inst, o)
		return err
	}
	set := func(inst *cim.Instance, name string, v cim.Value) *cim.Instance {
		if err := inst.Set(name, v); err != nil {
			t.Fatal(err)
		}
		return inst
	}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	floppy := set(get(t, s, `Medium.Name="F1"`), "Label", cim.StringValue("new"))
	ok(put(floppy, wbem.Options{}))
	wantRows(t, s, `SELECT * FROM Floppy`, "Floppy DeviceID=F1 Label=new Sides=2 Size=1")
	ok(put(set(get(t, s, `Medium.Name="T1"`), "Size", cim.Uint64Value(70)), wbem.Options{Flags: wbem.UpdateOnly}))
	wantRows(t, b, `SELECT Length FROM Tape WHERE Slot = "T1"`, "Tape Length=70")
	ok(put(set(floppy, "Label", cim.Value{}), wbem.Options{}))
	wantRows(t, s, `SELECT Label FROM Floppy`, "Floppy Label=NULL")

	for _, test := range []struct {
		name, path, property string
		value                cim.Value
		want                 wbem.Status
	}{
		{"a value that the source cannot have", `Medium.Name="T1"`, "Size", cim.Uint64Value(1 << 40), wbem.ValueOutOfRange},
		{"a property that the source does not have", `Medium.Name="T1"`, "Label", cim.StringValue("x"), wbem.ReadOnly},
		{"a system property", `Medium.Name="T1"`, "Kind", cim.StringValue("x"), wbem.ReadOnly},
		{"a hidden property", `Medium.Name="T1"`, "Present", cim.BoolValue(false), wbem.ReadOnly},
		{"another object", `Medium.Name="T1"`, "Name", cim.StringValue("T9"), wbem.ProviderNotCapable},
		{"what the source cannot write", `Fixed.Id=1`, "Size", cim.Uint32Value(9), wbem.ProviderNotCapable},
	} {
		wantStatus(t, test.name, put(set(get(t, s, test.path), test.property, test.value), wbem.Options{}), test.want)
	}
	fresh := set(get(t, s, `Medium.Name="T1"`), "Name", cim.StringValue("T9"))
	wantStatus(t, "create", put(fresh, wbem.Options{Flags: wbem.CreateOnly}), wbem.ProviderNotCapable)
	wantStatus(t, "update of nothing", put(fresh, wbem.Options{Flags: wbem.UpdateOnly}), wbem.NotFound)
	wantStatus(t, "create what is there", put(get(t, s, `Medium.Name="T1"`), wbem.Options{Flags: wbem.CreateOnly}), wbem.AlreadyExists)

	part := &wbem.Context{}
	part.Set("__PUT_EXTENSIONS", cim.BoolValue(true))
	part.Set("__PUT_EXT_PROPERTIES", cim.StringsValue([]string{"Size"}))
	disk := set(set(get(t, s, `Medium.Name="D1"`), "Size", cim.Uint64Value(101)), "Label", cim.StringValue("not this"))
	ok(put(disk, wbem.Options{Flags: wbem.UpdateOnly, Context: part}))
	wantRows(t, s, `SELECT * FROM Disk WHERE DeviceID = "D1"`, "Disk DeviceID=D1 Label=one Size=101")
	// Through a view of a view.
	ok(put(set(get(t, s, `Outer.Id="D1"`), "Size", cim.Uint64Value(102)), wbem.Options{}))
	wantRows(t, s, `SELECT Size FROM Disk WHERE DeviceID = "D1"`, "Disk Size=102")
	wantStatus(t, "delete", s.DeleteInstance(t.Context(), cim.MustParsePath(`Medium.Name="D1"`), wbem.Options{}), wbem.ProviderNotCapable)
}
