package cimom

import (
	"context"
	"iter"

	"openwmi/cim"
	"openwmi/wbem"
)

// Flags that reads know. 0x40 is accepted everywhere and means nothing.
const (
	getFlags       = wbem.UseAmendedQualifiers | wbem.DirectRead | wbem.NoErrorObject
	classesFlags   = wbem.Shallow | wbem.UseAmendedQualifiers | wbem.NoErrorObject
	instancesFlags = classesFlags | wbem.DirectRead | wbem.EnsureLocatable
)

// GetClass implements wbem.Services.
func (s *session) GetClass(ctx context.Context, name string, o wbem.Options) (*cim.Class, error) {
	const op = "GetObject"
	run, err := s.admit(ctx, admission{op: op, path: name, flags: o.Flags, legal: getFlags})
	if err != nil {
		return nil, err
	}
	defer run.end()
	s = run.s
	c, err := s.ns.Class(name)
	if err == nil {
		var v viewer
		if v, err = s.viewer(o.Flags); err == nil {
			c, err = v.class(c)
		}
	}
	if err != nil {
		return nil, run.fail(name, err)
	}
	return c, nil
}

// GetInstance implements wbem.Services.
func (s *session) GetInstance(ctx context.Context, path cim.Path, o wbem.Options) (*cim.Instance, error) {
	const op = "GetObject"
	run, err := s.admit(ctx, admission{op: op, flags: o.Flags, legal: getFlags, target: path})
	if err != nil {
		return nil, err
	}
	defer run.end()
	s = run.s
	inst, err := s.getInstance(ctx, path, o)
	if err != nil {
		return nil, run.fail(path.String(), err)
	}
	return inst, nil
}

func (s *session) getInstance(ctx context.Context, path cim.Path, o wbem.Options) (*cim.Instance, error) {
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
	inst, err := s.find(ctx, c, path, o)
	if err != nil {
		return nil, err
	}
	v, err := s.viewer(o.Flags)
	if err != nil {
		return nil, err
	}
	if err := s.showSecurity(inst); err != nil {
		return nil, err
	}
	return inst, v.instance(inst)
}

// Classes implements wbem.Services.
func (s *session) Classes(ctx context.Context, super string, o wbem.Options) iter.Seq2[*cim.Class, error] {
	a := admission{op: "CreateClassEnum", path: super, flags: o.Flags, legal: classesFlags}
	return sequenceOf(ctx, s, a, func(s *session) (iter.Seq2[*cim.Class, error], error) {
		v, err := s.viewer(o.Flags)
		if err != nil {
			return nil, err
		}
		return func(yield func(*cim.Class, error) bool) {
			for c, err := range s.ns.Subclasses(super, o.Flags&wbem.Shallow == 0) {
				if err == nil {
					c, err = v.class(c)
				}
				if !yield(c, err) || err != nil {
					return
				}
			}
		}, nil
	})
}

// Instances implements wbem.Services.
func (s *session) Instances(ctx context.Context, class string, o wbem.Options) iter.Seq2[*cim.Instance, error] {
	a := admission{op: "CreateInstanceEnum", path: class, flags: o.Flags, legal: instancesFlags}
	return sequenceOf(ctx, s, a, func(s *session) (iter.Seq2[*cim.Instance, error], error) {
		if class == "" {
			return nil, cim.Errorf(wbem.InvalidParameter, "no class is named")
		}
		c, err := s.ns.Class(class)
		if err != nil {
			return nil, unknownClass(err)
		}
		v, err := s.viewer(o.Flags)
		if err != nil {
			return nil, err
		}
		deep := o.Flags&wbem.Shallow == 0
		return func(yield func(*cim.Instance, error) bool) {
			for inst, err := range s.instances(ctx, c, deep, o) {
				if err == nil {
					err = s.showSecurity(inst)
				}
				if err == nil {
					err = v.instance(inst)
				}
				if !yield(inst, err) || err != nil {
					return
				}
			}
		}, nil
	})
}

// unknownClass is InvalidClass for a class that was not found, for operations
// in which the class is not what is looked for.
func unknownClass(err error) error {
	if cim.StatusOf(err) != wbem.NotFound {
		return err
	}
	return cim.Errorf(wbem.InvalidClass, "%v", err)
}
