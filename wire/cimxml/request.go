package cimxml

import (
	"errors"
	"strings"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// Limits of a message. Exceeding one is QuotaViolation.
const (
	MaxCalls   = 256  // operations in a MULTIREQ
	MaxParams  = 4096 // parameters of a method, and elements of an array
	maxOwn     = 64   // parameters of an intrinsic operation, which has a dozen
	maxDefined = 1024 // classes that a native operation defines, each with all that it inherits
)

// A request is a message that asks for operations.
type request struct {
	id    string
	multi bool
	calls []*call
}

// A call is one operation.
type call struct {
	method    string
	intrinsic bool
	namespace string   // with backslashes
	target    cim.Path // of an extrinsic method: its class or instance
	params    []param

	// err is what is wrong with an object in a parameter. It fails the call,
	// not the message.
	err error
}

// A param is a parameter of a call.
type param struct {
	name  string
	tag   string // of the element that is its value, "" for NULL
	texts []string
	path  cim.Path
	decl  *cim.ClassDecl // own definition
	inst  *cim.Instance
	qual  *cim.QualifierDecl
	value cim.Value         // of an extrinsic method
	named []wbem.NamedValue // of a native operation
}

// A scope knows the classes that objects in a request are of.
type scope interface {
	// classes returns where the classes of a namespace are looked up.
	classes(namespace string) xml.ClassFunc
	// signature returns the declared types of the parameters of a method.
	signature(path cim.Path, method string) func(name string) cim.Type
	// table has the classes of native operations.
	table() *classTable
}

// A messageError is a message that is no request: an HTTP status and the text of
// the header CIMError. DSP0200 7.3
type messageError struct {
	reason string // such as request-not-valid
	err    error
}

func (e *messageError) Error() string { return e.reason + ": " + e.err.Error() }
func (e *messageError) Unwrap() error { return e.err }

func notValid(format string, args ...any) error {
	return &messageError{"request-not-valid", cim.Errorf(wbem.InvalidParameter, format, args...)}
}

// readRequest reads a message. The error is a *messageError or that of what d
// reads from.
func readRequest(d *xml.Decoder, in scope) (*request, error) {
	r := &requestReader{d: d, in: in, req: &request{}}
	r.document()
	if err := d.Err(); r.err == nil && err != nil {
		r.err = err
		// An object that the namespace does not take is the failure of the
		// operation, whose answer has the status. Of several operations those
		// behind it are not known, so none is carried out.
		if last := r.last(); r.inParam && last != nil && isObjectError(err) {
			if wbem.StatusOf(err) == wbem.NotFound { // its class was found
				err = &codedError{NoSuchProperty, err}
			}
			last.err, r.err = err, errAbandoned
		}
	}
	if r.err == errAbandoned {
		if r.err = nil; r.req.multi {
			r.err = notValid("%v", r.last().err)
		}
	}
	return r.req, asMessageError(r.err)
}

// asMessageError returns what is wrong with a message as a *messageError, and any
// other error as it is.
func asMessageError(err error) error {
	if err == nil {
		return nil
	}
	var bad *messageError
	var wrong *xml.Error
	switch {
	case errors.As(err, &bad):
	case errors.As(err, &wrong) && wrong.Malformed:
		return &messageError{"request-not-well-formed", err}
	case wbem.StatusOf(err) == wbem.QuotaViolation, wbem.StatusOf(err) == wbem.InvalidParameter:
		return &messageError{"request-not-valid", err}
	}
	return err
}

// errAbandoned ends reading; what is wrong is in the call.
var errAbandoned = errors.New("abandoned")

// isObjectError reports whether an error of a decoder is one of the object that
// it has read, and not of the elements.
func isObjectError(err error) bool {
	var e, inside *xml.Error
	if !errors.As(err, &e) || e.Malformed {
		return false
	}
	if errors.As(e.Err, &inside) { // in the text of an embedded object
		return true
	}
	s := wbem.StatusOf(err)
	return s != wbem.InvalidParameter && s != wbem.InvalidSyntax
}

type requestReader struct {
	d       *xml.Decoder
	in      scope
	req     *request
	native  *objectReader // nil but for a native operation
	inParam bool
	err     error
}

func (r *requestReader) last() *call {
	if len(r.req.calls) == 0 {
		return nil
	}
	return r.req.calls[len(r.req.calls)-1]
}

// fail keeps the first error.
func (r *requestReader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// ok reports whether there is something to read on.
func (r *requestReader) ok() bool { return r.err == nil && r.d.Err() == nil }

// children reads the children of the current element; after a failure it only
// passes them by.
func (r *requestReader) children(read func(tag string)) {
	for r.d.Next() {
		if r.err != nil {
			r.d.Skip()
			continue
		}
		read(tagOf(r.d.Name()))
	}
}

// tagOf returns the name of an element, which mostly is one of a few.
func tagOf(name []byte) string {
	switch string(name) {
	case "IPARAMVALUE":
		return "IPARAMVALUE"
	case "VALUE":
		return "VALUE"
	case "INSTANCENAME":
		return "INSTANCENAME"
	case "CLASSNAME":
		return "CLASSNAME"
	case "LOCALNAMESPACEPATH":
		return "LOCALNAMESPACEPATH"
	case "IMETHODCALL":
		return "IMETHODCALL"
	case "SIMPLEREQ":
		return "SIMPLEREQ"
	case "MESSAGE":
		return "MESSAGE"
	case "CIM":
		return "CIM"
	}
	return string(name)
}

// unexpected complains about an element that stands where it must not.
func (r *requestReader) unexpected(tag, in string) {
	r.fail(notValid("%s stands in %s", tag, in))
	r.d.Skip()
}

// attr returns an attribute that must be there.
func (r *requestReader) attr(name string) string {
	v, ok := r.d.Attr(name)
	if !ok && r.d.Err() == nil {
		r.fail(notValid("%s has no attribute %s", r.d.Name(), name))
	}
	return v
}

// version checks a version of CIM, its DTD or the protocol: another major one is
// not understood. DSP0200 7.3, DSP0201
func (r *requestReader) version(attr, major, reason string) {
	if v := r.attr(attr); r.ok() && v != major && !strings.HasPrefix(v, major+".") {
		r.fail(&messageError{reason, cim.Errorf(wbem.NotSupported, "%s %.20s is not %s", attr, v, major)})
	}
}

func (r *requestReader) document() {
	if !r.d.Next() {
		return
	}
	if string(r.d.Name()) != "CIM" {
		r.fail(notValid("the document is %.40s, not CIM", r.d.Name()))
		return
	}
	r.version("CIMVERSION", "2", "unsupported-cim-version")
	r.version("DTDVERSION", "2", "unsupported-dtd-version")
	seen := false
	r.children(func(tag string) {
		if tag != "MESSAGE" || seen {
			r.unexpected(tag, "CIM")
			return
		}
		seen = true
		r.message()
	})
	if r.ok() && !seen {
		r.fail(notValid("CIM has no MESSAGE"))
	}
	if r.ok() && r.d.Next() {
		r.fail(notValid("something follows CIM"))
	}
}

func (r *requestReader) message() {
	r.req.id = r.attr("ID")
	r.version("PROTOCOLVERSION", "1", "unsupported-protocol-version")
	seen := false
	r.children(func(tag string) {
		switch {
		case seen:
			r.unexpected(tag, "MESSAGE")
		case tag == "SIMPLEREQ":
			r.simple()
		case tag == "MULTIREQ":
			r.req.multi = true
			r.children(func(tag string) {
				switch {
				case tag != "SIMPLEREQ":
					r.unexpected(tag, "MULTIREQ")
				case len(r.req.calls) == MaxCalls:
					r.fail(cim.Errorf(wbem.QuotaViolation, "a message has more than %d operations", MaxCalls))
				default:
					r.simple()
				}
			})
		default:
			r.unexpected(tag, "MESSAGE")
		}
		seen = true
	})
	if r.ok() && len(r.req.calls) == 0 {
		r.fail(notValid("the message asks for nothing"))
	}
}

func (r *requestReader) simple() {
	n := len(r.req.calls)
	r.children(func(tag string) {
		switch {
		case tag == "CORRELATOR":
			r.d.Skip()
		case tag == "IMETHODCALL" && len(r.req.calls) == n:
			r.intrinsic()
		case tag == "METHODCALL" && len(r.req.calls) == n:
			r.extrinsic()
		default:
			r.unexpected(tag, "SIMPLEREQ")
		}
	})
	if r.ok() && len(r.req.calls) == n {
		r.fail(notValid("SIMPLEREQ asks for nothing"))
	}
}

func (r *requestReader) begin(intrinsic bool) *call {
	r.native, r.d.DTD = nil, xml.CIM
	// Clients send the qualifiers of the class along with an instance, Key too,
	// as they have read them. They are ignored. DSP0200 5.3.2.6
	r.d.SkipQualifiers = true
	c := &call{method: r.attr("NAME"), intrinsic: intrinsic, params: make([]param, 0, 4)}
	r.req.calls = append(r.req.calls, c)
	return c
}

func (r *requestReader) intrinsic() {
	c := r.begin(true)
	if isNative(c.method) {
		r.native = newObjectReader(r.d, r.in.table(), false)
		r.d.SkipQualifiers = false
	}
	placed := false
	r.children(func(tag string) {
		switch {
		case tag == "LOCALNAMESPACEPATH" && !placed:
			placed = true
			if p, err := r.d.Path(); err == nil {
				c.namespace = p.Namespace
				r.d.Classes = r.in.classes(p.Namespace)
			}
		case tag == "IPARAMVALUE" && placed:
			r.param(c)
		default:
			r.unexpected(tag, "IMETHODCALL")
		}
	})
	if r.ok() && !placed {
		r.fail(notValid("IMETHODCALL has no LOCALNAMESPACEPATH"))
	}
}

func (r *requestReader) extrinsic() {
	c := r.begin(false)
	var types func(name string) cim.Type
	placed := false
	r.children(func(tag string) {
		switch {
		case (tag == "LOCALCLASSPATH" || tag == "LOCALINSTANCEPATH") && !placed:
			placed = true
			if p, err := r.d.Path(); err == nil {
				c.target, c.namespace = p, p.Namespace
				r.d.Classes = r.in.classes(p.Namespace)
				types = r.in.signature(p, c.method)
			}
		case tag == "PARAMVALUE" && placed && r.room(c):
			r.inParam = true
			name, v, err := r.d.ParamValue(types)
			if err == nil {
				c.params = append(c.params, param{name: name, value: v})
				r.inParam = false
			}
		default:
			r.unexpected(tag, "METHODCALL")
		}
	})
	if r.ok() && !placed {
		r.fail(notValid("METHODCALL has no path"))
	}
}

// room reports whether a call may have one more parameter.
func (r *requestReader) room(c *call) bool {
	limit := MaxParams
	if c.intrinsic {
		limit = maxOwn
	}
	if len(c.params) < limit {
		return true
	}
	r.fail(cim.Errorf(wbem.QuotaViolation, "an operation has more than %d parameters", limit))
	return false
}

// param reads IPARAMVALUE.
func (r *requestReader) param(c *call) {
	if !r.room(c) {
		r.d.Skip()
		return
	}
	p := param{name: r.attr("NAME")}
	r.inParam = true
	r.children(func(tag string) {
		if r.native != nil && strings.HasPrefix(tag, "WMI.") {
			p.tag = tagInstance
			r.nativeObject(&p)
			return
		}
		if p.tag != "" && !(p.tag == "PARAMVALUE" && tag == p.tag) {
			r.unexpected("a second "+tag, "IPARAMVALUE")
			return
		}
		p.tag = tag
		r.value(&p)
	})
	if r.ok() {
		r.inParam = false
		c.params = append(c.params, p)
	}
}

// nativeObject reads a part of an object.
func (r *requestReader) nativeObject(p *param) {
	o, err := r.native.object()
	if err != nil {
		if r.d.Err() != nil {
			return
		}
		// What follows cannot be understood without it; the operation fails.
		r.last().err = err
		r.fail(errAbandoned)
		return
	}
	if inst, ok := o.(*cim.Instance); ok {
		p.inst = inst
	}
	if len(r.native.own) > maxDefined {
		r.fail(cim.Errorf(wbem.QuotaViolation, "an operation defines more than %d classes", maxDefined))
	}
}

// value reads what a parameter is.
func (r *requestReader) value(p *param) {
	switch p.tag {
	case "VALUE":
		if text, err := r.d.Text(); err == nil {
			p.texts = []string{text}
		}
	case "VALUE.ARRAY":
		p.texts = []string{}
		r.children(func(tag string) {
			switch {
			case tag == "VALUE.NULL":
				r.d.Skip()
				r.last().err = cim.Errorf(wbem.IllegalNull, "an element of an array is NULL")
			case tag != "VALUE":
				r.unexpected(tag, "VALUE.ARRAY")
			case len(p.texts) == MaxParams:
				r.fail(cim.Errorf(wbem.QuotaViolation, "an array has more than %d elements", MaxParams))
				r.d.Skip()
			default:
				if text, err := r.d.Text(); err == nil {
					p.texts = append(p.texts, text)
				}
			}
		})
	case "CLASSNAME", "INSTANCENAME", "VALUE.REFERENCE":
		p.path, _ = r.d.Path()
	case "CLASS":
		p.decl, _, _ = r.d.ClassDecl()
	case "INSTANCE":
		p.inst, _ = r.d.Instance()
	case "VALUE.NAMEDINSTANCE", "VALUE.INSTANCEWITHPATH", "VALUE.OBJECTWITHPATH":
		o, path, err := r.d.Object()
		if err != nil {
			return
		}
		inst, ok := o.(*cim.Instance)
		if !ok {
			r.fail(notValid("%s has a class instead of an instance", p.tag))
			return
		}
		p.inst, p.path = inst, path
	case "QUALIFIER.DECLARATION":
		p.qual, _ = r.d.QualifierDecl()
	case "PARAMVALUE":
		if name, v, err := r.d.ParamValue(nil); err == nil {
			p.named = append(p.named, wbem.NamedValue{Name: name, Value: v})
		}
	default:
		r.unexpected(p.tag, "IPARAMVALUE")
	}
}
