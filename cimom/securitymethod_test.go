package cimom_test

import (
	"os/user"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/wbem"
)

// mask returns the rights of the caller as GetCallerAccessRights says.
func mask(t *testing.T, s wbem.Services) access.Rights {
	t.Helper()
	out, err := s.ExecMethod(t.Context(), cim.MustParsePath("__SystemSecurity=@"), "GetCallerAccessRights", nil, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, _ := out.Get("rights")
	return access.Rights(v.Int())
}

// sd returns what GetSD says, as text.
func sd(t *testing.T, s wbem.Services) string {
	t.Helper()
	out, err := s.ExecMethod(t.Context(), cim.MustParsePath("__SystemSecurity"), "GetSD", nil, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, _ := out.Get("SD")
	d, err := access.DecodeDescriptor(v.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := out.Get("ReturnValue"); v.IsNull() || v.Uint() != 0 {
		t.Errorf("GetSD returned %v", v)
	}
	return d.String()
}

// setSD has SetSD set bytes.
func setSD(t *testing.T, s wbem.Services, b []byte) error {
	t.Helper()
	_, err := s.ExecMethod(t.Context(), cim.MustParsePath("__SystemSecurity"), "SetSD", argument(t, s, "SetSD", "SD", cim.BytesValue(b)), wbem.Options{})
	return err
}

// setSDDL does so with what a text stands for.
func setSDDL(t *testing.T, s wbem.Services, sddl string) error {
	t.Helper()
	d, err := access.ParseSDDL(sddl)
	var b []byte
	if err == nil {
		b, err = d.Bytes()
	}
	if err != nil {
		t.Fatal(err)
	}
	return setSD(t, s, b)
}

// argument returns the parameters of a method of __SystemSecurity with one set.
func argument(t *testing.T, s wbem.Services, method, parameter string, v cim.Value) *cim.Instance {
	t.Helper()
	c, err := s.GetClass(t.Context(), "__SystemSecurity", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	inst := cim.NewInstance(c.Method(method).Signature(false))
	if err := inst.Set(parameter, v); err != nil {
		t.Fatal(err)
	}
	return inst
}

// async-and-security.md#37 async-and-security.md#38 async-and-security.md#39
// async-and-security.md#43 system-classes.md#5 system-classes.md#6: SetSD.
func TestSetSD(t *testing.T) {
	l := newLab(t, nil, "")
	before := sd(t, l)
	if err := setSDDL(t, l, before); err != nil {
		t.Fatal(err)
	}
	equal(t, "the same bytes", sd(t, l), before)

	u := l.as(access.MethodExecute)
	_, err := u.ExecMethod(t.Context(), cim.MustParsePath("__SystemSecurity"), "GetSD", nil, wbem.Options{})
	wantStatus(t, "GetSD without ReadControl", err, wbem.AccessDenied)
	wantStatus(t, "SetSD without WriteDAC", setSDDL(t, u, before), wbem.AccessDenied)
	u = l.as(access.MethodExecute | access.ReadControl)
	before = sd(t, l)
	equal(t, "GetSD with ReadControl", sd(t, u), before)
	wantStatus(t, "SetSD with ReadControl", setSDDL(t, u, before), wbem.AccessDenied)

	for _, tc := range []struct {
		sddl string
		want wbem.Status
	}{
		{"O:BAG:BAD:(A;;0x4;;;WD)", wbem.InvalidParameter},
		{"O:BAG:BAD:(A;;0xc;;;WD)", wbem.InvalidParameter},
		{"O:BAG:BAD:(A;;0x14;;;WD)", wbem.InvalidParameter},
		{"O:BAG:BAD:(A;;0x1d;;;WD)", wbem.OK},
		{"O:BAG:BAD:(A;IO;0x1;;;WD)", wbem.InvalidParameter},
		{"O:BAG:BAD:(A;CIIO;0x1;;;WD)", wbem.OK},
		{"O:BAG:BAD:NO_ACCESS_CONTROL", wbem.InvalidParameter},
		{"O:BAD:(A;;0x1;;;WD)", wbem.InvalidParameter},
		{"G:BAD:(A;;0x1;;;WD)", wbem.InvalidParameter},
		{"O:BAG:BAD:(A;;0x100;;;WD)", wbem.InvalidParameter},
		{"O:BAG:BAD:(A;SA;0x1;;;WD)", wbem.InvalidParameter},
		{"O:BAG:BAD:(AU;;0x1;;;WD)", wbem.InvalidParameter},
		{"O:BAG:BAD:", wbem.OK},
	} {
		if err := setSDDL(t, l, tc.sddl); cim.StatusOf(err) != tc.want {
			t.Errorf("%s: %v, want %s", tc.sddl, err, tc.want.Name())
		}
	}
	wantStatus(t, "no descriptor", setSD(t, l, []byte("no descriptor, but bytes")), wbem.InvalidObject)
	wantStatus(t, "nothing", setSD(t, l, nil), wbem.InvalidObject)

	// An empty list is in effect now, but for what root passes on.
	secure(t, l.m, "root", "O:BAG:BAD:")
	self, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []*wbem.Identity{
		amy, {Name: "root", Level: 6, Remote: true}, {Name: self.Username, Level: 6, Remote: true},
		{Name: self.Username, Level: 6, Authority: wbem.StoreAuthority},
	} {
		_, err := l.m.Connect(t.Context(), "", wbem.ConnectOptions{Identity: who})
		wantStatus(t, "an empty list: "+who.Name, err, wbem.AccessDenied)
	}
	// The owner of the store, here and through a socket of this computer.
	for _, who := range []*wbem.Identity{nil, {Name: self.Username, Groups: []string{"staff"}, Level: 6}} {
		if _, err := l.m.Connect(t.Context(), "", wbem.ConnectOptions{Identity: who}); err != nil {
			t.Errorf("the owner of the store: %v", err)
		}
	}
}

// async-and-security.md#44: __SecurityDescriptor as an object.
func TestSecurityDescriptorObject(t *testing.T) {
	l := newLab(t, nil, "")
	secure(t, l.m, "root", "O:BAG:BAD:(A;CI;0x6003f;;;BA)")
	secure(t, l.m, `root\cimv2`, "O:BAG:BAD:(A;CI;0x60003;;;AU)S:(AU;SA;CC;;;WD)")
	read := func(s wbem.Services) (*cim.Instance, uint64) {
		t.Helper()
		out, err := s.ExecMethod(t.Context(), cim.MustParsePath("__SystemSecurity"), "GetSecurityDescriptor", nil, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		v, _ := out.Get("Descriptor")
		inst, _ := v.Object().(*cim.Instance)
		result, _ := out.Get("ReturnValue")
		return inst, result.Uint()
	}
	write := func(s wbem.Services, inst *cim.Instance) uint64 {
		t.Helper()
		args := argument(t, s, "SetSecurityDescriptor", "Descriptor", cim.ObjectValue(inst))
		out, err := s.ExecMethod(t.Context(), cim.MustParsePath("__SystemSecurity"), "SetSecurityDescriptor", args, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		v, _ := out.Get("ReturnValue")
		return v.Uint()
	}
	set := func(inst *cim.Instance, name string, v cim.Value) *cim.Instance {
		t.Helper()
		if err := inst.Set(name, v); err != nil {
			t.Fatal(err)
		}
		return inst
	}
	before := sd(t, l)
	inst, result := read(l)
	equal(t, "read", result, 0)
	equal(t, "put back", write(l, inst.Clone()), 0)
	equal(t, "after it was put back", sd(t, l), before)

	// Without the flag the list does not matter; owner and group do.
	v, _ := inst.Get("DACL")
	everyone := v.Index(0).Object().(*cim.Instance).Clone()
	everyone = set(everyone, "AccessMask", cim.Uint32Value(1))
	change := set(set(inst.Clone(), "DACL", cim.ObjectsValue([]cim.Object{everyone})), "ControlFlags", cim.Uint32Value(0))
	trustee := set(cim.NewInstance(class(t, l, "__Trustee")), "Name", cim.StringValue("System"))
	set(change, "Owner", cim.ObjectValue(trustee))
	set(change, "Group", cim.Value{})
	equal(t, "without the flag", write(l, change), 0)
	equal(t, "after it", sd(t, l), strings.Replace(before, "O:BA", "O:SY", 1))
	equal(t, "with the flag", write(l, set(change.Clone(), "ControlFlags", cim.Uint32Value(4))), 0)
	equal(t, "after it", sd(t, l), strings.Replace(strings.Replace(before, "O:BA", "O:SY", 1), "CCDCRCWD", "CC", 1))
	equal(t, "no list", write(l, set(set(change.Clone(), "ControlFlags", cim.Uint32Value(4)), "DACL", cim.Value{})), 21)
	equal(t, "no trustee", write(l, set(change.Clone(), "Owner", cim.ObjectValue(cim.NewInstance(class(t, l, "__Trustee"))))), 21)

	// What is recorded is for administrators.
	u := l.as(access.MethodExecute | access.ReadControl | access.WriteDAC)
	secure(t, l.m, `root\cimv2`, sd(t, u)+"S:(AU;SA;CC;;;WD)")
	seen, _ := read(u)
	if v, _ := seen.Get("SACL"); !v.IsNull() {
		t.Errorf("an ordinary user sees %v", v)
	}
	equal(t, "SACL by an ordinary user", write(u, set(seen.Clone(), "ControlFlags", cim.Uint32Value(0x10))), 9)
	equal(t, "DACL by an ordinary user", write(u, seen), 0)
	if now := sd(t, l); !strings.Contains(now, "S:(AU;SA;CC;;;WD)") {
		t.Errorf("what is recorded is lost: %s", now)
	}
	u = l.as(access.MethodExecute)
	_, result = read(u)
	equal(t, "without ReadControl", result, 2)
	equal(t, "without WriteDAC", write(u, seen), 2)
}

func class(t *testing.T, s wbem.Services, name string) *cim.Class {
	t.Helper()
	c, err := s.GetClass(t.Context(), name, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
