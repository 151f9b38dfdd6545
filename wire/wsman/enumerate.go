package wsman

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"time"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
	"openwmi/wire/internal/lease"
	"openwmi/wire/internal/xmltree"
)

// Limits of enumerations. DSP0226 8
const (
	maxElements         = 32000
	usualEnumerationIdl = 2 * time.Minute // without a Pull it ends
	maxPullTime         = 60 * time.Second
)

// A mode is what an enumeration returns of each object. DSP0226 8.7
type mode int

const (
	modeObject mode = iota
	modeEPR
	modeObjectAndEPR
)

// An enumeration is open.
type enumeration struct {
	resource resource
	mode     mode
	// base, if not nil, is the class whose properties alone are shown.
	base   *cim.Class
	next   func() (cim.Object, error, bool)
	object cim.Object // that comes next, nil at the end
	err    error
	cancel context.CancelFunc
}

// read reads the next object.
func (e *enumeration) read() {
	for {
		obj, err, ok := e.next()
		if errors.Is(err, wbem.SPartialResults) {
			continue
		}
		if !ok || err != nil {
			obj = nil
		}
		e.object, e.err = obj, err
		return
	}
}

// enumerate opens an enumeration and, if it is optimized, returns the first
// objects. DSP0226 8.2
func enumerate(x *exchange) error {
	body := x.request.body
	if body == nil || body.Local != "Enumerate" {
		return newFault(faultSchemaValidation, "", wbem.InvalidParameter, "the body is no Enumerate")
	}
	en := &enumeration{resource: x.resource}
	var err error
	if en.mode, err = readMode(body.Child(nsWSMan, "EnumerationMode").Value()); err != nil {
		return err
	}
	seq, err := x.sequence(body, en)
	if err != nil {
		return err
	}
	optimized := body.Child(nsWSMan, "OptimizeEnumeration") != nil
	count := 1
	if text := body.Child(nsWSMan, "MaxElements").Value(); text != "" {
		if count, err = readMax(text); err != nil {
			return err
		}
	}
	if !optimized {
		count = 0
	}
	idle := usualEnumerationIdl
	if text := body.Child(nsEnumeration, "Expires").Value(); text != "" {
		d, err := parseDuration(text)
		if err != nil {
			return newFault(&faultKind{true, "n:InvalidExpirationTime", nsEnumeration + "/fault", "The expiration time is not valid."}, "",
				wbem.InvalidParameter, "Expires is %.40q", text)
		}
		idle = min(max(d, time.Second), maxOperationTime)
	}
	l, err := x.open(en, seq, idle)
	if err != nil {
		return err
	}
	return x.deliver(l, "n:EnumerateResponse", "w:Items", "w:EndOfSequence", count)
}

func readMode(text string) (mode, error) {
	switch text {
	case "":
		return modeObject, nil
	case "EnumerateEPR":
		return modeEPR, nil
	case "EnumerateObjectAndEPR":
		return modeObjectAndEPR, nil
	}
	return 0, newFault(faultUnsupportedFeature, "EnumerationMode", wbem.NotSupported, "mode %.60q is not supported", text)
}

func readMax(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n == 0 {
		return 0, newFault(faultInvalidParameter, "", wbem.InvalidParameter, "MaxElements is %.40q", text)
	}
	return min(int(n), maxElements), nil
}

// A source yields objects with a session that lasts.
type source func(x *exchange) iter.Seq2[cim.Object, error]

// sequence returns what an enumeration is of.
func (x *exchange) sequence(body *xmltree.Node, en *enumeration) (source, error) {
	f := body.Child(nsWSMan, "Filter")
	if f == nil {
		f = body.Child(nsEnumeration, "Filter")
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
		return x.associated(f)
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
	opts := reads
	switch p := body.Child(nsBinding, "PolymorphismMode").Value(); p {
	case "", "IncludeSubClassProperties":
	case "ExcludeSubClassProperties":
		en.base = c
	case "None":
		opts.Flags |= wbem.Shallow
	default:
		return nil, newFault(faultUnsupportedFeature, "PolymorphismModeNotSupported", wbem.NotSupported, "PolymorphismMode %.60q is not supported", p)
	}
	return func(x *exchange) iter.Seq2[cim.Object, error] {
		return objects(x.svc.Instances(x.ctx, c.Name(), opts))
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
	return func(x *exchange) iter.Seq2[cim.Object, error] { return x.svc.Query(x.ctx, "WQL", text, reads) }
}

// open begins an enumeration and reads its first object, so that what is wrong
// with it is said now.
func (x *exchange) open(en *enumeration, seq source, idle time.Duration) (*lease.Lease, error) {
	all := x.server.leases
	if err := all.Admit(x.user()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(x.ctx))
	own := &exchange{request: x.request, server: x.server, ctx: ctx, who: x.who, svc: x.svc}
	x.svc = nil // it lasts as long as the enumeration
	var stop func()
	en.next, stop = iter.Pull2(seq(own))
	en.cancel = cancel
	l := &lease.Lease{Owner: x.user(), Place: own.svc.Namespace(), Timeout: idle, Open: en}
	l.End = func() { stop(); cancel(); own.close() }
	done := context.AfterFunc(x.ctx, cancel)
	en.read()
	done()
	if en.err != nil {
		all.Drop(l)
		return nil, en.err
	}
	return l, nil
}

// deliver returns at most max objects, as many as the answer has room for, and
// whether more follow.
func (x *exchange) deliver(l *lease.Lease, element, items, end string, max int) error {
	en := l.Open.(*enumeration)
	done := context.AfterFunc(x.ctx, en.cancel)
	defer done()
	var list []byte
	room := x.request.envelope - 2048
	n := 0
	for n < max && en.object != nil {
		item, err := x.item(en)
		if err != nil {
			x.server.leases.Drop(l)
			return err
		}
		if len(list)+len(item) > room {
			if n == 0 {
				x.server.leases.Drop(l)
				return newFault(faultEncodingLimit, "MaxEnvelopeSize", wbem.QuotaViolation, "an object has more than %d bytes", room)
			}
			break
		}
		list = append(list, item...)
		n++
		en.read()
		if en.err != nil {
			x.server.leases.Drop(l)
			return en.err
		}
	}
	id, over := "", en.object == nil
	if over {
		x.server.leases.Drop(l)
	} else {
		id = "uuid:" + x.server.leases.Keep(l)
	}
	b := append(x.body, "<"+element+"><n:EnumerationContext>"...)
	b = xml.AppendText(b, id)
	b = append(b, "</n:EnumerationContext>"...)
	if max > 0 {
		b = append(b, "<"+items+">"...)
		b = append(b, list...)
		b = append(b, "</"+items+">"...)
		if over {
			b = append(b, "<"+end+"/>"...)
		}
	}
	x.body = append(b, "</"+element+">"...)
	return nil
}

// item returns the next object as the enumeration shows it.
func (x *exchange) item(en *enumeration) ([]byte, error) {
	inst, ok := en.object.(*cim.Instance)
	if !ok {
		return nil, newFault(faultUnsupportedFeature, "", wbem.NotSupported, "classes are not enumerated")
	}
	var b []byte
	if en.mode != modeObject {
		path, ok := cim.RelPath(inst)
		if !ok {
			return nil, newFault(faultUnsupportedFeature, "EnumerationMode", wbem.InvalidObjectPath, "an object of class %s has no path", inst.ClassName())
		}
		if at := inst.Origin(); at != nil {
			path.Namespace = at.Namespace
		}
		b = append(b, "<a:EndpointReference>"...)
		b = append(b, "<a:Address>"+anonymous+"</a:Address><a:ReferenceParameters>"...)
		b = appendResource(b, en.resource.in(inst.Origin(), path.Class))
		b = appendSelectors(b, path)
		b = append(b, "</a:ReferenceParameters></a:EndpointReference>"...)
		if en.mode == modeEPR {
			return b, nil
		}
	}
	object := en.appendObject(nil, inst)
	if en.mode == modeObject {
		return object, nil
	}
	return append(append(append([]byte("<w:Item>"), object...), b...), "</w:Item>"...), nil
}

// appendObject appends an instance. What a query has left something out of is a
// fragment, as WinRM has it.
func (e *enumeration) appendObject(b []byte, inst *cim.Instance) []byte {
	if e.base != nil {
		return appendInstance(b, e.resource, inst, func(p *cim.Property) bool { return e.base.Property(p.Name()) != nil })
	}
	if cim.ObjectFlags(inst.Class())&flagPruned == 0 {
		return appendInstance(b, e.resource, inst, nil)
	}
	b = append(b, `<w:XmlFragment xmlns:p="`...)
	b = xml.AppendText(b, e.resource.in(inst.Origin(), inst.ClassName()))
	b = append(b, `">`...)
	for k, p := range inst.Class().Properties() {
		b = appendProperty(b, e.resource, p.Name(), inst.At(k))
	}
	return append(b, "</w:XmlFragment>"...)
}

// flagPruned is that of cim.ObjectFlags for a class of which something is left
// out.
const flagPruned = 0x10

// lease takes the enumeration that the body names.
func (x *exchange) lease(element string) (*lease.Lease, error) {
	body := x.request.body
	if body == nil || body.Local != element {
		return nil, newFault(faultSchemaValidation, "", wbem.InvalidParameter, "the body is no %s", element)
	}
	id := body.Child(nsEnumeration, "EnumerationContext").Value()
	if len(id) > 5 && id[:5] == "uuid:" {
		id = id[5:]
	}
	l, err := x.server.leases.Use(id, x.user(), x.svc.Namespace())
	if err != nil {
		return nil, &fault{kind: faultInvalidContext, err: err}
	}
	if _, ok := l.Open.(*enumeration); !ok {
		x.server.leases.Keep(l)
		return nil, &fault{kind: faultInvalidContext, err: lease.ErrUnknown}
	}
	return l, nil
}

// pull returns the next objects. DSP0226 8.4
func pull(x *exchange) error {
	max := 1
	if x.request.body != nil {
		if text := x.request.body.Child(nsEnumeration, "MaxElements").Value(); text != "" {
			var err error
			if max, err = readMax(text); err != nil {
				return err
			}
		}
	}
	l, err := x.lease("Pull")
	if err != nil {
		return err
	}
	return x.deliver(l, "n:PullResponse", "n:Items", "n:EndOfSequence", max)
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
