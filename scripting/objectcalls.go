package scripting

import (
	"openwmi/wbem"
)

// The members of Object that call the namespace from which the object was
// obtained. Each is the member of Services of the same name with the path of the
// object, or the name of its class, and fails like it. An object that comes from
// no namespace is ErrNotSupported.

// Put stores the object in the namespace that it came from (SWbemObject.Put_),
// see Services.Put.
func (o *Object) Put(flags Flags, values *NamedValueSet) (*ObjectPath, error) {
	const source = "SWbemObject.Put_"
	s, err := o.home(source)
	if err != nil {
		return nil, err
	}
	return s.put(source, o, flags, values)
}

// PutAsync is Put as a call whose outcome goes to a sink
// (SWbemObject.PutAsync_), see Services.PutAsync.
func (o *Object) PutAsync(sink *Sink, flags Flags, values, asyncContext *NamedValueSet) error {
	const source = "SWbemObject.PutAsync_"
	s, err := o.home(source)
	if err != nil {
		return err
	}
	return s.putAsync(source, sink, o, flags, values, asyncContext)
}

// Delete deletes what the local path of the object names (SWbemObject.Delete_):
// ErrInvalidOperation for an object without path, such as one that was stored
// with a key that it got then; delete that by the path that Put returned
// (scripting-api.md, Decision S-13).
func (o *Object) Delete(flags Flags, values *NamedValueSet) error {
	const source = "SWbemObject.Delete_"
	s, path, err := o.place(source)
	if err != nil {
		return err
	}
	return s.remove(source, path, flags, values)
}

// DeleteAsync is Delete as a call whose outcome goes to a sink
// (SWbemObject.DeleteAsync_).
func (o *Object) DeleteAsync(sink *Sink, flags Flags, values, asyncContext *NamedValueSet) error {
	const source = "SWbemObject.DeleteAsync_"
	s, path, err := o.place(source)
	if err != nil {
		return err
	}
	return s.removeAsync(source, sink, path, flags, values, asyncContext)
}

// place returns where the object goes home to and its path there.
func (o *Object) place(source string) (*Services, string, error) {
	s, err := o.home(source)
	if err != nil {
		return nil, "", err
	}
	p, ok := o.relPath()
	if !ok {
		return nil, "", noPath(source)
	}
	return s, p.RelPath(), nil
}

func noPath(source string) error {
	return fail(source, ErrInvalidOperation, "the object has no path: a key has no value, or the class no name")
}

// Instances returns the instances of the class (SWbemObject.Instances_), see
// Services.InstancesOf.
func (o *Object) Instances(flags Flags, values *NamedValueSet) (*ObjectSet, error) {
	const source = "SWbemObject.Instances_"
	s, err := o.home(source)
	if err != nil {
		return nil, err
	}
	return s.instances(source, o.className(), flags, values)
}

// InstancesAsync delivers the instances of the class
// (SWbemObject.InstancesAsync_), see Services.InstancesOfAsync.
func (o *Object) InstancesAsync(sink *Sink, flags Flags, values, asyncContext *NamedValueSet) error {
	const source = "SWbemObject.InstancesAsync_"
	s, err := o.home(source)
	if err != nil {
		return err
	}
	return s.instancesAsync(source, sink, o.className(), flags, values, asyncContext)
}

// Subclasses returns the subclasses of the class (SWbemObject.Subclasses_), see
// Services.SubclassesOf; without QueryFlagShallow all of them (Decision S-18).
func (o *Object) Subclasses(flags Flags, values *NamedValueSet) (*ObjectSet, error) {
	const source = "SWbemObject.Subclasses_"
	s, err := o.home(source)
	if err != nil {
		return nil, err
	}
	return s.subclasses(source, o.className(), flags, values)
}

// SubclassesAsync delivers the subclasses of the class
// (SWbemObject.SubclassesAsync_), see Services.SubclassesOfAsync.
func (o *Object) SubclassesAsync(sink *Sink, flags Flags, values, asyncContext *NamedValueSet) error {
	const source = "SWbemObject.SubclassesAsync_"
	s, err := o.home(source)
	if err != nil {
		return err
	}
	return s.subclassesAsync(source, sink, o.className(), flags, values, asyncContext)
}

// Associators returns the objects associated with the object
// (SWbemObject.Associators_), see Services.AssociatorsOf.
func (o *Object) Associators(assocClass, resultClass, resultRole, role string, classesOnly, schemaOnly bool, requiredAssocQualifier, requiredQualifier string, flags Flags, values *NamedValueSet) (*ObjectSet, error) {
	const source = "SWbemObject.Associators_"
	s, path, err := o.place(source)
	if err != nil {
		return nil, err
	}
	a := associators(assocClass, resultClass, resultRole, role, classesOnly, schemaOnly, requiredAssocQualifier, requiredQualifier)
	return s.associations(source, path, a, flags, values)
}

// AssociatorsAsync delivers the objects associated with the object
// (SWbemObject.AssociatorsAsync_), see Services.AssociatorsOfAsync.
func (o *Object) AssociatorsAsync(sink *Sink, assocClass, resultClass, resultRole, role string, classesOnly, schemaOnly bool, requiredAssocQualifier, requiredQualifier string, flags Flags, values, asyncContext *NamedValueSet) error {
	const source = "SWbemObject.AssociatorsAsync_"
	s, path, err := o.place(source)
	if err != nil {
		return err
	}
	a := associators(assocClass, resultClass, resultRole, role, classesOnly, schemaOnly, requiredAssocQualifier, requiredQualifier)
	return s.associationsAsync(source, sink, path, a, flags, values, asyncContext)
}

// References returns the associations that refer to the object
// (SWbemObject.References_), see Services.ReferencesTo.
func (o *Object) References(resultClass, role string, classesOnly, schemaOnly bool, requiredQualifier string, flags Flags, values *NamedValueSet) (*ObjectSet, error) {
	const source = "SWbemObject.References_"
	s, path, err := o.place(source)
	if err != nil {
		return nil, err
	}
	return s.associations(source, path, references(resultClass, role, classesOnly, schemaOnly, requiredQualifier), flags, values)
}

// ReferencesAsync delivers the associations that refer to the object
// (SWbemObject.ReferencesAsync_), see Services.ReferencesToAsync.
func (o *Object) ReferencesAsync(sink *Sink, resultClass, role string, classesOnly, schemaOnly bool, requiredQualifier string, flags Flags, values, asyncContext *NamedValueSet) error {
	const source = "SWbemObject.ReferencesAsync_"
	s, path, err := o.place(source)
	if err != nil {
		return err
	}
	a := references(resultClass, role, classesOnly, schemaOnly, requiredQualifier)
	return s.associationsAsync(source, sink, path, a, flags, values, asyncContext)
}

// Refresh reads an instance again, in place (SWbemObjectEx.Refresh_): what was
// changed here is lost. Flags are 0. The error is ErrInvalidOperation for a class
// (scripting-api.md, Decision S-19) and for an instance without path, ErrNotFound
// if the instance is gone.
func (o *Object) Refresh(flags Flags, values *NamedValueSet) error {
	const source = "SWbemObjectEx.Refresh_"
	if o.inst == nil {
		return fail(source, ErrInvalidOperation, "a class cannot be refreshed")
	}
	s, err := o.home(source)
	if err != nil {
		return err
	}
	options, err := s.options(source, flags, 0, values)
	if err != nil {
		return err
	}
	return o.refresh(source, options)
}

func (o *Object) refresh(source string, options wbem.Options) error {
	s := o.services
	path, ok := o.relPath()
	if !ok {
		return noPath(source)
	}
	inst, err := s.svc.GetInstance(s.ctx, path, options)
	if err != nil {
		return s.fail(source, err)
	}
	o.inst = inst
	return nil
}
