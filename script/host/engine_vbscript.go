package host

import (
	"context"
	"slices"

	"openwmi/internal/source"
	"openwmi/script/vbscript"
)

// vbEngine runs VBScript.
type vbEngine struct{ in *vbscript.Interp }

func newVBScript(s *Session) Engine {
	return vbEngine{vbscript.New(vbscript.Options{
		Host: s, Memory: s.opts.Memory, Depth: s.opts.Depth, Steps: s.opts.Steps, Now: s.opts.Now,
	})}
}

func (e vbEngine) Run(ctx context.Context, f *source.File) error {
	script, err := vbscript.Parse(f)
	if err != nil {
		return numbered(err)
	}
	return e.in.Run(ctx, script)
}

func (e vbEngine) Eval(ctx context.Context, text string) (vbscript.Value, error) {
	v, err := e.in.Eval(ctx, text)
	return v, numbered(err)
}

func (e vbEngine) Incomplete(text string) bool {
	_, err := vbscript.Parse(source.NewFile("", text))
	return vbscript.Incomplete(err)
}

func (e vbEngine) Set(name string, v vbscript.Value) { e.in.Set(name, v) }

func (e vbEngine) Global(name string) vbscript.Value { return e.in.Global(name) }

func (e vbEngine) Names() []string { return slices.Concat(e.in.Names(), vbscript.Builtins()) }

func (e vbEngine) run(ctx context.Context, script any) error {
	return e.in.Run(ctx, script.(*vbscript.Script))
}

func (e vbEngine) defined(name string) bool { return e.in.Defined(name) }

func (e vbEngine) call(ctx context.Context, name string, args []vbscript.Value) error {
	_, err := e.in.Call(ctx, name, args...)
	return err
}

func (e vbEngine) close(ctx context.Context) error { return e.in.Close(ctx) }

func (e vbEngine) namespace() vbscript.Namespace { return e.in.Namespace() }

func (e vbEngine) share(other vbscript.Namespace) { e.in.Import(other) }
