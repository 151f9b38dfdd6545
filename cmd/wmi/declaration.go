package main

import (
	"context"
	"errors"
	"strings"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/mof"
	"openwmi/mof/compile"
	"openwmi/wbem"
)

// Put takes declarations and values in MOF. Both are compiled as any file is,
// but into a catcher, which keeps what the compiler puts instead of storing it.

// A catcher is a locator whose sessions read as others do and keep what is put.
type catcher struct {
	wbem.Locator
	class  *cim.Class // that is known besides those of the namespace; nil for none
	caught *putting
}

// Connect implements wbem.Locator.
func (l *catcher) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	svc, err := l.Locator.Connect(ctx, namespace, o)
	if err != nil {
		return nil, err
	}
	return &catching{svc, l}, nil
}

// catching is a session of a catcher.
type catching struct {
	wbem.Services
	l *catcher
}

// Close does nothing: what is caught will be put in this session.
func (s *catching) Close() error { return nil }

// GetClass returns the class that is known, or one of the namespace.
func (s *catching) GetClass(ctx context.Context, name string, o wbem.Options) (*cim.Class, error) {
	if s.l.class != nil && cim.EqualNames(name, s.l.class.Name()) {
		return s.l.class, nil
	}
	return s.Services.GetClass(ctx, name, o)
}

// PutClass keeps the class.
func (s *catching) PutClass(_ context.Context, decl *cim.ClassDecl, o wbem.Options) error {
	s.l.caught = &putting{svc: s.Services, class: decl, flags: o.Flags}
	return nil
}

// PutInstance keeps the instance.
func (s *catching) PutInstance(_ context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
	s.l.caught = &putting{svc: s.Services, inst: inst.Clone(), flags: o.Flags}
	path, _ := cim.RelPath(inst)
	return path, nil
}

// readDeclaration reads the one class or instance that a file declares.
func (c *cli) readDeclaration(ctx context.Context, name string) (*putting, error) {
	data, err := c.readInput(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := checkSingle(name, data); err != nil {
		return nil, err
	}
	l, server, err := c.place(ctx)
	if err != nil {
		return nil, err
	}
	return catch(ctx, &catcher{Locator: l}, compile.Options{Namespace: c.namespace, Server: server}, name, data)
}

// catch compiles a text with one declaration and returns what it puts.
func catch(ctx context.Context, l *catcher, o compile.Options, name string, text []byte) (*putting, error) {
	program, err := compile.ParseText(ctx, o, name, text)
	if err != nil {
		return nil, err
	}
	if _, err := program.Store(ctx, l); err != nil {
		return nil, err
	}
	return l.caught, nil
}

// checkSingle checks that a file has one declaration besides directives that
// say how to read it.
func checkSingle(name string, data []byte) error {
	src, _, err := source.Decode(name, data)
	if err != nil {
		return failed("ReadFile", name, err)
	}
	var list source.List
	tree := mof.Parse(src, mof.Options{}, &list)
	if err := list.Err(); err != nil {
		return err
	}
	found := 0
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *mof.ClassDecl, *mof.InstanceDecl:
			found++
		case *mof.Pragma:
			switch d.Kind {
			case mof.IncludePragma, mof.DeleteClassPragma, mof.DeleteInstancePragma, mof.AmendmentPragma:
				return failed("ReadFile", src.Position(d.Pos).String(), cim.Errorf(wbem.InvalidParameter,
					"a file to put has no directive %s; use: wmi mof compile %s", d.Name.Name, name))
			}
		}
	}
	if found != 1 {
		return failed("ReadFile", name, cim.Errorf(wbem.InvalidParameter,
			"it declares %s; exactly one class or instance can be put, use: wmi mof compile %[2]s",
			count(found, "object", "objects"), name))
	}
	return nil
}

// parseValue reads a value of MOF for a property of class def.
func (c *cli) parseValue(ctx context.Context, namespace string, def *cim.Class, name, value string) (cim.Value, error) {
	// The value has lines of its own, so that it is shown alone with a mark.
	text := []byte("instance of " + def.Name() + " { " + name + " =\n" + value + "\n;};")
	what := called(def, name)
	if err := checkValue(what, value, text); err != nil {
		return cim.Value{}, err
	}
	at, server, err := c.place(ctx)
	if err != nil {
		return cim.Value{}, err
	}
	l := &catcher{Locator: at, class: def}
	p, err := catch(ctx, l, compile.Options{Namespace: namespace, Server: server}, name, text)
	if err != nil {
		return cim.Value{}, unwrapValue(what, value, err)
	}
	v, _ := p.inst.Get(name)
	return v, nil
}

// checkValue checks that the text of one assignment is one.
func checkValue(what, value string, text []byte) error {
	src, _, err := source.Decode(what, text)
	if err != nil {
		return cim.Errorf(wbem.TypeMismatch, "%s: %v", what, err)
	}
	var list source.List
	tree := mof.Parse(src, mof.Options{}, &list)
	if err := list.Err(); err != nil {
		return unwrapValue(what, value, err)
	}
	if len(tree.Decls) == 1 {
		if inst, ok := tree.Decls[0].(*mof.InstanceDecl); ok && len(inst.Properties) == 1 {
			return nil
		}
	}
	return cim.Errorf(wbem.TypeMismatch, "%s: the text is more than one value", what)
}

// A valueError says what is wrong with a value of MOF on the command line.
type valueError struct {
	excerpt string // the value with a mark
	err     error
}

func (e *valueError) Error() string { return e.err.Error() }
func (e *valueError) Unwrap() error { return e.err }

// unwrapValue returns the first error in a value without its place in the text
// that was made of it.
func unwrapValue(what, value string, err error) error {
	var at *source.Diagnostic
	if !errors.As(err, &at) {
		return err
	}
	if at.File.Line(at.Pos) > 2+strings.Count(value, "\n") {
		// The error shows behind the value, where nothing is that was typed.
		return cim.Errorf(wbem.Status(at.Code), "%s: the value is not complete", what)
	}
	return &valueError{excerptOf(at), cim.Errorf(wbem.Status(at.Code), "%s: %s", what, at.Msg)}
}
