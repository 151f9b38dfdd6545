package cimxml

import (
	"context"
	"errors"
	"strings"
	"sync"

	"openwmi/cim"
	"openwmi/wbem"
)

// Namespaces are instances of __Namespace in the one above to WMI. Servers of
// others show them so, as early versions of DSP0200 have it, or as CIM_Namespace
// in their interop namespace (DSP1033), or both ways. They are asked in this
// order.

// namespaceClass is __Namespace for servers that have its instances, but do not
// show it.
var namespaceClass = sync.OnceValues(func() (*cim.Class, error) {
	system, err := cim.Restore(nil, &cim.ClassDecl{
		Name: "__SystemClass", Qualifiers: cim.Qualifiers{{Name: "Abstract", Value: cim.BoolValue(true)}},
	})
	if err != nil {
		return nil, err
	}
	return cim.Restore(system, &cim.ClassDecl{Name: "__Namespace", Super: "__SystemClass", Properties: []cim.PropertyDecl{{
		Name: "Name", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "Key", Value: cim.BoolValue(true), Flavor: cim.ToSubclass | cim.ToInstance | cim.DisableOverride}},
	}}})
})

func isNamespace(class string) bool { return cim.EqualNames(class, "__Namespace") }

// interopNames are where servers have their interop namespace. DSP1033 wants the
// first.
var interopNames = []string{`interop`, `root\interop`, `root\PG_InterOp`}

// interop returns a session with the interop namespace, NotFound if there is none.
func (s *standardSession) interop(ctx context.Context) (*standardSession, error) {
	f := &s.client.foreign
	if name := f.interop.Load(); name != nil {
		return s.client.standardSession(s.o, s.server, *name), nil
	}
	for _, name := range interopNames {
		at := s.client.standardSession(s.o, s.server, name)
		switch c, err := at.class(ctx, "CIM_Namespace"); {
		case err == nil && c != nil:
			f.interop.Store(&name)
			return at, nil
		case !failedWith(err, InvalidNamespace) && wbem.StatusOf(err) != wbem.NotFound:
			return nil, err
		}
	}
	return nil, errNoInterop
}

var errNoInterop = cim.Errorf(wbem.NotFound, "the server does not show its namespaces")

// orCIM carries out what a server has refused to do with __Namespace as it is done
// with CIM_Namespace, if the server has that.
func orCIM(err error, again func() error) error {
	if !failedWith(err, InvalidClass, NotFound, NotSupported, Failed) {
		return err
	}
	if other := again(); !errors.Is(other, errNoInterop) {
		return other
	}
	return err
}

// cimNamespaces yields what CIM_Namespace says of all namespaces, by name.
func (s *standardSession) cimNamespaces(ctx context.Context, yield func(at *standardSession, name string, inst *cim.Instance) bool) error {
	at, err := s.interop(ctx)
	if err != nil {
		return err
	}
	return at.instances(ctx, "CIM_Namespace", wbem.Options{}, func(inst *cim.Instance) bool {
		name, _ := inst.Get("Name")
		return yield(at, strings.Trim(strings.ReplaceAll(name.Text(), "/", `\`), `\`), inst)
	})
}

// namespaces yields the namespaces right below that of the session.
func (s *standardSession) namespaces(ctx context.Context, yield func(*cim.Instance) bool) error {
	c, err := s.class(ctx, "__Namespace")
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	depth := strings.Count(s.namespace, `\`) + 1
	return s.cimNamespaces(ctx, func(_ *standardSession, name string, _ *cim.Instance) bool {
		parts := strings.Split(name, `\`)
		if len(parts) <= depth || !cim.EqualNames(strings.Join(parts[:depth], `\`), s.namespace) || seen[cim.Fold(parts[depth])] {
			return true
		}
		seen[cim.Fold(parts[depth])] = true
		inst := cim.NewInstance(c)
		inst.Put(c.PropertyIndex("Name"), cim.StringValue(parts[depth]))
		inst.SetOrigin(s.origin)
		return yield(inst)
	})
}

// childNamespace returns the instance of __Namespace with a name.
func (s *standardSession) childNamespace(ctx context.Context, name string) (found *cim.Instance, err error) {
	err = s.namespaces(ctx, func(inst *cim.Instance) bool {
		if v, _ := inst.Get("Name"); cim.EqualNames(v.Text(), name) {
			found = inst
		}
		return found == nil
	})
	if err == nil && found == nil {
		err = cim.Errorf(wbem.NotFound, "there is no namespace %s", name)
	}
	return found, err
}

// putNamespace creates the namespace that an instance of __Namespace stands for.
// One that is there is as it should be.
func (s *standardSession) putNamespace(ctx context.Context, inst *cim.Instance, path cim.Path, o wbem.Options) error {
	v, _ := inst.Get("Name")
	if _, _, err := cim.ParseNamespace(v.Text()); err != nil || v.Text() == "" || strings.ContainsAny(v.Text(), `\/`) {
		return cim.Errorf(wbem.InvalidParameter, "%.60q is no name of a namespace", v.Text())
	}
	below := s.client.standardSession(s.o, s.server, s.namespace+`\`+v.Text())
	_, err := below.open(ctx, opPutInstance, "")
	switch exists := err == nil; {
	case err != nil && !failedWith(err, InvalidNamespace):
		return err
	case exists && o.Flags&wbem.CreateOnly != 0:
		return cim.Errorf(wbem.AlreadyExists, "namespace %s exists", below.namespace)
	case exists:
		return nil
	case o.Flags&wbem.UpdateOnly != 0:
		return cim.Errorf(wbem.NotFound, "there is no namespace %s", below.namespace)
	}
	_, err = s.create(ctx, inst, path)
	return orCIM(err, func() error { return s.createNamespace(ctx, v.Text()) })
}

// createNamespace creates a namespace as CIM_Namespace. What servers want to be
// said of it besides its name is taken from one that exists.
func (s *standardSession) createNamespace(ctx context.Context, name string) error {
	var like *cim.Instance
	var at *standardSession
	err := s.cimNamespaces(ctx, func(in *standardSession, _ string, inst *cim.Instance) bool {
		at, like = in, inst
		return false
	})
	switch {
	case err != nil:
		return err
	case like == nil:
		return cim.Errorf(wbem.NotSupported, "the server does not say how its namespaces are named")
	}
	inst := like.Clone()
	if err := inst.Set("Name", cim.StringValue(strings.ReplaceAll(s.namespace, `\`, "/")+"/"+name)); err != nil {
		return err
	}
	_, err = at.create(ctx, inst, cim.Path{})
	return err
}

// deleteNamespace deletes a namespace as CIM_Namespace. about is as errors name it.
func (s *standardSession) deleteNamespace(ctx context.Context, about, name string) error {
	full := s.namespace + `\` + name
	var found *cim.Instance
	var at *standardSession
	err := s.cimNamespaces(ctx, func(in *standardSession, name string, inst *cim.Instance) bool {
		if cim.EqualNames(name, full) {
			at, found = in, inst
		}
		return found == nil
	})
	switch {
	case err != nil:
		return err
	case found == nil:
		return cim.Errorf(wbem.NotFound, "there is no namespace %s", full)
	}
	path, complete := cim.RelPath(found)
	if !complete {
		return cim.Errorf(wbem.TransportFailure, "the server does not say what identifies namespace %s", full)
	}
	return at.do(ctx, opDeleteInstance, about, "DeleteInstance", at.path(ctx, nil, "InstanceName", path), skip)
}
