package cimom

import (
	"context"
	"iter"

	"openwmi/cim"
	"openwmi/wbem"
)

// GetClass implements wbem.Services.
func (s *session) GetClass(ctx context.Context, name string, o wbem.Options) (*cim.Class, error) {
	const op = "GetObject"
	end, err := s.admit(ctx, admission{op: op, path: name, flags: o.Flags, legal: getFlags})
	if err != nil {
		return nil, err
	}
	defer end()
	c, err := s.ns.Class(name)
	if err == nil && o.Flags&wbem.UseAmendedQualifiers != 0 {
		c, err = s.localized(c)
	}
	if err != nil {
		return nil, wbem.NewError(op, name, err)
	}
	return c, nil
}

// Flags that reads know. 0x40 is accepted everywhere and means nothing.
const (
	getFlags       = wbem.UseAmendedQualifiers | wbem.DirectRead | wbem.NoErrorObject
	classesFlags   = wbem.Shallow | wbem.UseAmendedQualifiers | wbem.NoErrorObject
	instancesFlags = classesFlags | wbem.DirectRead | wbem.EnsureLocatable
)

// GetInstance implements wbem.Services.
func (s *session) GetInstance(ctx context.Context, path cim.Path, o wbem.Options) (*cim.Instance, error) {
	const op = "GetObject"
	end, err := s.admit(ctx, admission{op: op, flags: o.Flags, legal: getFlags})
	if err != nil {
		return nil, withPath(err, path)
	}
	defer end()
	inst, err := s.getInstance(path, o.Flags)
	if err != nil {
		return nil, wbem.NewError(op, path.String(), err)
	}
	return inst, nil
}

func (s *session) getInstance(path cim.Path, flags wbem.Flags) (*cim.Instance, error) {
	if err := wbem.CheckPlace(s, path); err != nil {
		return nil, err
	}
	if !path.IsInstance() {
		return nil, cim.Errorf(wbem.InvalidObjectPath, "it does not name an instance")
	}
	c, err := s.ns.Class(path.Class)
	if err != nil {
		return nil, err
	}
	if err := s.static(c); err != nil {
		return nil, err
	}
	inst, err := s.ns.Instance(path, flags&wbem.DirectRead != 0)
	if err == nil && flags&wbem.UseAmendedQualifiers != 0 {
		err = s.localizeInstance(inst)
	}
	return inst, err
}

// Classes implements wbem.Services.
func (s *session) Classes(ctx context.Context, super string, o wbem.Options) iter.Seq2[*cim.Class, error] {
	const op = "CreateClassEnum"
	return func(yield func(*cim.Class, error) bool) {
		end, err := s.admit(ctx, admission{op: op, path: super, flags: o.Flags, legal: classesFlags})
		if err != nil {
			yield(nil, err)
			return
		}
		defer end()
		for c, err := range s.ns.Subclasses(super, o.Flags&wbem.Shallow == 0) {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil && o.Flags&wbem.UseAmendedQualifiers != 0 {
				c, err = s.localized(c)
			}
			if err != nil {
				yield(nil, wbem.NewError(op, super, err))
				return
			}
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Instances implements wbem.Services.
func (s *session) Instances(ctx context.Context, class string, o wbem.Options) iter.Seq2[*cim.Instance, error] {
	const op = "CreateInstanceEnum"
	return func(yield func(*cim.Instance, error) bool) {
		end, err := s.admit(ctx, admission{op: op, path: class, flags: o.Flags, legal: instancesFlags})
		if err != nil {
			yield(nil, err)
			return
		}
		defer end()
		fail := func(err error) { yield(nil, wbem.NewError(op, class, err)) }
		if class == "" {
			fail(cim.Errorf(wbem.InvalidParameter, "no class is named"))
			return
		}
		c, err := s.ns.Class(class)
		if err == nil {
			err = s.static(c)
		}
		if err != nil {
			fail(unknownClass(err))
			return
		}
		for inst, err := range s.ns.Instances(ctx, class, o.Flags&wbem.Shallow == 0) {
			if err == nil && o.Flags&wbem.UseAmendedQualifiers != 0 {
				err = s.localizeInstance(inst)
			}
			if err != nil {
				fail(err)
				return
			}
			if !yield(inst, nil) {
				return
			}
		}
	}
}

// static is the place where an operation on instances is routed: the repository
// answers for static classes; a dynamic one needs a provider that is
// registered, and none can be yet.
func (s *session) static(c *cim.Class) error {
	if c.IsDynamic() {
		return cim.Errorf(wbem.ProviderNotFound, "class %s is dynamic and its provider %q is not registered", c.Name(), c.Provider())
	}
	return nil
}

// unknownClass is InvalidClass for a class that was not found, for operations
// in which the class is not what is looked for.
func unknownClass(err error) error {
	if cim.StatusOf(err) != wbem.NotFound {
		return err
	}
	return cim.Errorf(wbem.InvalidClass, "%v", err)
}

// withPath puts the path of an instance, which costs something to print, into
// an error that was made before it was known to be needed.
func withPath(err error, path cim.Path) error { return wbem.NewError("", path.String(), err) }
