package interop

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"openwmi/cim"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// Namespace is where the classes are.
const Namespace = `root\interop`

var (
	//go:embed schema.mof
	schema []byte
	//go:embed interop.mof
	registration []byte
)

// Install puts the classes into a store, and registers who supplies them, unless
// that has happened before. A class that is there stays as it is, such as one of
// the schema of DMTF; if it is one that the provider supplies, it is marked as
// such, and that fails if it has instances of its own.
func Install(ctx context.Context, store wbem.Locator) error {
	svc, err := store.Connect(ctx, Namespace, wbem.ConnectOptions{})
	if err != nil {
		return err
	}
	defer svc.Close()
	text := []byte("#pragma namespace(\"\\\\\\\\.\\\\root\\\\interop\")\n")
	missing := false
	for class := range bytes.SplitSeq(schema, []byte("\n};\n")) {
		name := className(class)
		if name == "" {
			continue
		}
		c, err := svc.GetClass(ctx, name, wbem.Options{})
		switch {
		case errors.Is(err, wbem.NotFound):
			text = append(append(text, class...), "\n};\n"...)
			missing = true
		case err != nil:
			return err
		case supplies[name] && !c.IsDynamic():
			if err := adopt(ctx, svc, c); err != nil {
				return err
			}
		}
	}
	if missing {
		if err := compileText(ctx, store, "schema.mof", text); err != nil {
			return err
		}
	}
	return register(ctx, store, svc)
}

// className returns the name of the class that a text declares.
func className(text []byte) string {
	_, after, ok := bytes.Cut(text, []byte("\nclass "))
	if !ok {
		return ""
	}
	return string(bytes.FieldsFunc(after, func(r rune) bool { return r == ' ' || r == '\n' })[0])
}

func compileText(ctx context.Context, store wbem.Locator, name string, text []byte) error {
	p, err := compile.ParseText(ctx, compile.Options{}, name, text)
	if err == nil {
		_, err = p.Store(ctx, store)
	}
	return err
}

// adopt marks a class as one whose instances the provider supplies, and before it
// those below it, because a dynamic class has no static subclasses.
func adopt(ctx context.Context, svc wbem.Services, c *cim.Class) error {
	classes := []*cim.Class{c}
	for sub, err := range svc.Classes(ctx, c.Name(), wbem.Options{}) {
		if err != nil {
			return err
		}
		classes = append(classes, sub)
	}
	for _, c := range slices.Backward(classes) {
		if c.IsDynamic() {
			continue
		}
		decl := c.Decl().Clone()
		decl.Qualifiers.Set(cim.Qualifier{Name: "dynamic", Value: cim.BoolValue(true), Flavor: cim.ToInstance})
		decl.Qualifiers.Set(cim.Qualifier{Name: "provider", Value: cim.StringValue(Name), Flavor: cim.ToInstance})
		if err := svc.PutClass(ctx, decl, wbem.Options{Flags: wbem.UpdateSafeMode}); err != nil {
			return err
		}
	}
	return nil
}

// register compiles the registrations, if it is not these that are there already:
// ClientLoadableCLSID, which means nothing here, says which they are.
func register(ctx context.Context, store wbem.Locator, svc wbem.Services) error {
	const stamp = "ClientLoadableCLSID"
	version := cim.StringValue(fmt.Sprintf("crc32:%08x", crc32.ChecksumIEEE(registration)))
	path := cim.MustParsePath(`__Win32Provider.Name="` + Name + `"`)
	reg, err := svc.GetInstance(ctx, path, wbem.Options{})
	if err == nil {
		if v, _ := reg.Get(stamp); v.Equal(version) {
			return nil
		}
	}
	if err := compileText(ctx, store, "interop.mof", registration); err != nil {
		return err
	}
	if reg, err = svc.GetInstance(ctx, path, wbem.Options{}); err != nil {
		return err
	}
	if err := reg.Set(stamp, version); err != nil {
		return err
	}
	_, err = svc.PutInstance(ctx, reg, wbem.Options{})
	return err
}
