package vbscript_test

import (
	"context"
	"errors"
	"iter"
	"strings"

	"openwmi/script/internal/scripttest"
	"openwmi/script/vbscript"
)

// testHost makes bags.
var testHost = scripttest.Host{Bag: func(server string) vbscript.Object {
	return &bag{server: server, m: map[string]vbscript.Value{}}
}}

// bag is a collection whose members are set by name.
type bag struct {
	server string
	keys   []string
	m      map[string]vbscript.Value
}

func (*bag) TypeName() string { return "Bag" }

func (b *bag) Get(_ context.Context, name string, args vbscript.Args) (vbscript.Value, error) {
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
	case "out": // gives its first argument a new value
		return vbscript.Bool(args.Set(0, vbscript.String("out"))), nil
	case "missing":
		return vbscript.Bool(args.At(0).IsMissing()), nil
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
		name, _ = args.At(0).Text()
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
			if !yield(b.m[k], nil) {
				return
			}
		}
	}
}

var _ vbscript.Collection = (*bag)(nil)
