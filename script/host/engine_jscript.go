package host

import (
	"context"
	"slices"

	"openwmi/internal/source"
	"openwmi/script/jscript"
	"openwmi/script/vbscript"
)

// jsEngine runs JScript.
type jsEngine struct{ in *jscript.Interp }

func newJScript(s *Session) Engine {
	return jsEngine{jscript.New(jscript.Options{
		Host: s, Memory: s.opts.Memory, Depth: s.opts.Depth, Now: s.opts.Now,
	})}
}

func (e jsEngine) Run(ctx context.Context, f *source.File) error {
	script, err := jscript.Parse(f)
	if err != nil {
		return numbered(err)
	}
	return e.in.Run(ctx, script)
}

func (e jsEngine) Eval(ctx context.Context, text string) (vbscript.Value, error) {
	v, err := e.in.Eval(ctx, text)
	return v, numbered(err)
}

func (e jsEngine) Incomplete(text string) bool {
	_, err := jscript.Parse(source.NewFile("", text))
	return jscript.Incomplete(err)
}

func (e jsEngine) Set(name string, v vbscript.Value) { e.in.Set(name, v) }

func (e jsEngine) Global(name string) vbscript.Value { return e.in.Global(name) }

func (e jsEngine) Names() []string { return slices.Concat(e.in.Names(), jscript.Builtins()) }

func (e jsEngine) run(ctx context.Context, script any) error {
	return e.in.Run(ctx, script.(*jscript.Script))
}

func (e jsEngine) defined(name string) bool { return e.in.Defined(name) }

func (e jsEngine) call(ctx context.Context, name string, args []vbscript.Value) error {
	_, err := e.in.Call(ctx, name, args...)
	return err
}

func (e jsEngine) close(ctx context.Context) error { return e.in.Close(ctx) }

func (e jsEngine) namespace() vbscript.Namespace { return e.in.Namespace() }

func (e jsEngine) share(other vbscript.Namespace) { e.in.Import(other) }
