package vbscript_test

import (
	"context"
	"errors"
	"iter"
	"strings"

	"openwmi/script/vbscript"
)

// testHost makes the objects Test.Bag and Test.Fail.
type testHost struct{}

func (testHost) CreateObject(_ context.Context, class, server string) (vbscript.Object, error) {
	switch strings.ToLower(class) {
	case "test.bag":
		return &bag{server: server, m: map[string]vbscript.Value{}}, nil
	case "test.fail":
		return nil, errors.New("it broke")
	}
	return nil, vbscript.NewError(429, class)
}

func (testHost) GetObject(_ context.Context, path, class string) (vbscript.Object, error) {
	return &bag{server: path + "|" + class, m: map[string]vbscript.Value{}}, nil
}

func (testHost) MsgBox(_ context.Context, prompt string, buttons int, title string) (int, error) {
	return len(prompt) + buttons, nil
}

func (testHost) InputBox(_ context.Context, prompt, _, preset string) (string, bool, error) {
	return preset, prompt != "cancel", nil
}

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
