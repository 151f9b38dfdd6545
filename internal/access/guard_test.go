package access_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/access"
	"openwmi/wbem"
)

func TestGuard(t *testing.T) {
	root := access.NewGuard("root", &access.Security{}, nil)
	if got, want := root.Descriptor.String(), "O:BAG:BAD:(A;CI;CCDCLCSWRPWPRCWD;;;BA)"; got != want {
		t.Errorf("root: %s, want %s", got, want)
	}
	open := access.NewGuard(`root\open`, &access.Security{Descriptor: parse(t, "O:BAG:BAD:(A;;0x1;;;WD)(A;;0x22;;;S-1-22-2-50)")}, root)
	locked := access.NewGuard(`root\locked`, &access.Security{Descriptor: parse(t, "O:BAG:BAD:(A;;0x21;;;WD)"), Encrypted: true}, root)
	at := func(who *access.Token, remote bool, level int) *access.Caller {
		return &access.Caller{Token: who, Identity: &wbem.Identity{Name: "kim", Remote: remote, Level: level}}
	}
	owner := &access.Caller{Identity: &wbem.Identity{}}
	for _, tc := range []struct {
		name  string
		guard *access.Guard
		who   *access.Caller
		need  access.Rights
		want  string // what the error says; "" for none
	}{
		{"owner", locked, owner, access.NamespaceRights, ""},
		{"administrator", root, at(admin, false, 6), access.Enable | access.WriteDAC, ""},
		{"administrator elsewhere", open, at(admin, true, 6), access.FullWrite, ""},
		{"somebody", root, at(bob, false, 6), access.Enable, `kim (S-1-22-1-1001) lacks Enable in namespace root`},
		{"somebody who needs nothing", root, at(bob, false, 6), 0, ""},
		{"here", open, at(bob, false, 0), access.Enable, ""},
		{"more than that", open, at(bob, false, 6), access.Enable | access.FullWrite | access.PartialWrite, `lacks FullWrite, PartialWrite in namespace root\open`},
		{"elsewhere", open, at(bob, true, 6), access.Enable, `kim from another computer (S-1-22-1-1001) lacks RemoteEnable in namespace root\open`},
		{"with the right to it", open, at(alice, true, 6), access.Enable | access.MethodExecute, ""},
		{"generic", open, at(alice, true, 6), access.GenericExecute, ""},
		{"encrypted", locked, at(bob, true, 6), access.Enable, ""},
		{"not encrypted", locked, at(bob, true, 5), access.Enable, "needs an encrypted connection in namespace root\\locked"},
		{"not encrypted, nor a right", locked, at(bob, true, 2), access.FullWrite, "needs an encrypted connection"},
		{"not encrypted here", locked, at(bob, false, 2), access.Enable, ""},
	} {
		err := tc.guard.Check(tc.who, tc.need)
		switch {
		case tc.want == "" && err != nil, tc.want != "" && err == nil:
			t.Errorf("%s: %v", tc.name, err)
		case err != nil && (!errors.Is(err, wbem.AccessDenied) || wbem.StatusOf(err) != wbem.AccessDenied || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		}
	}
	if got := open.Granted(at(alice, false, 6)); got != 0x23 {
		t.Errorf("alice has 0x%X", uint32(got))
	}
	if got := open.Granted(owner); got != access.NamespaceRights {
		t.Errorf("the owner of the store has 0x%X", uint32(got))
	}
	nameless := &access.Denied{Caller: &access.Caller{Token: bob, Identity: &wbem.Identity{Remote: true}}}
	if got := nameless.Who(); got != "anonymous from another computer" {
		t.Error(got)
	}
}

func TestExplain(t *testing.T) {
	d := parse(t, "O:"+aliceSID+"G:BAD:(A;CIIO;0x2;;;WD)(D;;0x2;;;S-1-22-2-50)(A;;GX;;;AU)")
	got := map[string]string{}
	for _, v := range d.Explain(alice, access.SID.Name) {
		got[v.Right] = v.Why
	}
	want := map[string]string{
		"Enable":        "entry 3 (A;;GX;;;AU) allows it to Authenticated Users",
		"MethodExecute": "entry 2 (D;;DC;;;S-1-22-2-50) denies it to S-1-22-2-50",
		"FullWrite":     "no entry mentions it", "PartialWrite": "no entry mentions it", "WriteProvider": "no entry mentions it",
		"RemoteEnable": "no entry mentions it",
		"ReadControl":  "the owner always has it", "WriteDAC": "the owner always has it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, v := range parse(t, "D:NO_ACCESS_CONTROL").Explain(bob, access.SID.Name) {
		if !v.Granted || !strings.Contains(v.Why, "everyone") {
			t.Errorf("%+v", v)
		}
	}
	for _, v := range parse(t, "D:(OA;;CC;;;WD)(A;;CC;;;WD)").Explain(bob, access.SID.Name) {
		if v.Granted || !strings.Contains(v.Why, "entry 1 (OA;;CC;;;WD) cannot be evaluated") {
			t.Errorf("%+v", v)
		}
	}
}

// What is explained is what is decided.
func TestExplainAgrees(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	sids := []access.SID{alice.User, bob.User, staff, access.Everyone, access.OwnerRights}
	for range 3000 {
		d := &access.Descriptor{Owner: sids[rnd.IntN(len(sids))], DACL: access.ACL{}}
		for range rnd.IntN(6) {
			d.DACL = append(d.DACL, access.ACE{Type: access.ACEType(rnd.IntN(2) * rnd.IntN(2)), Flags: access.ACEFlags(rnd.IntN(2)) << 3,
				Mask: access.Rights(rnd.Uint32()) & access.NamespaceRights, SID: sids[rnd.IntN(len(sids))]})
		}
		granted := d.Granted(alice).Names()
		for _, v := range d.Explain(alice, access.SID.Name) {
			has := slices.Contains(granted, v.Right)
			why := strings.Contains(v.Why, "allows") || strings.Contains(v.Why, "owner always")
			if v.Granted != has || why != has {
				t.Fatalf("%v: %+v, granted %v", d, v, granted)
			}
		}
	}
}

func TestNames(t *testing.T) {
	if diff := cmp.Diff([]string{"Enable", "MethodExecute", "Publish", "WriteDAC"},
		(access.GenericExecute | access.Publish | access.WriteDAC | 0x100).Names()); diff != "" {
		t.Errorf("rights (-want +got):\n%s", diff)
	}
	a := accounts()
	for name, want := range map[string]string{
		"Everyone": "S-1-1-0", "administrators": "S-1-5-32-544", "S-1-5-18": "S-1-5-18", "alice": "S-1-22-1-1000", `PC\alice`: "S-1-22-1-1000",
	} {
		s, err := a.SID(name)
		if err != nil || s.String() != want {
			t.Errorf("SID of %s = %v, %v", name, s, err)
		}
	}
	if _, err := a.SID("S-1-x"); !errors.Is(err, wbem.InvalidParameter) {
		t.Errorf("bad SID: %v", err)
	}
	if _, err := a.SID("broken"); err == nil {
		t.Error("a lookup that fails has a SID")
	}
	for s, want := range map[access.SID]string{
		access.LocalSystem: "System", access.NewSID(5, 21, 7): "S-1-5-21-7", access.NewSID(22, 1, 4294967294): "S-1-22-1-4294967294",
	} {
		if got := a.Name(s); got != want {
			t.Errorf("name of %v = %s, want %s", s, got, want)
		}
	}
}
