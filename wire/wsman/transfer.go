package wsman

import (
	"errors"
	"slices"

	"openwmi/cim"
	"openwmi/wbem"
)

// target returns the class and path that a request names.
func (x *exchange) target() (*cim.Class, cim.Path, error) {
	c, err := x.class()
	if err != nil {
		return nil, cim.Path{}, err
	}
	p, err := x.path(c)
	return c, p, err
}

// instance returns the instance that a request names: selectors that lead
// nowhere are wrong. DSP0226 R5.1.2.2
func (x *exchange) instance() (*cim.Instance, error) {
	_, p, err := x.target()
	if err != nil {
		return nil, err
	}
	inst, err := x.svc.GetInstance(x.ctx, p, x.options(wbem.UseAmendedQualifiers))
	return inst, x.missing(err)
}

func (x *exchange) missing(err error) error {
	if errors.Is(err, wbem.NotFound) {
		return &fault{kind: faultInvalidSelectors, err: err}
	}
	return err
}

func get(x *exchange) error {
	f, err := x.readFragment()
	if err != nil {
		return err
	}
	inst, err := x.instance()
	if err != nil {
		return err
	}
	if f != nil {
		return x.writeFragment(f, inst, "MaxEnvelopeSizeExceeded")
	}
	x.body = appendInstance(x.body, x.resource, inst, nil, nil)
	return x.fits("MaxEnvelopeSizeExceeded")
}

// fits complains, with a detail, about an answer that is longer than the client
// can take.
func (x *exchange) fits(detail string) error {
	if len(x.body)+len(x.head) > x.room() {
		return newFault(faultEncodingLimit, detail, wbem.QuotaViolation, "the answer has more than %d bytes", x.request.envelope)
	}
	return nil
}

// put changes the properties that the body has. The answer is the instance as it
// is then.
func put(x *exchange) error {
	f, err := x.readFragment()
	if err != nil {
		return err
	}
	if x.request.body == nil {
		return newFault(faultInvalidRepresentation, "MissingValues", wbem.InvalidObject, "there is no instance")
	}
	inst, err := x.instance()
	if err != nil {
		return err
	}
	var changed []string
	if f != nil {
		changed, err = x.setFragment(f, inst)
	} else {
		changed, err = x.setAll(inst)
	}
	if err != nil {
		return err
	}
	if len(changed) > 0 {
		if _, err := x.svc.PutInstance(x.ctx, inst, wbem.Options{Flags: wbem.UpdateOnly, Context: partial(x.request.options, changed)}); err != nil {
			return err
		}
		if inst, err = x.instance(); err != nil {
			return err
		}
	}
	if f != nil {
		return x.writeFragment(f, inst, "UnreportableSuccess")
	}
	x.body = appendInstance(x.body, x.resource, inst, nil, nil)
	return x.fits("UnreportableSuccess")
}

// setAll sets in an instance what the body has, and returns the names of the
// properties that are different then.
func (x *exchange) setAll(inst *cim.Instance) ([]string, error) {
	given, err := x.reader().instance(x.request.body, inst.Class())
	if err != nil {
		return nil, err
	}
	var changed []string
	for k := range inst.Class().Properties() {
		if !given.IsSet(k) {
			continue
		}
		names, err := x.set(inst, k, given.At(k))
		if err != nil {
			return nil, err
		}
		changed = append(changed, names...)
	}
	return changed, nil
}

// set sets a property of an instance and returns its name, none if it is as it was.
// A key can be written in another way, as references can, but not changed.
func (x *exchange) set(inst *cim.Instance, k int, v cim.Value) ([]string, error) {
	if v.Equal(inst.At(k)) {
		return nil, nil
	}
	p := inst.Class().Properties()[k]
	if !p.IsKey() {
		return []string{p.Name()}, inst.SetIndex(k, v)
	}
	wrong := newFault(faultInvalidRepresentation, "InvalidValues", wbem.InvalidObject, "key %s cannot be changed", p.Name())
	path, ok := cim.RelPath(inst)
	if !ok || v.IsNull() {
		return nil, wrong
	}
	named := path
	named.Keys = slices.Clone(path.Keys)
	for i := range named.Keys {
		if cim.EqualNames(named.Keys[i].Name, p.Name()) {
			named.Keys[i] = cim.NewKey(p.Name(), v)
		}
	}
	other, err := x.svc.GetInstance(x.ctx, named, x.options(0))
	if errors.Is(err, wbem.NotFound) {
		return nil, wrong
	}
	if err != nil {
		return nil, err
	}
	if at, ok := cim.RelPath(other); !ok || at.RelPath() != path.RelPath() {
		return nil, wrong
	}
	return nil, nil
}

// partial returns a context with what asks for an update of these properties
// alone, NULL included. put.md 8.1
func partial(c *wbem.Context, properties []string) *wbem.Context {
	if c == nil {
		c = &wbem.Context{}
	}
	c.Set("__PUT_EXTENSIONS", cim.BoolValue(true))
	c.Set("__PUT_EXT_CLIENT_REQUEST", cim.BoolValue(true))
	c.Set("__PUT_EXT_PROPERTIES", cim.StringsValue(properties))
	c.Set("__PUT_EXT_STRICT_NULLS", cim.BoolValue(true))
	return c
}

// create creates an instance and returns its endpoint reference.
func create(x *exchange) error {
	c, err := x.class()
	if err != nil {
		return err
	}
	if x.request.body == nil {
		return newFault(faultInvalidRepresentation, "MissingValues", wbem.InvalidObject, "there is no instance")
	}
	inst, err := x.reader().instance(x.request.body, c)
	if err != nil {
		return err
	}
	path, err := x.svc.PutInstance(x.ctx, inst, x.options(wbem.CreateOnly))
	if err != nil {
		return err
	}
	path.Server = ""
	x.body = append(x.body, "<x:ResourceCreated>"...)
	x.body = appendReference(x.body, x.resource, x.resource.of(path.Class), path)
	x.body = append(x.body, "</x:ResourceCreated>"...)
	return x.fits("UnreportableSuccess")
}

func deleteInstance(x *exchange) error {
	_, p, err := x.target()
	if err != nil {
		return err
	}
	return x.missing(x.svc.DeleteInstance(x.ctx, p, x.options(0)))
}
