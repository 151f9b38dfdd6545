package repository

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/internal/kv"
	"openwmi/wbem"
)

// TestOtherName opens a store under another name of the computer: what was
// stored under the old one is found, and is not stored again.
func TestOtherName(t *testing.T) {
	store, err := kv.OpenMemory(kv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	reopen := func(server string) *fixture {
		r, err := Open(unclosed{store}, Options{Server: server})
		if err != nil {
			t.Fatal(err)
		}
		f := &fixture{TB: t, Repository: r}
		if f.ns, err = r.Namespace(`root\t`); err != nil {
			f.ns = f.space("t")
			f.putClass(class("As", prop("ref:B R", key)), 0, wbem.OK)
		}
		return f
	}
	link := func(f *fixture, server string) *cim.Instance {
		return f.inst("As", "R", cim.ReferenceValue(`\\`+server+`\root\t:B.Id="1"`))
	}
	f := reopen("ALPHA")
	f.put(link(f, "ALPHA"), 0, wbem.OK)
	f.put(link(f, "elsewhere"), 0, wbem.OK)
	if _, isNew := f.named.with("alpha"); isNew || f.unnamed {
		t.Error("the name was not kept")
	}
	f = reopen("BETA")
	f.verify()
	for _, server := range []string{"alpha", "BETA", ".", "localhost"} {
		f.put(link(f, server), wbem.CreateOnly, wbem.AlreadyExists)
	}
	if n := len(f.all("As", true)); n != 2 {
		t.Errorf("there are %d associations", n)
	}
	// The name was not kept yet, because nothing was written.
	if got, err := storedNames(store); err != nil || !cmp.Equal(got, names{"ALPHA"}) {
		t.Errorf("names %v, %v", got, err)
	}
	f.put(link(f, "BETA"), 0, wbem.OK)
	if got, err := storedNames(store); err != nil || !cmp.Equal(got, names{"ALPHA", "BETA"}) {
		t.Errorf("names %v, %v", got, err)
	}
	reopen("GAMMA").verify()
}

func storedNames(store kv.Store) (n names, err error) {
	err = store.View(func(r kv.Reader) error {
		n, err = readNames(r)
		return err
	})
	return n, err
}

func TestKeptNames(t *testing.T) {
	var n names
	for i := range 100 {
		n, _ = n.with(fmt.Sprint("H", i))
	}
	for i := range 100 {
		if kept := i < keptNames || i >= 100-keptNames; n.local(fmt.Sprint("h", i)) != kept {
			t.Errorf("name %d: kept is %v", i, !kept)
		}
	}
	if d := decode(n.append(nil)); len(n) != 2*keptNames || d.count(1) != len(n) {
		t.Errorf("%d names", len(n))
	}
}
