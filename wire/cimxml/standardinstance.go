package cimxml

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"time"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// readInstances are the parameters with which instances are read: whole, without
// qualifiers, which DSP0200 deprecates.
func (p params) readInstances() params {
	return p.boolean("LocalOnly", false).boolean("IncludeQualifiers", false).boolean("IncludeClassOrigin", false)
}

// GetInstance implements wbem.Services.
func (s *standardSession) GetInstance(ctx context.Context, path cim.Path, o wbem.Options) (*cim.Instance, error) {
	inst, err := s.instance(ctx, path, o)
	if err != nil {
		return nil, wbem.NewError(opGet, path.String(), err)
	}
	return inst, nil
}

func (s *standardSession) instance(ctx context.Context, path cim.Path, o wbem.Options) (*cim.Instance, error) {
	if err := s.check(o, readFlags, path); err != nil {
		return nil, err
	}
	if !path.IsInstance() {
		return nil, cim.Errorf(wbem.InvalidObjectPath, "it is no path of an instance")
	}
	var inst *cim.Instance
	p := s.path(ctx, nil, "InstanceName", path).readInstances()
	err := s.do(ctx, opGet, path.String(), "GetInstance", p, func(a *answer, tag string) (bool, error) {
		if tag != "INSTANCE" || inst != nil {
			return skip(a, tag)
		}
		a.next()
		var err error
		inst, err = a.d.Instance()
		return true, err
	})
	switch {
	case isNamespace(path.Class) && err != nil:
		err = orCIM(err, func() (err error) {
			inst, err = s.childNamespace(ctx, path.Keys[0].Text)
			return err
		})
		return inst, err
	case failedWith(err, InvalidClass):
		return nil, cim.Errorf(wbem.NotFound, "class %s does not exist", path.Class)
	case err != nil:
		return nil, err
	case inst == nil:
		return nil, cim.Errorf(wbem.TransportFailure, "the answer has no instance")
	}
	inst.SetOrigin(s.origin)
	return inst, s.complete(inst, path)
}

// complete gives an instance the keys of its path that the server has left out.
func (s *standardSession) complete(inst *cim.Instance, path cim.Path) error {
	for _, key := range path.Keys {
		k := inst.Class().PropertyIndex(key.Name)
		if k < 0 || !inst.At(k).IsNull() {
			continue
		}
		v, err := key.Value(inst.Class().Properties()[k].Type())
		if err == nil {
			err = inst.SetIndex(k, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Instances implements wbem.Services.
func (s *standardSession) Instances(ctx context.Context, class string, o wbem.Options) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		left := false
		err := s.instances(ctx, class, o, func(inst *cim.Instance) bool {
			left = !yield(inst, nil)
			return !left
		})
		if err != nil && !left {
			yield(nil, wbem.NewError(opInstances, class, err))
		}
	}
}

func (s *standardSession) instances(ctx context.Context, class string, o wbem.Options, yield func(*cim.Instance) bool) error {
	const more = wbem.Shallow | wbem.EnsureLocatable
	if err := s.check(o, readFlags|more, cim.Path{}); err != nil {
		return err
	}
	if class == "" {
		return cim.Errorf(wbem.InvalidParameter, "there is no class")
	}
	exactly := o.Flags&(wbem.Shallow|wbem.DirectRead) != 0
	object := func(obj cim.Object) bool {
		inst, ok := obj.(*cim.Instance)
		if !ok || exactly && !cim.EqualNames(inst.ClassName(), class) {
			return true
		}
		return yield(inst)
	}
	if isNamespace(class) {
		some := false
		err := s.enumerate(ctx, class, func(o cim.Object) bool { some = true; return object(o) })
		if some {
			return err
		}
		return orCIM(err, func() error { return s.namespaces(ctx, yield) })
	}
	return s.enumerate(ctx, class, object)
}

// enumerate asks for the instances of a class and its subclasses.
func (s *standardSession) enumerate(ctx context.Context, class string, object func(cim.Object) bool) error {
	p := params{}.class("ClassName", class).boolean("DeepInheritance", true)
	if !s.client.foreign.classic.Load() {
		ok, err := s.pull(ctx, class, "OpenEnumerateInstances", "PullInstancesWithPath", p.boolean("IncludeClassOrigin", false), object)
		if ok {
			return err
		}
	}
	return s.do(ctx, opInstances, class, "EnumerateInstances", p.readInstances(), s.objects(object))
}

// objects reads objects in any of the elements in which they stand, and puts
// those without a namespace into that of the session.
func (s *standardSession) objects(yield func(cim.Object) bool) func(a *answer, tag string) (bool, error) {
	return func(a *answer, tag string) (bool, error) {
		switch tag {
		case "CLASS", "INSTANCE", "VALUE.OBJECT", "VALUE.NAMEDOBJECT", "VALUE.NAMEDINSTANCE", "VALUE.INSTANCEWITHPATH",
			"VALUE.OBJECTWITHLOCALPATH", "VALUE.OBJECTWITHPATH":
		default:
			return skip(a, tag)
		}
		a.next()
		*a.lineage = *s.lineage()
		obj, _, err := a.d.Object()
		if err != nil {
			return false, err
		}
		if at := obj.Origin(); at == nil || cim.EqualNames(at.Namespace, s.namespace) {
			switch o := obj.(type) {
			case *cim.Instance:
				o.SetOrigin(s.origin)
			case *cim.Class:
				obj = o.At(s.origin)
			}
		}
		return yield(obj), nil
	}
}

// How many objects are pulled at a time, and how long the server keeps what is
// not pulled, in seconds: OpenPegasus allows 90.
const (
	pullCount   = 1000
	pullTimeout = 60
)

// pull reads an enumeration in parts. ok is false if the server cannot do that,
// and nothing was read.
func (s *standardSession) pull(ctx context.Context, class, open, next string, p params, yield func(cim.Object) bool) (ok bool, err error) {
	var id string // of the enumeration, while the server has it
	defer func() {
		if id != "" {
			s.closeEnumeration(ctx, id)
		}
	}()
	left, count := false, 0
	read := s.objects(func(o cim.Object) bool { left = !yield(o); return true })
	p = p.text("OperationTimeout", strconv.Itoa(pullTimeout))
	for method := open; ; method = next {
		end := false
		p = p.text("MaxObjectCount", strconv.Itoa(pullCount))
		err := s.do(ctx, opInstances, class, method, p, func(a *answer, tag string) (bool, error) {
			switch {
			case tag == "PARAMVALUE":
				name, v, err := a.d.ParamValue(nil)
				switch {
				case cim.EqualNames(name, "EnumerationContext"):
					id = v.Text()
				case cim.EqualNames(name, "EndOfSequence"):
					end = isTrue(v)
				}
				return true, err
			case left:
				a.next()
				return skip(a, tag) // what names the enumeration follows
			}
			count++
			return read(a, tag)
		})
		if end {
			id = ""
		}
		switch {
		case err != nil && method == open && count == 0 && (lacks(err) || failedWith(err, InvalidOperationTimeout)):
			if !failedWith(err, Failed) {
				s.client.foreign.classic.Store(true)
			}
			return false, nil
		case err != nil:
			return true, err
		case end, left:
			return true, nil
		case id == "":
			return true, cim.Errorf(wbem.TransportFailure, "the server does not say how the enumeration goes on")
		}
		p = params{}.text("EnumerationContext", id)
	}
}

// farewell is how long a server has to hear that something is not needed any more:
// whoever cancels does not want to wait for a server that does not answer.
const farewell = 2 * time.Second

// closeEnumeration ends what is not read to its end, also when ctx has ended.
func (s *standardSession) closeEnumeration(ctx context.Context, id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	// If it fails, the server forgets the enumeration by itself.
	_ = s.do(ctx, opInstances, "", "CloseEnumeration", params{}.text("EnumerationContext", id), skip)
}

// isTrue reads a boolean of which the server may not have said the type.
func isTrue(v cim.Value) bool {
	if v.Type() == cim.TypeBoolean {
		return v.Bool()
	}
	return cim.EqualNames(v.Text(), "TRUE")
}

// PutInstance implements wbem.Services. What was read from the server is
// modified, anything else created, and the other way round if that fails because
// it is not there or is.
func (s *standardSession) PutInstance(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
	if inst == nil {
		return cim.Path{}, wbem.NewError(opPutInstance, "", errNoObject)
	}
	path, err := s.putInstance(ctx, inst, o)
	return path, wbem.NewError(opPutInstance, nameOf(inst), err)
}

func (s *standardSession) putInstance(ctx context.Context, inst *cim.Instance, o wbem.Options) (cim.Path, error) {
	const known = wbem.CreateOnly | wbem.UpdateOnly | wbem.StrongValidation | wbem.UseAmendedQualifiers
	if err := s.check(o, known, cim.Path{}); err != nil {
		return cim.Path{}, err
	}
	list, err := partialList(inst, o.Context)
	if err != nil {
		return cim.Path{}, err
	}
	path, complete := cim.RelPath(inst)
	path.Server, path.Namespace = s.server, s.namespace
	if isNamespace(inst.ClassName()) {
		return path, s.putNamespace(ctx, inst, path, o)
	}
	create := o.Flags&wbem.UpdateOnly == 0 && list == nil
	modify := o.Flags&wbem.CreateOnly == 0 && (complete || !create)
	switch {
	case !create && o.Flags&wbem.CreateOnly != 0:
		return path, cim.Errorf(wbem.InvalidParameter, "a partial update cannot create")
	case modify && !complete:
		return path, cim.Errorf(wbem.IllegalNull, "a key is NULL")
	case modify && (!create || inst.Origin() != nil):
		err := s.modify(ctx, inst, list)
		if !create || !failedWith(err, NotFound) {
			return path, err
		}
		return s.create(ctx, inst, path)
	}
	at, err := s.create(ctx, inst, path)
	if modify && failedWith(err, AlreadyExists) {
		return path, s.modify(ctx, inst, nil)
	}
	return at, err
}

// create creates an instance and returns where the server has put it.
func (s *standardSession) create(ctx context.Context, inst *cim.Instance, at cim.Path) (cim.Path, error) {
	p := params{}.element("NewInstance", func(b []byte) []byte { return s.encoder(ctx).AppendInstance(b, inst) })
	err := s.do(ctx, opPutInstance, nameOf(inst), "CreateInstance", p, func(a *answer, tag string) (bool, error) {
		if tag != "INSTANCENAME" {
			return skip(a, tag)
		}
		path, err := a.d.Path()
		path.Server, path.Namespace = s.server, s.namespace
		at = path
		return true, err
	})
	return at, err
}

// modify changes an instance: the listed properties, or with nil all.
func (s *standardSession) modify(ctx context.Context, inst *cim.Instance, list []string) error {
	var wrong error
	p := params{}.element("ModifiedInstance", func(b []byte) []byte {
		b, wrong = s.encoder(ctx).Append(b, inst, xml.NamedInstance)
		return b
	})
	if wrong != nil {
		return wrong
	}
	p = p.boolean("IncludeQualifiers", false)
	if list != nil {
		p = p.list("PropertyList", list)
	}
	return s.do(ctx, opPutInstance, nameOf(inst), "ModifyInstance", p, skip)
}

// partialList returns which properties a put is about, nil for all of them
// (put.md 8.1): those that its context lists, and of these the ones that are NULL
// only if it says so.
func partialList(inst *cim.Instance, c *wbem.Context) ([]string, error) {
	on := func(name string) bool {
		v, ok := c.Get(name)
		return ok && v.Type() == cim.TypeBoolean && v.Bool()
	}
	if c.Len() == 0 || !on("__PUT_EXTENSIONS") {
		return nil, nil
	}
	list := []string{}
	v, listed := c.Get("__PUT_EXT_PROPERTIES")
	for k, p := range inst.Class().Properties() {
		if listed && !slices.ContainsFunc(v.Texts(), func(name string) bool { return cim.EqualNames(name, p.Name()) }) {
			continue
		}
		if inst.At(k).IsNull() && !on("__PUT_EXT_STRICT_NULLS") {
			continue
		}
		list = append(list, p.Name())
	}
	for _, name := range v.Texts() {
		if inst.Class().PropertyIndex(name) < 0 {
			return nil, cim.Errorf(wbem.InvalidProperty, "class %s has no property %.60q", inst.ClassName(), name)
		}
	}
	return list, nil
}

// DeleteInstance implements wbem.Services.
func (s *standardSession) DeleteInstance(ctx context.Context, path cim.Path, o wbem.Options) error {
	err := s.check(o, 0, path)
	if err == nil && !path.IsInstance() {
		err = cim.Errorf(wbem.InvalidObjectPath, "it is no path of an instance")
	}
	if err != nil {
		return wbem.NewError(opDeleteInstance, path.String(), err)
	}
	err = s.do(ctx, opDeleteInstance, path.String(), "DeleteInstance", s.path(ctx, nil, "InstanceName", path), skip)
	if isNamespace(path.Class) {
		err = orCIM(err, func() error { return s.deleteNamespace(ctx, path.String(), path.Keys[0].Text) })
		if failedWith(err, InvalidNamespace) { // OpenPegasus means this one
			err = cim.Errorf(wbem.NotFound, "there is no namespace %s", path.Keys[0].Text)
		}
	}
	return wbem.NewError(opDeleteInstance, path.String(), err)
}
