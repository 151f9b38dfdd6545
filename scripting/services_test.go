package scripting_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"openwmi/scripting"
	"openwmi/wbem"
)

const immediately = scripting.FlagReturnImmediately

// scripting-api.md#10 to scripting-api.md#13.
func TestGet(t *testing.T) {
	f := newFixture(t)
	f.store("B", "Id", "1")

	// scripting-api.md#10: an empty class that can be named.
	c := f.get("")
	f.equal(c.Path().Class(), "")
	f.value(c, "__GENUS", int32(1))
	f.ok(c.Path().SetClass("New"))
	f.equal(c.Path().Class(), "New")
	f.ok(second(c.Properties().Add("P", scripting.CimtypeString, false, 0)))
	f.ok(second(f.Put(c, 0, nil)))
	f.equal(f.get("New").Properties().Count(), 1)

	for _, test := range []struct {
		path  string
		flags scripting.Flags
		want  wbem.Status
	}{
		{`B.Id="1"`, 0, wbem.OK},
		{`b.id='1'`, scripting.FlagNoErrorObject, wbem.OK},
		{`\\HOST\root\t:B.Id="1"`, 0, wbem.OK},
		{`B`, scripting.FlagUseAmendedQualifiers | scripting.FlagDirectRead, wbem.OK},
		{`NoSuch.K=1`, 0, wbem.NotFound},          // scripting-api.md#11
		{`B.Id="2"`, 0, wbem.NotFound},            // scripting-api.md#11
		{`NoSuch`, 0, wbem.NotFound},              // Decision S-11
		{`A.K=`, 0, wbem.InvalidObjectPath},       // scripting-api.md#12
		{`B`, 0x1000000, wbem.InvalidParameter},   // scripting-api.md#13
		{`B`, immediately, wbem.InvalidParameter}, // no set
		{`B`, scripting.FlagSendStatus, wbem.InvalidParameter},
		{`\\HOST\root\u:B`, 0, wbem.NotFound}, // Decision S-10
		{`root\t`, 0, wbem.InvalidObjectPath},
	} {
		o, err := f.Get(test.path, test.flags, nil)
		f.status(err, test.want)
		if (o == nil) != (err != nil) {
			t.Errorf("%s: %v with %v", test.path, o, err)
		}
	}
}

// scripting-api.md#14 to scripting-api.md#19: enumerations.
func TestEnumerations(t *testing.T) {
	f := newFixture(t)
	f.store("B", "Id", "1")
	f.store("D", "Id", "2")
	instances := func(class string, flags scripting.Flags) string {
		set, err := f.InstancesOf(class, flags, nil)
		if err != nil {
			return "failed " + wbem.StatusOf(err).Name()
		}
		return paths(set)
	}
	subclasses := func(class string, flags scripting.Flags) string {
		set, err := f.SubclassesOf(class, flags, nil)
		if err != nil {
			return "failed " + wbem.StatusOf(err).Name()
		}
		return paths(set)
	}
	// scripting-api.md#18: all classes, or the top-level ones.
	for flags, want := range map[scripting.Flags]bool{0: true, scripting.QueryFlagShallow: false} {
		all := " " + subclasses("", flags) + " "
		if !strings.Contains(all, " B ") || strings.Contains(all, " D ") != want || !strings.Contains(all, " __SystemClass ") {
			t.Errorf("SubclassesOf(\"\", %d) = %s", flags, all)
		}
	}
	for _, mode := range []scripting.Flags{0, immediately, immediately | scripting.FlagForwardOnly} {
		f.equal(instances("B", mode), `B.Id="1" D.Id="2"`)                    // scripting-api.md#17
		f.equal(instances("B", mode|scripting.QueryFlagShallow), `B.Id="1"`)  // scripting-api.md#17
		f.equal(instances("D", mode|scripting.FlagNoErrorObject), `D.Id="2"`) //
		f.equal(instances("KI", mode), "")                                    //
		f.equal(instances("", mode), "failed InvalidParameter")               // scripting-api.md#14
		f.equal(instances("B", mode|0x8), "failed InvalidParameter")          //
		f.equal(instances("B", mode|scripting.FlagSendStatus), "failed InvalidParameter")
		f.equal(subclasses("B", mode), "D DN E")                        // scripting-api.md#19
		f.equal(subclasses("M", mode|scripting.QueryFlagShallow), "M2") // scripting-api.md#19
		f.equal(subclasses("D", mode), "")
		want := "failed InvalidClass" // scripting-api.md#16
		if mode != 0 {
			want = "InvalidClass" // scripting-api.md#15: when the set is used
		}
		f.equal(instances("NoSuch", mode), want)
		f.equal(subclasses("NoSuch", mode), want)
	}
	set, err := f.InstancesOf("NoSuch", immediately, nil)
	f.ok(err)
	f.status(second(set.Count()), wbem.InvalidClass) // scripting-api.md#15
	f.status(second(f.InstancesOf("NoSuch", 0, nil)), wbem.InvalidClass)

	inst := f.get(`D.Id="2"`)
	set, err = inst.Instances(immediately, nil)
	f.ok(err)
	f.equal(paths(set), `D.Id="2"`)
	set, err = f.get("B").Subclasses(immediately, nil)
	f.ok(err)
	f.equal(paths(set), "D DN E")
}

// scripting-api.md#36, scripting-api.md#37: what Delete deletes.
func TestDelete(t *testing.T) {
	f := newFixture(t)
	f.store("B", "Id", "1")
	f.store("D", "Id", "2")
	f.status(f.Delete(`B.Id="9"`, 0, nil), wbem.NotFound)
	f.status(f.Delete(`NoSuch.K=1`, 0, nil), wbem.InvalidClass)
	f.status(f.Delete(`NoSuch`, 0, nil), wbem.NotFound)
	f.status(f.Delete(`__SystemClass`, 0, nil), wbem.InvalidOperation)
	f.status(f.Delete(`B.Id=`, 0, nil), wbem.InvalidObjectPath)
	f.status(f.Delete(`B.Id="1"`, 1, nil), wbem.InvalidParameter)
	f.status(f.Delete(`B.Id="1"`, scripting.FlagSendStatus, nil), wbem.InvalidParameter)
	f.ok(f.Delete(`B.Id="1"`, 0, nil))
	f.status(second(f.Get(`B.Id="1"`, 0, nil)), wbem.NotFound)
	f.ok(f.Delete("B", 0, nil))
	for _, path := range []string{"B", "D", "E", `D.Id="2"`} {
		f.status(second(f.Get(path, 0, nil)), wbem.NotFound)
	}
	c := f.get("KI")
	f.ok(c.Delete(0, nil))
	f.status(c.Delete(0, nil), wbem.NotFound)
	f.status(c.Delete(scripting.FlagSendStatus, nil), wbem.InvalidParameter)
}

// scripting-api.md#52, async-and-security.md#29, async-and-security.md#30: the
// error object of the last failure, once.
func TestLastError(t *testing.T) {
	f := newFixture(t)
	f.status(second(f.LastError()), wbem.Failed)
	_, failure := f.Get(`B.Id="9"`, 0, nil)
	f.get("B") // a success does not consume it
	f.status(second(f.Get("B", 0x1000000, nil)), wbem.InvalidParameter)
	e, err := f.LastError()
	f.ok(err)
	f.value(e.Object, "StatusCode", int32(-2147217406)) // 0x80041002
	f.value(e.Object, "Operation", "GetObject")
	f.value(e.Object, "ParameterInfo", `B.Id="9"`)
	f.value(e.Object, "ProviderName", "Windows Management")
	f.value(e.Object, "Description", nil)
	f.equal(e.Path().Class(), "__ExtendedStatus")
	f.status(second(f.LastError()), wbem.Failed)

	// The same object goes with the error.
	var se *scripting.Error
	if !errors.As(failure, &se) || se.LastError == nil {
		t.Fatalf("error %#v", failure)
	}
	f.value(se.LastError.Object, "Operation", "GetObject")
	var we *wbem.Error
	if !errors.As(failure, &we) || !errors.Is(failure, scripting.ErrNotFound) {
		t.Errorf("error %#v", failure)
	}
	if se.Number != wbem.NotFound || se.Description == "" {
		t.Errorf("error %+v", se)
	}

	// What needs a namespace is not there.
	f.status(second(e.Put(0, nil)), wbem.NotSupported)
	f.status(e.Delete(0, nil), wbem.NotSupported)
	f.status(second(e.Instances(0, nil)), wbem.NotSupported)
	f.status(second(e.Subclasses(0, nil)), wbem.NotSupported)
	f.status(second(e.Associators("", "", "", "", false, false, "", "", 0, nil)), wbem.NotSupported)
	f.status(second(e.References("", "", false, false, "", 0, nil)), wbem.NotSupported)
	f.status(e.Refresh(0, nil), wbem.NotSupported)
	text, err := e.GetObjectText(0)
	f.ok(err)
	if !strings.Contains(text, "instance of __ExtendedStatus") {
		t.Errorf("text %s", text)
	}

	// Sets fail when they are used, and a newer failure replaces an older one.
	set, err := f.InstancesOf("NoSuch", immediately, nil)
	f.ok(err)
	f.status(second(f.LastError()), wbem.Failed)
	f.status(second(set.Count()), wbem.InvalidClass)
	f.status(f.Delete("NoSuch", 0, nil), wbem.NotFound)
	e, err = f.LastError()
	f.ok(err)
	f.value(e.Object, "Operation", "DeleteClass")
}

// The context of a session ends its calls.
func TestWithContext(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := f.Services.WithContext(ctx)
	o, err := s.Get("B", 0, nil)
	f.ok(err)
	cancel()
	f.status(second(s.Get("B", 0, nil)), wbem.CallCancelled)
	f.status(second(o.Put(0, nil)), wbem.CallCancelled)
	f.ok(second(f.Services.Get("B", 0, nil)))
	f.status(second(f.locator.WithContext(ctx).ConnectServer("", "root", "", "", "", "", 0, nil)), wbem.CallCancelled)
}

func TestClose(t *testing.T) {
	f := newFixture(t)
	s := f.connect(`root\t`)
	f.ok(s.Close())
	if _, err := s.Get("B", 0, nil); err == nil {
		t.Error("a closed session answers")
	}
	again := scripting.NewServices(f.Session())
	f.ok(second(again.Get("B", 0, nil)))
}

// The description of errors is for connections that a locator made.
func TestDescription(t *testing.T) {
	f := newFixture(t)
	o, err := f.locator.GetObject(`winmgmts:root\t`)
	f.ok(err)
	_, err = o.(*scripting.Services).Get("NoSuch", 0, nil)
	if e := err.(*scripting.Error); e.Description != "" || e.Number != wbem.NotFound || !strings.Contains(e.Error(), "NotFound") {
		t.Errorf("error %+v", e)
	}
	_, err = f.Get("NoSuch", 0, nil)
	if e := err.(*scripting.Error); e.Description == "" {
		t.Errorf("error %+v", e)
	}
}
