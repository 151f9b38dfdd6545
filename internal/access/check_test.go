package access_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"openwmi/internal/access"
	"openwmi/wbem"
)

var (
	alice = &access.Token{User: access.NewSID(22, 1, 1000), Groups: []access.SID{access.Everyone, access.AuthenticatedUsers, staff}}
	bob   = &access.Token{User: access.NewSID(22, 1, 1001), Groups: []access.SID{access.Everyone, access.AuthenticatedUsers}}
	admin = &access.Token{User: access.LocalSystem, Groups: []access.SID{access.Everyone, access.AuthenticatedUsers, access.Administrators}}
	staff = access.NewSID(22, 2, 50)
)

// aliceSID is the user of alice in SDDL.
const aliceSID = "S-1-22-1-1000"

func parse(t *testing.T, text string) *access.Descriptor {
	t.Helper()
	d, err := access.ParseSDDL(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCheck(t *testing.T) {
	for _, tc := range []struct {
		name, sddl string
		who        *access.Token
		need       access.Rights
		want       bool
	}{
		{"no list", "O:BA", bob, access.NamespaceRights, true},
		{"null list", "O:BAD:NO_ACCESS_CONTROL", bob, access.NamespaceRights, true},
		{"empty list", "O:BAD:", bob, access.Enable, false},
		{"nothing needed", "O:BAD:", bob, 0, true},
		{"user", "D:(A;;CC;;;" + aliceSID + ")", alice, access.Enable, true},
		{"other user", "D:(A;;CC;;;" + aliceSID + ")", bob, access.Enable, false},
		{"group", "D:(A;;CC;;;S-1-22-2-50)", alice, access.Enable, true},
		{"everyone", "D:(A;;CC;;;WD)", bob, access.Enable, true},
		{"two entries together", "D:(A;;CC;;;WD)(A;;DC;;;AU)", bob, access.Enable | access.MethodExecute, true},
		{"half of it", "D:(A;;CC;;;WD)", bob, access.Enable | access.MethodExecute, false},
		{"deny first", "D:(D;;CC;;;WD)(A;;CC;;;WD)", bob, access.Enable, false},
		{"deny of a group", "D:(D;;CC;;;S-1-22-2-50)(A;;CC;;;WD)", alice, access.Enable, false},
		{"deny of others", "D:(D;;CC;;;S-1-22-2-50)(A;;CC;;;WD)", bob, access.Enable, true},
		{"deny of another right", "D:(D;;DC;;;WD)(A;;CC;;;WD)", bob, access.Enable, true},
		{"deny too late", "D:(A;;CC;;;WD)(D;;CC;;;WD)", bob, access.Enable, true},
		{"passed on only", "D:(A;CIIO;CC;;;WD)", bob, access.Enable, false},
		{"deny passed on only", "D:(D;CIIO;CC;;;WD)(A;;CC;;;WD)", bob, access.Enable, true},
		{"inherited", "D:(A;CIID;CC;;;WD)", bob, access.Enable, true},
		{"generic entry", "D:(A;;GX;;;WD)", bob, access.Enable | access.MethodExecute, true},
		{"generic all", "D:(A;;GA;;;WD)", bob, access.NamespaceRights, true},
		{"generic read", "D:(A;;GR;;;WD)", bob, access.FullWrite, false},
		{"generic need", "D:(A;;CCLOLCSWRP;;;WD)", bob, access.GenericWrite, true},
		{"generic need missing", "D:(A;;CC;;;WD)", bob, access.GenericAll, false},
		{"right of no namespace", "D:(A;;GA;;;WD)", bob, 0x10000, false},
		{"owner reads and writes", "O:" + aliceSID + "D:", alice, access.ReadControl | access.WriteDAC, true},
		{"owner no more", "O:" + aliceSID + "D:", alice, access.Enable, false},
		{"not the owner", "O:" + aliceSID + "D:", bob, access.ReadControl, false},
		{"no owner", "D:", bob, access.ReadControl, false},
		{"owner denied in vain", "O:" + aliceSID + "D:(D;;RC;;;WD)", alice, access.ReadControl, true},
		{"owner's rights", "O:" + aliceSID + "D:(A;;RC;;;OW)", alice, access.ReadControl, true},
		{"owner's rights only", "O:" + aliceSID + "D:(A;;RC;;;OW)", alice, access.WriteDAC, false},
		{"owner's rights of others", "O:" + aliceSID + "D:(A;;RC;;;OW)", bob, access.ReadControl, false},
		{"owner's rights below", "O:" + aliceSID + "D:(A;CIIO;RC;;;OW)", alice, access.WriteDAC, true},
		{"unsupported entry", "D:(OA;;CC;00112233-4455-6677-8899-aabbccddeeff;;WD)(A;;CC;;;WD)", bob, access.Enable, false},
		{"before an unsupported entry", "D:(A;;CC;;;WD)(OD;;CC;;;WD)", bob, access.Enable, true},
		{"ordinary user", "O:BAG:BAD:(A;CI;0x6003f;;;BA)(A;CI;0x13;;;AU)", bob, 0x13, true},
		{"ordinary writer", "O:BAG:BAD:(A;CI;0x6003f;;;BA)(A;CI;0x13;;;AU)", bob, access.PartialWrite, false},
		{"administrator", "O:BAG:BAD:(A;CI;0x6003f;;;BA)(A;CI;0x13;;;AU)", admin, 0x6003F, true},

		// Only a token with PUBLISH may give events to this filter. events.md#29
		{"publisher", "O:BAG:BAD:(A;;0x80;;;BA)", admin, access.Publish, true},
		{"publisher, ordinary user", "O:BAG:BAD:(A;;0x80;;;BA)", bob, access.Publish, false},

		// Raising events through QueryObjectSink needs FULL_WRITE. events.md#35
		{"raiser", "O:BAG:BAD:(A;CI;0x6003f;;;BA)(A;CI;0x13;;;AU)", admin, access.Enable | access.FullWrite, true},
		{"raiser, ordinary user", "O:BAG:BAD:(A;CI;0x6003f;;;BA)(A;CI;0x13;;;AU)", bob, access.Enable | access.FullWrite, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := parse(t, tc.sddl).Check(tc.who, tc.need)
			if tc.want != (err == nil) || err != nil && !errors.Is(err, wbem.AccessDenied) {
				t.Errorf("Check = %v", err)
			}
		})
	}
}

// An event whose descriptor grants one user is for that user alone. events.md#28
func TestCheckEvent(t *testing.T) {
	sd, err := parse(t, "O:BAG:BAD:(A;;0x40;;;"+aliceSID+")").Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		sd   []byte
		who  *access.Token
		want bool
	}{
		{"granted", sd, alice, true},
		{"not granted", sd, bob, false},
		{"administrators neither", sd, admin, false},
		{"no descriptor", nil, bob, true},
		{"no descriptor but bytes", []byte("garbage"), admin, false},
	} {
		err := access.CheckEvent(tc.sd, tc.who, access.Subscribe)
		if tc.want != (err == nil) || err != nil && !errors.Is(err, wbem.AccessDenied) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}

func TestGranted(t *testing.T) {
	for _, tc := range []struct {
		sddl string
		who  *access.Token
		want access.Rights
	}{
		{"O:BAG:BAD:(A;CI;0x6003f;;;BA)(A;CI;0x13;;;AU)", bob, 0x13},
		{"O:BAG:BAD:(A;CI;0x6003f;;;BA)(A;CI;0x13;;;AU)", admin, 0x6003F},
		{"O:BAG:BAD:(D;;0x2;;;BA)(A;;0x3;;;WD)", admin, 0x60001},
		{"D:NO_ACCESS_CONTROL", bob, access.NamespaceRights},
		{"D:(A;;0xffffffff;;;WD)", bob, access.NamespaceRights},
	} {
		if got := parse(t, tc.sddl).Granted(tc.who); got != tc.want {
			t.Errorf("%s: 0x%X, want 0x%X", tc.sddl, got, tc.want)
		}
	}
}

// walk is the access check as the specification tells it
// (async-and-security.md 8.3), for lists without generic rights and owners.
func walk(l access.ACL, who *access.Token, need access.Rights) bool {
	for _, ace := range l {
		if need == 0 {
			return true
		}
		if ace.Flags&access.InheritOnly != 0 || !who.Has(ace.SID) {
			continue
		}
		if ace.Type == access.Deny && ace.Mask&need != 0 {
			return false
		}
		if ace.Type == access.Allow {
			need &^= ace.Mask
		}
	}
	return need == 0
}

func TestCheckAgainstWalk(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	sids := []access.SID{alice.User, bob.User, staff, access.Everyone}
	granted := 0
	for range 20000 {
		d := &access.Descriptor{DACL: access.ACL{}}
		for range rnd.IntN(6) {
			d.DACL = append(d.DACL, access.ACE{
				Type: access.ACEType(rnd.IntN(2)), Flags: access.ACEFlags(rnd.IntN(2)) << 3,
				Mask: access.Rights(rnd.IntN(64)), SID: sids[rnd.IntN(len(sids))],
			})
		}
		need := access.Rights(rnd.IntN(8) << rnd.IntN(4))
		got := d.Check(alice, need) == nil
		if want := walk(d.DACL, alice, need); got != want {
			t.Fatalf("%v, 0x%X: %v, want %v", d, need, got, want)
		}
		if got {
			granted++
		}
	}
	if granted < 2000 || granted > 18000 {
		t.Errorf("%d of 20000 granted tells little", granted)
	}
}
