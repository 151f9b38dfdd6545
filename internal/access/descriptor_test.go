package access_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/access"
	"openwmi/wbem"
)

var bySID = cmp.Comparer(func(a, b access.SID) bool { return a == b })

// adminsOnly is O:BAG:BAD:(A;;LO;;;BA), written out by hand.
var adminsOnly = slices.Concat(
	[]byte{
		1, 0, 0x04, 0x80, // revision, control
		52, 0, 0, 0, // owner
		68, 0, 0, 0, // group
		0, 0, 0, 0, // SACL
		20, 0, 0, 0, // DACL
		2, 0, 32, 0, 1, 0, 0, 0, // revision, size, one entry
		0, 0, 24, 0, 0x80, 0, 0, 0, // allow, no flags, size, mask
	},
	builtinAdmins, builtinAdmins, builtinAdmins,
)

var builtinAdmins = []byte{1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0}

func TestDescriptorBytes(t *testing.T) {
	d, err := access.ParseSDDL("O:BAG:BAD:(A;;0x80;;;BA)")
	if err != nil {
		t.Fatal(err)
	}
	b, err := d.Bytes()
	if err != nil || !bytes.Equal(b, adminsOnly) {
		t.Errorf("Bytes = %v, %v\nwant %v", b, err, adminsOnly)
	}
	back, err := access.DecodeDescriptor(adminsOnly)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, back, bySID); diff != "" {
		t.Errorf("decoded differs:\n%s", diff)
	}
}

// Everything that a descriptor can say survives its binary form.
func TestDescriptorRoundTrip(t *testing.T) {
	guid := access.GUID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	for _, d := range []*access.Descriptor{
		{},
		{Owner: access.LocalSystem},
		{Group: access.Users, DACL: access.ACL{}},
		{Control: access.DACLProtected | access.OwnerDefaulted, DACL: access.ACL{}, SACL: access.ACL{}},
		{
			Owner: access.Administrators, Group: access.Administrators,
			DACL: access.ACL{
				{Type: access.Deny, Flags: access.Inherited | access.ContainerInherit, Mask: 0xFFFFFFFF, SID: access.Everyone},
				{Type: access.AllowObject, Object: &guid, SID: access.Users},
				{Type: access.DenyObject, InheritedObject: &guid, SID: access.Users},
				{Type: access.AuditCallbackObject, Object: &guid, InheritedObject: &guid, SID: access.Users, Data: "artx"},
				{Type: access.AllowCallback, Mask: 1, SID: access.NewSID(5), Data: "artxpart"},
			},
			SACL: access.ACL{
				{Type: access.Audit, Flags: access.FailedAccess | access.SuccessfulAccess, Mask: 1, SID: access.Everyone},
				{Type: access.MandatoryLabel, Mask: 1, SID: access.NewSID(16, 8192)},
			},
		},
	} {
		b, err := d.Bytes()
		if err != nil {
			t.Errorf("%v: %v", d, err)
			continue
		}
		back, err := access.DecodeDescriptor(b)
		if err != nil {
			t.Errorf("%v: %v", d, err)
			continue
		}
		if diff := cmp.Diff(d, back, bySID); diff != "" {
			t.Errorf("%v differs:\n%s", d, diff)
		}
	}
}

func TestBadDescriptor(t *testing.T) {
	change := func(at int, b ...byte) []byte {
		out := bytes.Clone(adminsOnly)
		copy(out[at:], b)
		return out
	}
	for name, b := range map[string][]byte{
		"empty":            nil,
		"header cut":       adminsOnly[:19],
		"revision":         change(0, 2),
		"not relative":     change(2, 4, 0),
		"owner outside":    change(4, 84),
		"owner far off":    change(4, 255, 255, 255, 255),
		"owner in header":  change(4, 8),
		"owner cut":        adminsOnly[:80],
		"owner no SID":     change(4, 20),
		"DACL at the end":  change(16, 83),
		"DACL revision":    change(20, 7),
		"DACL size":        change(22, 255, 255),
		"DACL size small":  change(22, 4),
		"too many entries": change(24, 2),
		"entry type":       change(28, 200),
		"entry size":       change(30, 255),
		"entry size odd":   change(30, 23),
		"entry size zero":  change(30, 0),
		"entry size 4":     change(30, 4),
		"entry SID cut":    change(30, 20),
		"object no flags":  change(28, 5, 0, 8),
		"object no GUID":   change(28, 5, 0, 24, 0, 0, 0, 0, 0, 1, 0, 0, 0),
	} {
		if d, err := access.DecodeDescriptor(b); !errors.Is(err, wbem.InvalidObject) {
			t.Errorf("%s: %v, %v", name, d, err)
		}
	}
}

func TestBadBytes(t *testing.T) {
	for name, d := range map[string]*access.Descriptor{
		"nobody":   {DACL: access.ACL{{Type: access.Allow}}},
		"type":     {DACL: access.ACL{{Type: 99, SID: access.Users}}},
		"too long": {DACL: slices.Repeat(access.ACL{{SID: access.Users}}, 4000)},
		"one entry too long": {SACL: access.ACL{
			{Type: access.ResourceAttribute, SID: access.Everyone, Data: string(make([]byte, 1<<17))},
		}},
	} {
		if b, err := d.Bytes(); !errors.Is(err, wbem.InvalidParameter) {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
}

// What is decoded encodes, and to the same.
func FuzzDescriptor(f *testing.F) {
	f.Add(adminsOnly)
	for _, text := range sddlTexts {
		d, err := access.ParseSDDL(text)
		if err != nil {
			f.Fatal(err)
		}
		b, err := d.Bytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	token := &access.Token{User: access.Users, Groups: []access.SID{access.Everyone}}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := access.DecodeDescriptor(b)
		if err != nil {
			return
		}
		d.Granted(token)
		_ = d.ValidateNamespace()
		_ = d.String()
		enc, err := d.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		back, err := access.DecodeDescriptor(enc)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(d, back, bySID); diff != "" {
			t.Fatal(diff)
		}
	})
}
