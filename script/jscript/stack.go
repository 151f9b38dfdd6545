package jscript

import (
	"reflect"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
)

// Functions that may call others look first how deep the calls are: what goja does when
// they are too deep no script can catch. Goja's own limit is for what has no such look.
const nameDeep = "%deep"

// spareDepth is by how many calls goja's limit is higher, so that what catches the error
// can still call something.
const spareDepth = 100

// look makes the statement that comes first in such a function.
func look(idx file.Idx) ast.Statement {
	return &ast.ExpressionStatement{Expression: &ast.DotExpression{Left: ident(nameDeep, idx), Identifier: *ident("v", idx)}}
}

// deep is the object whose property tells nothing, but ends what is too deep.
type deep struct {
	in    *Interp
	calls reflect.Value // the calls of goja's machine, invalid when it has them elsewhere
	limit int
}

// newDeep reads a field of goja that it does not export, since it tells no other way how
// deep the calls are but to list them all.
func newDeep(in *Interp, limit int) *deep {
	d := &deep{in: in, limit: limit}
	if vm := reflect.ValueOf(in.js).Elem().FieldByName("vm"); vm.Kind() == reflect.Pointer {
		if calls := vm.Elem().FieldByName("callStack"); calls.Kind() == reflect.Slice {
			d.calls = calls
		}
	}
	return d
}

// check ends the function that runs with error 28 when the calls are too deep.
func (d *deep) check() {
	if d.calls.IsValid() && d.calls.Len() >= d.limit {
		d.in.throw(errStack)
	}
}

func (d *deep) Get(string) goja.Value {
	d.check()
	return goja.Undefined()
}

func (d *deep) Set(string, goja.Value) bool { return false }
func (d *deep) Has(string) bool             { return true }
func (d *deep) Delete(string) bool          { return false }
func (d *deep) Keys() []string              { return nil }
