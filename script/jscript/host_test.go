package jscript_test

import (
	"context"
	"errors"
	"iter"
	"math"
	"strings"

	"openwmi/script/internal/scripttest"
	"openwmi/script/vbscript"
)

// testHost makes bags.
var testHost = scripttest.Host{Bag: func(server string) vbscript.Object {
	return &bag{server: server, m: map[string]vbscript.Value{}}
}}

// bag is a collection whose members are set by name. It tells methods from properties.
type bag struct {
	server string
	keys   []string
	m      map[string]vbscript.Value
}

func (*bag) TypeName() string { return "Bag" }

func (*bag) Method(name string) bool {
	switch strings.ToLower(name) {
	case "item", "clear", "sum", "fail", "hresult", "call", "elems", "types":
		return true
	}
	return false
}

func (b *bag) Get(ctx context.Context, name string, args vbscript.Args) (vbscript.Value, error) {
	switch strings.ToLower(name) {
	case "", "item":
		if name == "" && args.Len() == 0 {
			return vbscript.Long(int32(len(b.keys))), nil
		}
		s, _ := args.At(0).Text()
		return b.m[strings.ToLower(s)], nil
	case "count":
		return vbscript.Long(int32(len(b.keys))), nil
	case "server":
		return vbscript.String(b.server), nil
	case "self":
		return vbscript.FromObject(b), nil
	case "clear":
		b.keys, b.m = nil, map[string]vbscript.Value{}
		return vbscript.Empty, nil
	case "sum":
		sum := 0.0
		for i := range args.Len() {
			f, err := vbscript.ToDouble(ctx, args.At(i))
			if err != nil {
				return vbscript.Empty, err
			}
			sum += f
		}
		return vbscript.Double(sum), nil
	case "call": // calls its first argument with the others
		if args.At(0).Object() == nil {
			return vbscript.Empty, vbscript.NewError(13, "")
		}
		list := make([]vbscript.Value, args.Len()-1)
		for i := range list {
			list[i] = args.At(i + 1)
		}
		return args.At(0).Object().Get(ctx, "", vbscript.MakeArgs(list...))
	case "elems": // joins the elements of an array
		list, ok := args.At(0).Object().(vbscript.Elements)
		if !ok {
			return vbscript.Empty, vbscript.NewError(13, "")
		}
		elems, ok := list.Elems()
		if !ok {
			return vbscript.String("no array"), nil
		}
		var texts []string
		for _, v := range elems {
			texts = append(texts, v.String())
		}
		return vbscript.String(strings.Join(texts, "+")), nil
	case "types":
		var texts []string
		for i := range args.Len() {
			v := args.At(i)
			text := v.Type().String()
			if o := v.Object(); o != nil {
				text = o.TypeName()
			}
			texts = append(texts, text)
		}
		return vbscript.String(strings.Join(texts, " ")), nil
	case "fail":
		return vbscript.Empty, errors.New("it broke")
	case "hresult":
		return vbscript.Empty, &vbscript.Error{Number: -2147217406, Source: "SWbemServicesEx", Description: "Not found"}
	}
	v, ok := b.m[strings.ToLower(name)]
	if !ok {
		return v, vbscript.NewError(438, name)
	}
	return v, nil
}

func (b *bag) Put(_ context.Context, name string, args vbscript.Args, v vbscript.Value, _ bool) error {
	if name == "" || strings.EqualFold(name, "item") {
		name = ""
		for i := range args.Len() {
			s, _ := args.At(i).Text()
			name += s
		}
	}
	key := strings.ToLower(name)
	if _, ok := b.m[key]; !ok {
		b.keys = append(b.keys, key)
	}
	b.m[key] = v
	return nil
}

func (b *bag) Each(context.Context) iter.Seq2[vbscript.Value, error] {
	return func(yield func(vbscript.Value, error) bool) {
		for _, k := range b.keys {
			if !yield(vbscript.String(k), nil) {
				return
			}
		}
	}
}

var (
	_ vbscript.Collection = (*bag)(nil)
	_ vbscript.Membered   = (*bag)(nil)
)

// plain is an object that does not tell methods from properties.
type plain struct{}

func (plain) TypeName() string { return "Plain" }

func (plain) Get(_ context.Context, name string, args vbscript.Args) (vbscript.Value, error) {
	switch strings.ToLower(name) {
	case "name":
		return vbscript.String("plain"), nil
	case "twice":
		s, _ := args.At(0).Text()
		return vbscript.String(s + s), nil
	case "args":
		return vbscript.Int(int64(args.Len())), nil
	case "child":
		return vbscript.FromObject(plain{}), nil
	}
	return vbscript.Empty, vbscript.NewError(438, name)
}

func (plain) Put(_ context.Context, name string, _ vbscript.Args, _ vbscript.Value, _ bool) error {
	return vbscript.NewError(438, name)
}

// samples has a value of every subtype, and ends in errors.
type samples struct{ plain }

func (samples) Get(_ context.Context, name string, _ vbscript.Args) (vbscript.Value, error) {
	grid := vbscript.NewArray()
	switch strings.ToLower(name) {
	case "empty":
		return vbscript.Empty, nil
	case "null":
		return vbscript.Null, nil
	case "nothing":
		return vbscript.Nothing, nil
	case "integer":
		return vbscript.Integer(-7), nil
	case "byte":
		return vbscript.Byte(200), nil
	case "currency":
		return vbscript.Currency(12345), nil
	case "single":
		return vbscript.Single(0.5), nil
	case "double":
		return vbscript.Double(1e300), nil
	case "nan":
		return vbscript.Double(math.NaN()), nil
	case "yes":
		return vbscript.True, nil
	case "error":
		return vbscript.ErrorValue(0x80041002), nil
	case "date":
		return vbscript.Time(scripttest.Clock()), nil
	case "list":
		return vbscript.FromArray(vbscript.NewArray(vbscript.Long(1), vbscript.String("two"), vbscript.Null)), nil
	case "none":
		return vbscript.FromArray(grid), nil
	case "surrogate":
		return vbscript.String("a\xed\xa0\xbdb"), nil
	}
	return vbscript.Empty, vbscript.NewError(438, name)
}

func (samples) Each(context.Context) iter.Seq2[vbscript.Value, error] {
	return func(yield func(vbscript.Value, error) bool) {
		_ = yield(vbscript.Long(1), nil) && yield(vbscript.Empty, errors.New("it broke"))
	}
}
