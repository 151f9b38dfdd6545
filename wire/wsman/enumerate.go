package wsman

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/internal/lease"
	"openwmi/wire/internal/xmltree"
)

// Limits of enumerations. DSP0226 8
const (
	maxElements = 32000
	usualIdle   = 2 * time.Minute // without a Pull an enumeration ends
	readAhead   = 64              // objects that wait for a Pull
	envelopeEnd = 2048            // bytes of an answer besides its objects
)

// A mode is what an enumeration returns of each object. DSP0226 8.7
type mode int

const (
	modeObject mode = iota
	modeEPR
	modeObjectAndEPR
)

var modes = map[string]mode{"": modeObject, "EnumerateEPR": modeEPR, "EnumerateObjectAndEPR": modeObjectAndEPR}

// An enumeration is open: a goroutine reads ahead what it is of.
type enumeration struct {
	resource resource
	mode     mode
	as       *cim.Class             // as whose instances all are shown, nil for their own classes
	only     func(name string) bool // properties that are shown, nil for all
	found    <-chan found           // is closed at the end
	next     *found                 // what comes next, nil if that has to be read
	size     int                    // bytes of the objects in the last answer
}

// A found thing is what a sequence yields.
type found struct {
	object cim.Object
	err    error
}

// peek reads what comes next and leaves it there: nil at the end. The error is
// that of the context.
func (e *enumeration) peek(ctx context.Context) (*found, error) {
	if e.next != nil {
		return e.next, nil
	}
	select {
	case f, ok := <-e.found:
		if !ok {
			return nil, nil
		}
		e.next = &f
		return e.next, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// enumerate opens an enumeration and, if it is optimized, returns the first
// objects. DSP0226 8.2
func enumerate(x *exchange) error {
	body := x.request.body
	if body == nil || body.Space != nsEnumeration || body.Local != "Enumerate" {
		return newFault(faultSchemaValidation, "", wbem.InvalidParameter, "the body is no Enumerate")
	}
	if body.Child(nsEnumeration, "EndTo") != nil {
		return newFault(faultUnsupportedFeature, "AddressingMode", wbem.NotSupported, "the end of an enumeration is not announced")
	}
	en := &enumeration{}
	var ok bool
	text := body.Child(nsWSMan, "EnumerationMode").Value()
	if en.mode, ok = modes[text]; !ok {
		return newFault(faultUnsupportedFeature, "EnumerationMode", wbem.NotSupported, "mode %.60q is not supported", text)
	}
	count := 0
	if body.Child(nsWSMan, "OptimizeEnumeration") != nil {
		var err error
		if count, err = readMax(body.Child(nsWSMan, "MaxElements")); err != nil {
			return err
		}
	}
	idle := usualIdle
	if text := body.Child(nsEnumeration, "Expires").Value(); text != "" {
		var ok bool
		if idle, ok = readExpires(text); !ok {
			return newFault(faultInvalidExpiration, "", wbem.InvalidParameter, "Expires is %.40q", text)
		}
	}
	seq, err := x.sequence(body, en)
	if err != nil {
		return err
	}
	en.resource = x.resource // an association filter may have changed its home
	l, err := x.open(en, seq, idle)
	if err != nil {
		return err
	}
	return x.deliver(x.ctx, l, "EnumerateResponse", nsPrefixWSMan, count)
}

// readMax reads MaxElements, without which it is one. More than a server returns
// at once is no mistake.
func readMax(n *xmltree.Node) (int, error) {
	if n == nil {
		return 1, nil
	}
	max, err := strconv.ParseUint(n.Value(), 10, 31)
	if err != nil || max == 0 {
		return 0, newFault(faultInvalidParameter, "", wbem.InvalidParameter, "MaxElements is %.40q", n.Value())
	}
	return min(int(max), maxElements), nil
}

// readExpires reads after which time something ends: a duration or a date. What
// is longer than the server grants is cut.
func readExpires(text string) (time.Duration, bool) {
	d, err := parseDuration(text)
	if err != nil {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return 0, false
		}
		d = time.Until(at)
	}
	return min(d, maxOperationTime), d > 0
}

// A source yields objects with a session that lasts.
type source func(x *exchange) iter.Seq2[cim.Object, error]

// sequence returns what an enumeration is of.
func (x *exchange) sequence(body *xmltree.Node, en *enumeration) (source, error) {
	f := body.Child(nsWSMan, "Filter")
	if g := body.Child(nsEnumeration, "Filter"); f == nil {
		f = g
	} else if g != nil {
		return nil, newFault(faultCannotProcessFilter, "", wbem.InvalidQuery, "there are two filters")
	}
	if f == nil {
		return x.instances(body, en)
	}
	switch d := f.Attr("", "Dialect"); d {
	case dialectWQLMicrosoft, dialectWQLDMTF, dialectCQL:
		return x.query(f.Value()), nil
	case dialectSelectors:
		return x.selected(f)
	case dialectAssociation:
		return x.associated(f, en)
	default:
		return nil, newFault(faultDialectUnavailable, "", wbem.InvalidQueryType, "dialect %.100q is not supported", d)
	}
}

// instances returns the instances of the class of the resource. DSP0227 8.2:
// PolymorphismMode.
func (x *exchange) instances(body *xmltree.Node, en *enumeration) (source, error) {
	c, err := x.class()
	if err != nil {
		return nil, err
	}
	o := x.options(wbem.UseAmendedQualifiers)
	switch p := body.Child(nsBinding, "PolymorphismMode").Value(); p {
	case "", "IncludeSubClassProperties":
	case "ExcludeSubClassProperties":
		en.as = c
	case "None":
		o.Flags |= wbem.Shallow
	default:
		return nil, newFault(faultUnsupportedFeature, "PolymorphismModeNotSupported", wbem.NotSupported, "PolymorphismMode %.60q is not supported", p)
	}
	return func(x *exchange) iter.Seq2[cim.Object, error] {
		return objects(x.svc.Instances(x.ctx, c.Name(), o))
	}, nil
}

// objects turns instances into objects.
func objects(seq iter.Seq2[*cim.Instance, error]) iter.Seq2[cim.Object, error] {
	return func(yield func(cim.Object, error) bool) {
		for inst, err := range seq {
			if !yield(inst, err) {
				return
			}
		}
	}
}

func (x *exchange) query(text string) source {
	return func(x *exchange) iter.Seq2[cim.Object, error] {
		return x.svc.Query(x.ctx, "WQL", text, x.options(wbem.UseAmendedQualifiers))
	}
}

// open begins an enumeration, and waits for the first object, so that what is
// wrong with it is said now.
func (x *exchange) open(en *enumeration, seq source, idle time.Duration) (*lease.Lease, error) {
	all := x.server.leases
	if err := all.Admit(x.holder()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(x.ctx))
	own := &exchange{request: x.request.kept(), server: x.server, ctx: ctx, svc: x.svc}
	x.svc = nil // it lasts as long as the enumeration
	list := make(chan found, readAhead)
	en.found = list
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(list)
		for object, err := range seq(own) {
			if errors.Is(err, wbem.SPartialResults) {
				continue
			}
			select {
			case list <- found{object, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	l := &lease.Lease{Holder: x.holder(), Timeout: idle, Open: en}
	l.End = func() {
		cancel()
		<-done
		own.close()
	}
	first, err := en.peek(x.ctx)
	if first != nil {
		err = first.err
	}
	if err != nil {
		all.Drop(l)
		return nil, err
	}
	return l, nil
}

// lease takes the enumeration or subscription whose context the body has.
func (x *exchange) lease(element string) (*lease.Lease, error) {
	body := x.request.body
	if body == nil || body.Space != nsEnumeration || body.Local != element {
		return nil, newFault(faultSchemaValidation, "", wbem.InvalidParameter, "the body is no %s", element)
	}
	l, err := x.server.leases.Use(unprefixed(body.Child(nsEnumeration, "EnumerationContext").Value()), x.holder(), "")
	switch {
	case errors.Is(err, wbem.AccessDenied):
		return nil, err
	case err != nil:
		return nil, &fault{kind: faultInvalidContext, err: err}
	}
	if sub, ok := l.Open.(*subscription); ok && sub.pushed { // its events go elsewhere
		x.server.keep(l, sub)
		return nil, &fault{kind: faultInvalidContext, err: lease.ErrUnknown}
	}
	return l, nil
}

// pull returns the next objects or events. DSP0226 8.4
func pull(x *exchange) error {
	max, err := readMax(x.request.body.Child(nsEnumeration, "MaxElements"))
	if err != nil {
		return err
	}
	ctx := x.ctx
	if text := x.request.body.Child(nsEnumeration, "MaxTime").Value(); text != "" {
		d, err := parseDuration(text)
		if err != nil || d <= 0 {
			return newFault(faultInvalidParameter, "", wbem.InvalidParameter, "MaxTime is %.40q", text)
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d)
		defer cancel()
	}
	l, err := x.lease("Pull")
	if err != nil {
		return err
	}
	if sub, ok := l.Open.(*subscription); ok {
		return x.deliverEvents(ctx, l, sub, max)
	}
	return x.deliver(ctx, l, "PullResponse", nsPrefixEnumeration, max)
}

// release ends an enumeration. DSP0226 8.5
func release(x *exchange) error {
	l, err := x.lease("Release")
	if err != nil {
		return err
	}
	x.server.leases.Drop(l)
	return nil
}
