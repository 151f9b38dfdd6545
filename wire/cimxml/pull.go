package cimxml

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
	"openwmi/wql"
)

// How long an enumeration stays open without a request, in seconds. The client
// says how long it wants; zero, which would be for ever, is refused.
const (
	usualTimeout = 90
	maxTimeout   = 3600
)

// pulled are the operations on enumerations that a client pulls. DSP0200
// 5.3.2.24
var pulled = map[string]func(*operation) error{
	"OpenEnumerateInstances":      openEnumerate(false),
	"OpenEnumerateInstancePaths":  openEnumerate(true),
	"OpenAssociatorInstances":     openTraversal("ASSOCIATORS", false),
	"OpenAssociatorInstancePaths": openTraversal("ASSOCIATORS", true),
	"OpenReferenceInstances":      openTraversal("REFERENCES", false),
	"OpenReferenceInstancePaths":  openTraversal("REFERENCES", true),
	"OpenQueryInstances":          openQuery,
	"PullInstancesWithPath":       pull(withPath),
	"PullInstancePaths":           pull(pathOnly),
	"PullInstances":               pull(instanceOnly),
	"CloseEnumeration":            closeEnumeration,
	"EnumerationCount":            enumerationCount,
}

// A pullForm is what an enumeration returns of each object, and so which
// operation pulls it.
type pullForm int

const (
	withPath pullForm = iota
	pathOnly
	instanceOnly
)

func (f pullForm) append(e *xml.Encoder, b []byte, obj cim.Object) ([]byte, error) {
	switch f {
	case pathOnly:
		path, err := fullPath(obj)
		if err != nil {
			return b, err
		}
		return e.AppendPath(b, path), nil
	case instanceOnly:
		if _, ok := obj.(*cim.Instance); !ok {
			return b, coded(InvalidQuery, "the query finds classes, and an enumeration has instances")
		}
		return e.Append(b, obj, xml.Bare)
	}
	return e.Append(b, obj, xml.InstanceWithPath)
}

// An opening is what all operations that open an enumeration ask for.
type opening struct {
	filter  string // in FQL, "" for none
	timeout time.Duration
	max     uint32
}

// opening reads the parameters that the operations share. DSP0200 5.3.2.24.2
func (o *operation) opening(filtered bool) (opening, error) {
	var p opening
	language, hasLanguage := o.text("FilterQueryLanguage")
	filter, hasFilter := o.text("FilterQuery")
	if !filtered {
		hasLanguage, hasFilter = false, false
	}
	seconds, ok := o.uint32("OperationTimeout")
	if !ok {
		seconds = usualTimeout
	}
	goOn := o.boolean("ContinueOnError", false)
	p.max, _ = o.uint32("MaxObjectCount")
	p.timeout = time.Duration(seconds) * time.Second
	if err := o.finish(); err != nil {
		return p, err
	}
	switch {
	case hasLanguage != hasFilter:
		return p, coded(InvalidParameter, "FilterQueryLanguage and FilterQuery go together")
	case hasFilter && language != "DMTF:FQL":
		return p, coded(QueryLanguageNotSupported, "%.40q is not DMTF:FQL", language)
	case goOn:
		return p, coded(ContinuationOnErrorNot, "an enumeration ends with its first error")
	case seconds == 0 || seconds > maxTimeout:
		return p, coded(InvalidOperationTimeout, "a timeout has 1 to %d seconds", maxTimeout)
	}
	if hasFilter {
		p.filter = filter
	}
	return p, nil
}

func openEnumerate(paths bool) func(*operation) error {
	return func(o *operation) error {
		in := instances{class: o.mustClassName("ClassName"), e: o.encoder(), deep: true}
		form := pathOnly
		if !paths {
			form = withPath
			in.deep = o.boolean("DeepInheritance", true)
			o.instanceOptions(in.e)
		}
		p, err := o.opening(true)
		if err == nil {
			err = o.limit(&in)
		}
		if err != nil {
			return err
		}
		seq := func(o *operation) iter.Seq2[cim.Object, error] {
			return objects(o.svc.Instances(o.ctx, in.class, reads(in.e)))
		}
		if p.filter != "" {
			text, err := filtered(in.class, p.filter)
			if err != nil {
				return err
			}
			seq = func(o *operation) iter.Seq2[cim.Object, error] { return o.query("WQL", text, reads(in.e)) }
		}
		return o.open(p, form, in.e, seq)
	}
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

// filtered returns the query for the instances of a class that pass a filter in
// FQL, as far as it is written like a condition of WQL: the LIKE of FQL takes
// regular expressions. DSP0212
func filtered(class, filter string) (string, error) {
	text := "SELECT * FROM " + class + " WHERE " + filter
	q, err := wql.Parse(text)
	if err != nil {
		return "", coded(InvalidQuery, "%v", err)
	}
	s, ok := q.(*wql.Select)
	if !ok || s.Where == nil {
		return "", coded(InvalidQuery, "%.60q is no condition", filter)
	}
	for n := range wql.Preorder(s.Where) {
		if _, ok := n.(*wql.Like); ok {
			return "", coded(FilteredEnumerationNot, "LIKE is not supported")
		}
	}
	return text, nil
}

func openTraversal(verb string, paths bool) func(*operation) error {
	return func(o *operation) error {
		t := o.traverse(verb, "InstanceName", paths)
		p, err := o.opening(true)
		switch {
		case err != nil:
			return err
		case p.filter != "":
			return coded(FilteredEnumerationNot, "associations are not filtered")
		case !t.object.IsInstance():
			return coded(InvalidParameter, "InstanceName is no instance")
		}
		form := withPath
		if paths {
			form = pathOnly
		}
		return o.open(p, form, t.e, func(o *operation) iter.Seq2[cim.Object, error] { return o.results(t) })
	}
}

func openQuery(o *operation) error {
	name, ok := o.text("FilterQueryLanguage")
	o.required("FilterQueryLanguage", ok)
	text, ok := o.text("FilterQuery")
	o.required("FilterQuery", ok)
	class := o.boolean("ReturnQueryResultClass", false)
	p, err := o.opening(false)
	if err != nil {
		return err
	}
	if class {
		return coded(NotSupported, "the class of the results is not returned")
	}
	language, err := languageOf(name)
	if err != nil {
		return err
	}
	e := o.encoder()
	return o.open(p, instanceOnly, e, func(o *operation) iter.Seq2[cim.Object, error] { return o.query(language, text, reads(e)) })
}

// open opens an enumeration and returns its first objects. seq is called with
// an operation that lasts as long as the enumeration.
func (o *operation) open(p opening, form pullForm, e *xml.Encoder, seq func(*operation) iter.Seq2[cim.Object, error]) error {
	all := o.server.leases
	if err := all.Admit(o.holder()); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(o.ctx))
	own := &exchange{server: o.server, ctx: ctx, who: o.who, locale: o.locale}
	svc, err := own.session(o.svc.Namespace())
	if err != nil {
		cancel()
		all.Release(o.holder())
		return err
	}
	lasting := &operation{exchange: own, svc: svc, arguments: o.arguments}
	e.Classes = lasting.encoder().Classes
	en := &enumeration{form: form, e: e, cancel: cancel}
	var stop func()
	en.next, stop = iter.Pull2(seq(lasting))
	l := &lease.Lease{Holder: o.holder(), Place: svc.Namespace(), Timeout: p.timeout, Open: en}
	l.End = func() { stop(); cancel(); own.close() }
	return o.deliver(l, p.max)
}

// deliver returns objects of an enumeration that nobody else uses, and whether
// more follow. It ends with a client that goes away meanwhile: its provider might
// never answer.
func (o *operation) deliver(l *lease.Lease, max uint32) error {
	en := l.Open.(*enumeration)
	stays := context.AfterFunc(o.ctx, en.cancel)
	err := o.advance(en, max)
	if !stays() && err == nil {
		err = o.ctx.Err()
	}
	id, end := "", en.object == nil
	if err != nil || end {
		o.server.leases.Drop(l)
	} else if id = o.server.leases.Keep(l); id == "" {
		err = wbem.ShuttingDown
	}
	if err != nil {
		return err
	}
	o.parameter("EnumerationContext", "string", id)
	o.parameter("EndOfSequence", "boolean", strconv.FormatBool(end))
	return nil
}

// advance returns the next objects of an enumeration. It reads one more, and in the
// beginning the first, so that a failure and the end are told at once.
func (o *operation) advance(en *enumeration, max uint32) error {
	if !en.begun {
		en.begun = true
		en.read()
	}
	if en.err != nil {
		return en.err
	}
	o.begin()
	for range max {
		if en.object == nil {
			break
		}
		if err := o.append(func(b []byte) ([]byte, error) { return en.form.append(en.e, b, en.object) }); err != nil {
			return err
		}
		if en.read(); en.err != nil {
			return en.err
		}
	}
	return nil
}

// enumeration takes an enumeration that the parameters name.
func (o *operation) enumeration(id string) (*lease.Lease, error) {
	l, err := o.server.leases.Use(id, o.holder(), o.svc.Namespace())
	switch {
	case errors.Is(err, wbem.AccessDenied):
		return nil, err
	case err != nil:
		return nil, coded(InvalidEnumerationContext, "there is no such enumeration")
	}
	if _, ok := l.Open.(*enumeration); !ok {
		o.server.leases.Keep(l) // a subscription
		return nil, coded(InvalidEnumerationContext, "there is no such enumeration")
	}
	return l, nil
}

func pull(form pullForm) func(*operation) error {
	return func(o *operation) error {
		id, ok := o.text("EnumerationContext")
		o.required("EnumerationContext", ok)
		max, ok := o.uint32("MaxObjectCount")
		o.required("MaxObjectCount", ok)
		if err := o.finish(); err != nil {
			return err
		}
		l, err := o.enumeration(id)
		if err != nil {
			return err
		}
		if l.Open.(*enumeration).form != form {
			o.server.leases.Keep(l)
			return coded(InvalidEnumerationContext, "the enumeration is pulled with another operation")
		}
		return o.deliver(l, max)
	}
}

func closeEnumeration(o *operation) error {
	id, ok := o.text("EnumerationContext")
	o.required("EnumerationContext", ok)
	if err := o.finish(); err != nil {
		return err
	}
	l, err := o.enumeration(id)
	if err != nil {
		return err
	}
	o.server.leases.Drop(l)
	return nil
}

// enumerationCount is deprecated; how many objects follow is found out by
// pulling them. DSP0200 5.3.2.24.11
func enumerationCount(*operation) error {
	return coded(NotSupported, "objects are not counted in advance")
}

// An enumeration is open.
type enumeration struct {
	form   pullForm
	e      *xml.Encoder
	cancel context.CancelFunc
	begun  bool
	next   func() (cim.Object, error, bool)
	object cim.Object // that comes next, nil at the end
	err    error
}

// read reads the next object.
func (en *enumeration) read() {
	obj, err, ok := en.next()
	if !ok || err != nil {
		obj = nil
	}
	en.object, en.err = obj, err
}
