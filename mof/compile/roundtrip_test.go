package compile_test

import (
	"slices"
	"testing"

	"openwmi/cim"
	"openwmi/mof"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// TestRoundTrip prints the classes of the DMTF schema and compiles the text: in
// their own namespace nothing may change, and in an empty one, which keeps no
// declarations of qualifiers, the same classes must come of it. mof.md 9.2
func TestRoundTrip(t *testing.T) {
	all, root := schemaFiles(t)
	m := openMemory(t)
	p, err := compile.Parse(ctx, compile.Options{Namespace: `root\schema`, CreateNamespace: true, ReadFile: all.read}, root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Store(ctx, m); err != nil {
		t.Fatal(err)
	}
	var text []byte
	var classes []*cim.Class
	for c, err := range connect(t, m, `root\schema`).Classes(ctx, "", wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if !cim.IsSystemName(c.Name()) {
			text = mof.Append(text, c, mof.TextOptions{})
			classes = append(classes, c)
		}
	}
	if res := mustStore(t, m, compile.Options{Namespace: `root\schema`}, string(text)); res.ClassesUnchanged != 1631 {
		t.Errorf("in their own namespace: %v, want all classes unchanged", res)
	}
	mustStore(t, m, compile.Options{Dialect: mof.WMI, Namespace: `root\copy`, CreateNamespace: true}, string(text))
	copies := connect(t, m, `root\copy`)
	for _, want := range classes {
		got, err := copies.GetClass(ctx, want.Name(), wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !cim.CompareObjects(want, got, cim.IgnoreObjectSource) {
			t.Errorf("class %s has become another:%s", want.Name(), mof.Text(got, mof.TextOptions{}))
		}
	}
}

// roundTrip does the same with what one file has stored in a namespace, and with
// its instances. It goes into another namespace, because flavors that a class does
// not have are not printed, and a kept declaration might add them.
func roundTrip(t *testing.T, s *shelf, o *other) {
	from, err := s.m.Connect(ctx, s.o.Namespace, wbem.ConnectOptions{})
	if err != nil {
		return // nothing was stored
	}
	defer from.Close()
	var text []byte
	var objects []cim.Object
	for c, err := range from.Classes(ctx, "", wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if !cim.IsSystemName(c.Name()) {
			text = mof.Append(text, c, mof.TextOptions{})
			objects = append(objects, c)
			s.counts.classes++
		}
	}
	needs := slices.Clone(o.needs)
	slices.Sort(needs)
	for _, name := range slices.Compact(needs) {
		if cim.IsSystemName(name) {
			continue
		}
		for inst, err := range from.Instances(ctx, name, wbem.Options{Flags: wbem.Shallow}) {
			if err != nil {
				break // a provider that is not here supplies them
			}
			text = mof.Append(text, inst, mof.TextOptions{})
			objects = append(objects, inst)
			s.counts.instances++
		}
	}
	copied := compile.Options{Dialect: mof.WMI, Namespace: s.o.Namespace + "copy", CreateNamespace: true}
	if _, err := store(s.m, copied, string(text)); err != nil {
		t.Errorf("%s: what was stored prints as\n%s\n%v", o.File, text, err)
		return
	}
	if len(objects) == 0 {
		return
	}
	to, err := s.m.Connect(ctx, copied.Namespace, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	for _, want := range objects {
		path, _ := cim.RelPath(want)
		got, err := wbem.Get(ctx, to, path.String(), wbem.Options{})
		if err != nil || !cim.CompareObjects(want, got, cim.IgnoreObjectSource) {
			t.Errorf("%s: %v has become another, %v:%s", o.File, path, err, mof.Text(want, mof.TextOptions{}))
		}
	}
}
