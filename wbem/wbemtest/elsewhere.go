package wbemtest

import (
	"openwmi/cim"
	"openwmi/wbem"
)

// elsewhereCases are those of put.md 15, "Cross namespace".
var elsewhereCases = []testCase{
	{"put.md#61 put.md#64 instance from another namespace", func(f *fixture) {
		f.put(0, "B", "Id", "1", "S", "x")
		u := f.connect(`root\u`)
		f.mofInto(u, "class B { [key] string Id; sint32 N = 7; string S; };")
		inst, err := f.GetInstance(f.ctx, cim.MustParsePath(`B.Id="1"`), wbem.Options{})
		f.status(err, wbem.OK)
		f.set(inst, "S", "y")
		p, err := u.PutInstance(f.ctx, inst, wbem.Options{})
		f.status(err, wbem.OK)
		f.path(p, `\\%s\root\u:B.Id="1"`, f.Server())
		f.want(`B.Id="1"`, "S", "x")
		// The object keeps its origin, so that it still goes home.
		if v, _ := inst.Get("__NAMESPACE"); v.Text() != `root\t` {
			f.Error(v)
		}
		_, err = f.PutInstance(f.ctx, inst, wbem.Options{})
		f.status(err, wbem.OK)
		f.want(`B.Id="1"`, "S", "y")
	}},
	{"put.md#62 class unknown there", func(f *fixture) {
		_, err := f.connect(`root\u`).PutInstance(f.ctx, f.spawn(f, "B", "Id", "1"), wbem.Options{})
		f.status(err, wbem.InvalidClass)
	}},
	{"put.md#63 superclass unknown there", func(f *fixture) {
		u := f.connect(`root\u`)
		f.status(u.PutClass(f.ctx, f.class("D").Decl().Clone(), wbem.Options{}), wbem.InvalidSuperclass)
		f.status(u.PutClass(f.ctx, f.class("B").Decl().Clone(), wbem.Options{}), wbem.OK)
		f.status(u.PutClass(f.ctx, f.class("D").Decl().Clone(), wbem.Options{}), wbem.OK)
	}},
	{"put.md#72 property unknown there", func(f *fixture) {
		u := f.connect(`root\u`)
		f.mofInto(u, "class B { [key] string Id; };")
		_, err := u.PutInstance(f.ctx, f.spawn(f, "B", "Id", "1", "S", "x"), wbem.Options{})
		f.status(err, wbem.InvalidProperty)
	}},
	{"model.md#12 namespace paths", func(f *fixture) {
		for path, want := range map[string]wbem.Status{
			`ROOT\T`: wbem.OK, `root/t`: wbem.OK, `\\.\ROOT`: wbem.OK, `//./root/t`: wbem.OK, `\/.\ROOT`: wbem.OK,
			`ROOT\T\`: wbem.InvalidNamespace, `ROOT\\T`: wbem.InvalidNamespace, `\ROOT`: wbem.InvalidNamespace,
			`\`: wbem.InvalidNamespace, `\\`: wbem.InvalidNamespace, `\\.`: wbem.InvalidNamespace,
			`NONE`: wbem.InvalidNamespace, `root\none`: wbem.InvalidNamespace,
			`\\\.\ROOT`: wbem.InvalidParameter, `\\nowhere\root`: wbem.ServerUnavailable,
		} {
			_, err := f.locator.Connect(f.ctx, path, wbem.ConnectOptions{})
			if got := wbem.StatusOf(err); got != want {
				f.Errorf("connect to %s: %v, want %v", path, got, want)
			}
		}
	}},
}

// partialCases are those of put.md 15, "Providers and partial updates", for
// static classes.
var partialCases = []testCase{
	{"put.md#69 listed properties", func(f *fixture) {
		f.put(0, "B", "Id", "1", "S", "x", "N", 1)
		f.status(f.putPart(wbem.UpdateOnly, list("S"), "S", "y", "N", 2), wbem.OK)
		f.want(`B.Id="1"`, "S", "y")
		f.want(`B.Id="1"`, "N", "1")
	}},
	{"put.md#70 model.md#37 without update-only; NULLs", func(f *fixture) {
		f.put(0, "B", "Id", "1", "S", "x")
		f.status(f.putPart(0, list("S"), "S", "y"), wbem.InvalidContext)
		f.status(f.putPart(wbem.UpdateOnly, list("S"), "S", nil), wbem.OK)
		f.want(`B.Id="1"`, "S", "x")
		c := list("S")
		c.Set("__PUT_EXT_STRICT_NULLS", cim.BoolValue(true))
		f.status(f.putPart(wbem.UpdateOnly, c, "S", nil), wbem.OK)
		f.want(`B.Id="1"`, "S", "NULL")
	}},
	{"put.md#71 nothing is extended", func(f *fixture) {
		f.put(0, "B", "Id", "1")
		var c wbem.Context
		c.Set("__PUT_EXTENSIONS", cim.BoolValue(true))
		f.status(f.putPart(wbem.UpdateOnly, &c), wbem.InvalidContext)
	}},
	{"put.md#72 bad lists", func(f *fixture) {
		f.put(0, "B", "Id", "1")
		f.status(f.putPart(wbem.UpdateOnly, list("Nope")), wbem.InvalidProperty)
		f.status(f.putPart(wbem.UpdateOnly, list("*")), wbem.InvalidProperty)
		c := list("S")
		c.Set("__PUT_EXT_PROPERTIES", cim.StringValue("S"))
		f.status(f.putPart(wbem.UpdateOnly, c), wbem.InvalidContext)
		c = list("S")
		c.Delete("__PUT_EXTENSIONS")
		f.status(f.putPart(wbem.UpdateOnly, c), wbem.InvalidContext)
	}},
	{"put.md#73 absent instance", func(f *fixture) {
		f.status(f.putPart(wbem.UpdateOnly, list("S")), wbem.NotFound)
	}},
}

// list returns the context of a partial update of some properties.
func list(names ...string) *wbem.Context {
	var c wbem.Context
	c.Set("__PUT_EXTENSIONS", cim.BoolValue(true))
	c.Set("__PUT_EXT_CLIENT_REQUEST", cim.BoolValue(true))
	c.Set("__PUT_EXT_PROPERTIES", cim.StringsValue(names))
	return &c
}

// putPart puts B.Id="1" with a context.
func (f *fixture) putPart(flags wbem.Flags, c *wbem.Context, nameValues ...any) error {
	f.Helper()
	inst := f.spawn(f, "B", append([]any{"Id", "1"}, nameValues...)...)
	_, err := f.PutInstance(f.ctx, inst, wbem.Options{Flags: flags, Context: c})
	return err
}
