package providers

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"sync"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/mof"
	"openwmi/mof/compile"
	"openwmi/providers/host"
	"openwmi/wbem"
)

// stamped is the path of the registration whose ClientLoadableCLSID, which means
// nothing here, says which MOF was compiled: nothing is written into a store that
// has it already.
var stamped = cim.MustParsePath(`__Win32Provider.Name="` + host.Name + `"`)

// A State says how a store is with MOF.
type State int

// The states.
const (
	Absent   State = iota // nothing of it is there
	Current               // all of it is there
	Outdated              // that of another version is there; Install replaces it
)

// Installed returns how a store is with MOF.
func Installed(ctx context.Context, store wbem.Locator) (State, error) {
	svc, err := store.Connect(ctx, Namespace, wbem.ConnectOptions{})
	if err != nil {
		return Absent, err
	}
	reg, err := svc.GetInstance(ctx, stamped, wbem.Options{})
	switch {
	case errors.Is(err, wbem.NotFound):
		return Absent, nil
	case err != nil:
		return Absent, err
	}
	if v, _ := reg.Get(stampProperty); v.Equal(version()) {
		return Current, nil
	}
	return Outdated, nil
}

const stampProperty = "ClientLoadableCLSID"

func version() cim.Value {
	return cim.StringValue(fmt.Sprintf("crc32:%08x", crc32.ChecksumIEEE(MOF)))
}

// Install compiles MOF into a store, unless that has happened before. Classes of
// another version are changed, or where that cannot be, removed and compiled again.
// The error is that of Conflict, with which nothing has changed, of Remove or of
// compiling; the store can be used all the same, without the classes or with those
// of the other version.
func Install(ctx context.Context, store wbem.Locator) error {
	if err := Conflict(ctx, store); err != nil {
		return err
	}
	state, err := Installed(ctx, store)
	if state == Current || err != nil {
		return err
	}
	o := compile.Options{}
	if state == Outdated {
		o.ClassFlags = wbem.UpdateForceMode // what users have derived from classes of MOF follows
	}
	p, err := compile.ParseText(ctx, o, "providers.MOF", MOF)
	if err != nil {
		return err
	}
	_, err = p.Store(ctx, store)
	if err != nil && state == Outdated { // its classes are in the way
		if err := Remove(ctx, store); err != nil {
			return err
		}
		_, err = p.Store(ctx, store)
	}
	if err != nil {
		return err
	}
	svc, err := store.Connect(ctx, Namespace, wbem.ConnectOptions{})
	if err != nil {
		return err
	}
	reg, err := svc.GetInstance(ctx, stamped, wbem.Options{})
	if err != nil {
		return err
	}
	if err := reg.Set(stampProperty, version()); err != nil {
		return err
	}
	_, err = svc.PutInstance(ctx, reg, wbem.Options{})
	return err
}

// Remove deletes the classes and registrations of MOF. It is InvalidOperation,
// and deletes nothing, if a class that MOF does not declare derives from one of
// them.
func Remove(ctx context.Context, store wbem.Locator) error {
	svc, err := store.Connect(ctx, Namespace, wbem.ConnectOptions{})
	if err != nil {
		return err
	}
	ours := map[string]bool{}
	var top []string
	for _, c := range Classes() {
		ours[cim.Fold(c.Name)] = true
		if !ours[cim.Fold(c.Super)] {
			top = append(top, c.Name)
		}
	}
	top = slices.DeleteFunc(top, func(name string) bool {
		_, err := svc.GetClass(ctx, name, wbem.Options{})
		return errors.Is(err, wbem.NotFound)
	})
	for _, name := range top {
		for sub, err := range svc.Classes(ctx, name, wbem.Options{}) {
			if err != nil {
				return err
			}
			if !ours[cim.Fold(sub.Name())] {
				return cim.Errorf(wbem.InvalidOperation, "class %s derives from %s: delete it before", sub.Name(), sub.SuperName())
			}
		}
	}
	for _, name := range top {
		if err := svc.DeleteClass(ctx, name, wbem.Options{}); err != nil {
			return err
		}
	}
	return deleteRegistrations(ctx, svc)
}

// deleteRegistrations deletes what registers the providers.
func deleteRegistrations(ctx context.Context, svc wbem.Services) error {
	names := New(Options{}).Providers()
	for _, class := range []string{"__ProviderRegistration", "__Provider"} {
		var paths []cim.Path
		for reg, err := range svc.Instances(ctx, class, wbem.Options{}) {
			if err != nil {
				return err
			}
			path, ok := cim.RelPath(reg)
			of := path
			if v, ok := reg.Get("provider"); ok {
				if of, err = cim.ParsePath(v.Text()); err != nil {
					continue // a registration of nobody
				}
			}
			if ok && len(of.Keys) == 1 && names[of.Keys[0].Normal().Text] != nil {
				paths = append(paths, path)
			}
		}
		for _, path := range paths {
			if err := svc.DeleteInstance(ctx, path, wbem.Options{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// A ClassName is the name of a class and that of its superclass, "" for none.
type ClassName struct{ Name, Super string }

// Classes returns the names of the classes in MOF, in its order: a superclass
// comes before its subclasses.
var Classes = sync.OnceValue(func() []ClassName {
	var names []ClassName
	var list source.List
	for _, d := range mof.Parse(source.NewFile("providers.MOF", string(MOF)), mof.Options{}, &list).Decls {
		if c, ok := d.(*mof.ClassDecl); ok {
			names = append(names, ClassName{c.Name.Name, c.Super.Name})
		}
	}
	return names
})
