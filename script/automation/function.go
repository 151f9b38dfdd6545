package automation

import (
	"context"
	"fmt"
	"reflect"

	"openwmi/script/vbscript"
)

// A function is a Go function behind a member.
type function struct {
	fn      reflect.Value
	context bool // it takes one as second parameter
	first   int  // its first parameter that the script passes
}

// function checks that fn has the receiver of the class, or what that embeds, and n
// parameters. It returns nil for nil.
func (c *Class) function(signature string, fn any, n int) *function {
	if fn == nil {
		return nil
	}
	f := &function{fn: reflect.ValueOf(fn), first: 1}
	t := f.fn.Type()
	if t.Kind() != reflect.Func || t.NumIn() == 0 || !is(c.typ, t.In(0)) {
		panic(fmt.Sprintf("automation: %s.%s: %v is no method of %v", c.Name, signature, t, c.typ))
	}
	if t.NumIn() > 1 && t.In(1) == contextType {
		f.context, f.first = true, 2
	}
	if got := t.NumIn() - f.first; got != n || t.IsVariadic() {
		panic(fmt.Sprintf("automation: %s.%s has %d parameters, and %v has %d", c.Name, signature, n, t, got))
	}
	return f
}

// call calls the function with the receiver and what params returns.
func (f *function) call(ctx context.Context, x any, args []reflect.Value) []reflect.Value {
	in := make([]reflect.Value, 0, f.first+len(args))
	receiver, _ := as(reflect.ValueOf(x), f.fn.Type().In(0))
	in = append(in, receiver)
	if f.context {
		in = append(in, reflect.ValueOf(ctx))
	}
	return f.fn.Call(append(in, args...))
}

// call calls a member with the arguments of a script, and with the value that is
// assigned, if one is.
func (c *Class) call(ctx context.Context, f *function, x any, m *member, args vbscript.Args, assigned *vbscript.Value) (vbscript.Value, error) {
	if n := len(m.params); args.Len() > n && (n == 0 || !m.params[n-1].rest) {
		return vbscript.Empty, vbscript.NewError(errArguments, m.name)
	}
	in := make([]reflect.Value, 0, len(m.params)+1)
	t := f.fn.Type()
	for i, p := range m.params {
		if p.rest {
			var rest []vbscript.Value
			for ; i < args.Len(); i++ {
				rest = append(rest, args.At(i))
			}
			in = append(in, reflect.ValueOf(rest))
			break
		}
		v := args.At(i)
		if v.IsMissing() {
			if !p.optional && i < args.Len() {
				return vbscript.Empty, vbscript.NewError(errNotOptional, p.name)
			}
			if !p.optional {
				return vbscript.Empty, vbscript.NewError(errArguments, m.name)
			}
			v = p.value
		}
		a, err := c.library.argument(ctx, v, t.In(f.first+i))
		if err != nil {
			return vbscript.Empty, err
		}
		in = append(in, a)
	}
	if assigned != nil {
		a, err := c.library.argument(ctx, *assigned, t.In(f.first+len(m.params)))
		if err != nil {
			return vbscript.Empty, err
		}
		in = append(in, a)
	}
	out := f.call(ctx, x, in)
	if n := len(out); n > 0 && t.Out(n-1) == errorType {
		if err, _ := out[n-1].Interface().(error); err != nil {
			return vbscript.Empty, c.library.fail(err)
		}
		out = out[:n-1]
	}
	if len(out) == 0 {
		return vbscript.Empty, nil
	}
	return c.library.result(out[0]), nil
}

// as returns x as a value of type t: itself, or what the struct behind it embeds.
func as(x reflect.Value, t reflect.Type) (reflect.Value, bool) {
	switch {
	case !x.IsValid() || !is(x.Type(), t):
		return x, false
	case x.Type() == t:
		return x, true
	}
	x = x.Elem().Field(embedded(x.Type(), t))
	if x.Type() != t {
		x = x.Addr()
	}
	return x, true
}

// is reports whether as makes a value of type x one of type t.
func is(x, t reflect.Type) bool { return x == t || embedded(x, t) >= 0 }

// embedded returns the field of the struct behind the pointer type x that has the pointer
// type t, or what that points to; -1 for none. Fields whose names are not exported cannot
// be used.
func embedded(x, t reflect.Type) int {
	if x.Kind() != reflect.Pointer || t.Kind() != reflect.Pointer || x.Elem().Kind() != reflect.Struct {
		return -1
	}
	for i := range x.Elem().NumField() {
		f := x.Elem().Field(i)
		if f.Anonymous && f.IsExported() && (f.Type == t || f.Type == t.Elem()) {
			return i
		}
	}
	return -1
}
