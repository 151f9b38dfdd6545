package providers

import (
	"context"
	"hash/crc32"

	"openwmi/cim"
	"openwmi/mof/compile"
	"openwmi/providers/host"
	"openwmi/wbem"
)

// stamped is the path of the registration whose Version says which MOF was
// compiled: nothing is written into a store that has it already.
var stamped = cim.MustParsePath(`__Win32Provider.Name="` + host.Name + `"`)

// Install compiles MOF into a store, unless that has happened before. The error is
// that of Conflict, with which nothing has changed, or of compiling; the store can
// be used all the same, without the classes.
func Install(ctx context.Context, store wbem.Locator) error {
	if err := Conflict(ctx, store); err != nil {
		return err
	}
	svc, err := store.Connect(ctx, Namespace, wbem.ConnectOptions{})
	if err != nil {
		return err
	}
	version := cim.Uint32Value(crc32.ChecksumIEEE(MOF))
	if reg, err := svc.GetInstance(ctx, stamped, wbem.Options{}); err == nil {
		if v, _ := reg.Get("Version"); v.Equal(version) {
			return nil
		}
	}
	p, err := compile.ParseText(ctx, compile.Options{}, "providers.MOF", MOF)
	if err != nil {
		return err
	}
	if _, err := p.Store(ctx, store); err != nil {
		return err
	}
	reg, err := svc.GetInstance(ctx, stamped, wbem.Options{})
	if err != nil {
		return err
	}
	if err := reg.Set("Version", version); err != nil {
		return err
	}
	_, err = svc.PutInstance(ctx, reg, wbem.Options{})
	return err
}
