package repository

import (
	"errors"
	"sync"
	"testing"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

func descriptor(t testing.TB, sddl string) *access.Descriptor {
	t.Helper()
	d, err := access.ParseSDDL(sddl)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (f *fixture) secure(ns *Namespace, s access.Security, want wbem.Status) {
	f.Helper()
	f.update(want, func(tx *Tx) error { return tx.SetSecurity(ns, s) })
}

// effective returns what is in effect in a namespace.
func (f *fixture) effective(ns *Namespace, want string) {
	f.Helper()
	if got := ns.Guard().Descriptor.String(); got != want {
		f.Errorf("%s: %s, want %s", ns.Path(), got, want)
	}
}

func TestSecurity(t *testing.T) {
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	f := &fixture{TB: t}
	reopen := func() {
		if f.Repository, err = Open(unclosed{store}, Options{Server: "S"}); err != nil {
			t.Fatal(err)
		}
		f.ns = f.namespace(`root\default`)
	}
	reopen()
	root := f.namespace("root")
	const admins = "O:BAG:BAD:(A;CI;CCDCLCSWRPWPRCWD;;;BA)"
	f.effective(root, admins)
	f.effective(f.ns, "O:BAG:BAD:(A;CIID;CCDCLCSWRPWPRCWD;;;BA)")

	below := f.space(`default\below`)
	f.secure(f.ns, access.Security{Descriptor: descriptor(t, "O:SYG:BAD:(A;CI;CC;;;AU)(A;ID;CC;;;WD)")}, wbem.OK)
	f.secure(root, access.Security{Descriptor: descriptor(t, "O:BAG:BAD:(A;CI;DC;;;BU)"), Encrypted: true}, wbem.OK)
	f.secure(below, access.Security{Encrypted: true}, wbem.OK)
	check := func() {
		t.Helper()
		f.effective(f.namespace("root"), "O:BAG:BAD:(A;CI;DC;;;BU)")
		f.effective(f.ns, "O:SYG:BAD:(A;CI;CC;;;AU)(A;CIID;DC;;;BU)")
		below := f.namespace(below.Path())
		f.effective(below, "O:BAG:BAD:(A;CIID;CC;;;AU)(A;CIID;DC;;;BU)")
		if !below.Guard().Encrypted || f.ns.Guard().Encrypted {
			t.Error("another namespace is encrypted")
		}
		f.verify()
	}
	check()
	reopen()
	check()

	// What does not end well changes nothing, and is seen inside only.
	failed := errors.New("no")
	err = f.Update(t.Context(), kv.Durable, func(tx *Tx) error {
		if err := tx.SetSecurity(f.ns, access.Security{}); err != nil {
			return err
		}
		if got := tx.Guard(f.ns).Descriptor.String(); got != "O:BAG:BAD:(A;CIID;DC;;;BU)" || tx.Security(f.ns).Descriptor != nil {
			t.Errorf("in the transaction: %s", got)
		}
		return failed
	})
	if err != failed {
		t.Error(err)
	}
	f.secure(f.ns, access.Security{Descriptor: descriptor(t, "O:BAG:BAD:NO_ACCESS_CONTROL")}, wbem.InvalidParameter)
	f.secure(f.ns, access.Security{Descriptor: descriptor(t, "D:(A;;CC;;;WD)")}, wbem.InvalidParameter)
	check()

	// It goes with its namespace.
	gone := f.namespace(below.Path())
	f.update(wbem.OK, func(tx *Tx) error {
		if err := tx.DeleteInstance(gone.Parent(), cim.MustParsePath(`__Namespace.Name="below"`)); err != nil {
			return err
		}
		err := tx.SetSecurity(gone, access.Security{})
		f.status("SetSecurity of a deleted one", err, wbem.InvalidNamespace)
		return nil
	})
	f.secure(gone, access.Security{}, wbem.InvalidNamespace)
	f.effective(f.space(`default\below`), "O:BAG:BAD:(A;CIID;CC;;;AU)(A;CIID;DC;;;BU)")
	if f.namespace(below.Path()).Guard().Encrypted {
		t.Error("a new namespace has what one of its name had")
	}
	f.verify()
}

// Guards are asked for while descriptors change.
func TestGuardsOfManyReaders(t *testing.T) {
	f := newFixture(t)
	parent := f.namespace("root")
	one, two := descriptor(t, "O:BAG:BAD:(A;CI;CC;;;AU)"), descriptor(t, "O:BAG:BAD:(A;CI;DC;;;AU)")
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if l := f.ns.Guard().Descriptor.DACL; len(l) != 1 || l[0].Mask.Specific() == 0 {
					t.Errorf("%v", l)
					return
				}
			}
		})
	}
	for i := range 200 {
		d := one
		if i%2 == 1 {
			d = two
		}
		f.secure(parent, access.Security{Descriptor: d}, wbem.OK)
	}
	close(done)
	wg.Wait()
	f.effective(f.ns, "O:BAG:BAD:(A;CIID;DC;;;AU)")
}

// BenchmarkGuard is what the check of a right costs in a namespace two below
// root, of a caller with ten groups and a list of six entries.
func BenchmarkGuard(b *testing.B) {
	f := newFixture(b)
	ns := f.space(`default\below`)
	f.secure(f.namespace("root"), access.Security{Descriptor: descriptor(b,
		"O:BAG:BAD:(A;CI;0x6003f;;;BA)(D;CI;0x20;;;AN)(D;CI;0x20;;;S-1-5-99)(A;CI;0x13;;;LS)(A;CI;0x13;;;NS)(A;CI;0x13;;;AU)")}, wbem.OK)
	who := &access.Caller{Identity: &wbem.Identity{Name: "kim"}, Token: &access.Token{User: access.NewSID(22, 1, 1000)}}
	for i := range uint32(9) {
		who.Token.Groups = append(who.Token.Groups, access.NewSID(22, 2, i))
	}
	who.Token.Groups = append(who.Token.Groups, access.AuthenticatedUsers)
	b.ReportAllocs()
	for b.Loop() {
		if err := ns.Guard().Check(who, access.Enable); err != nil {
			b.Fatal(err)
		}
	}
}
