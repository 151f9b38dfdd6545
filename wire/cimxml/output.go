package cimxml

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// chunk is how much of an answer is collected before it is sent, in bytes. What
// fails before that is an ERROR. Later the elements stay open, so that nobody
// takes them for an answer, and the status follows in the trailer or, if the
// client does not read trailers, the connection is broken off.
const chunk = 64 << 10

// An output is the body of an answer on its way.
type output struct {
	w        http.ResponseWriter
	trailers string // what their names begin with, if the client reads them
	trailing bool   // it does
	b        []byte
	sends    int   // how often something was
	late     error // of an operation of which a part was sent
	err      error // why no more can be
}

// The fields of a trailer. DSP0200 7.4
const (
	trailerCode = "CIMStatusCode"
	trailerText = "CIMStatusCodeDescription"
)

// flush sends what was collected, if that is worth it.
func (o *output) flush() error {
	if len(o.b) < chunk || o.err != nil {
		return o.err
	}
	return o.send()
}

func (o *output) send() error {
	if o.err == nil {
		if o.sends == 0 && o.trailing {
			o.w.Header().Set("Trailer", o.trailers+trailerCode+", "+o.trailers+trailerText)
		}
		o.sends++
		_, o.err = o.w.Write(o.b)
		o.b = o.b[:0]
	}
	return o.err
}

// push sends what was collected at once, if anything and if w can.
func (o *output) push() error {
	if len(o.b) == 0 || o.send() != nil {
		return o.err
	}
	if err := http.NewResponseController(o.w).Flush(); !errors.Is(err, errors.ErrUnsupported) {
		o.err = err
	}
	return o.err
}

// finish sends the rest. The error says that the answer is not whole, and that
// the client does not know.
func (o *output) finish() error {
	if o.sends == 0 {
		o.trailing = false // nothing can be late
		o.w.Header().Set("Content-Length", strconv.Itoa(len(o.b)))
	}
	if err := o.send(); err != nil {
		return err
	}
	if o.late == nil || !o.trailing {
		return o.late
	}
	code, text := describe(o.late)
	o.w.Header().Set(o.trailers+trailerCode, strconv.Itoa(int(code)))
	o.w.Header().Set(o.trailers+trailerText, url.PathEscape(text))
	return nil
}

func (o *output) text(s string) { o.b = append(o.b, s...) }

const (
	declaration = `<?xml version="1.0" encoding="utf-8" ?>` + "\n"
	answerHead  = `<CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE`
	answerTail  = `</MESSAGE></CIM>` + "\n"
)

// answer carries out the operations of a request one after the other.
func (x *exchange) answer(r *request) {
	o := x.out
	o.text(answerHead)
	o.b = xml.AppendAttr(o.b, "ID", r.id)
	o.text(` PROTOCOLVERSION="1.0">`)
	if r.multi {
		o.text("<MULTIRSP>")
	}
	for _, c := range r.calls {
		if x.perform(c); o.err != nil || o.late != nil {
			return
		}
	}
	if r.multi {
		o.text("</MULTIRSP>")
	}
	o.text(answerTail)
}

// perform carries out one operation.
func (x *exchange) perform(c *call) {
	o := x.out
	tag := "METHODRESPONSE"
	if c.intrinsic {
		tag = "IMETHODRESPONSE"
	}
	o.text("<SIMPLERSP><" + tag)
	o.b = xml.AppendAttr(o.b, "NAME", c.method)
	o.text(">")
	r := &result{out: o, start: len(o.b)}
	sends := o.sends
	err := x.run(c, r)
	switch {
	case err != nil && o.sends > sends:
		o.late = err
		return
	case err != nil:
		o.b = appendError(o.b[:r.start], err)
	case r.open:
		r.end()
	}
	o.text("</" + tag + "></SIMPLERSP>")
}

func (x *exchange) run(c *call, r *result) error {
	if !c.intrinsic {
		if c.err != nil {
			return c.err
		}
		return x.invoke(c, r)
	}
	if isNative(c.method) {
		x.native(c, r)
		return nil
	}
	op, ok := operations[c.method]
	if !ok {
		return coded(NotSupported, "there is no operation %.60q", c.method)
	}
	svc, err := x.session(c.namespace)
	if err != nil {
		return err
	}
	a := newArguments(c)
	return op(&operation{exchange: x, svc: svc, arguments: a, result: r})
}

// An operation is an intrinsic operation while it is carried out.
type operation struct {
	*exchange
	*arguments
	*result
	svc wbem.Services
}

// A result is what an operation returns.
type result struct {
	out   *output
	start int  // of it in out
	open  bool // IRETURNVALUE is
}

// begin begins what an intrinsic operation returns.
func (r *result) begin() {
	r.out.text("<IRETURNVALUE>")
	r.open = true
}

func (r *result) end() {
	r.out.text("</IRETURNVALUE>")
	r.open = false
}

// append appends what encode does, and sends what is enough.
func (r *result) append(encode func(b []byte) ([]byte, error)) error {
	b, err := encode(r.out.b)
	if err != nil {
		return err
	}
	r.out.b = b
	return r.out.flush()
}

// parameter appends what an operation returns besides: PARAMVALUE.
func (r *result) parameter(name, paramType, text string) {
	if r.open {
		r.end()
	}
	b := append(r.out.b, "<PARAMVALUE"...)
	b = xml.AppendAttr(b, "NAME", name)
	b = xml.AppendAttr(b, "PARAMTYPE", paramType)
	b = append(b, "><VALUE>"...)
	b = xml.AppendText(b, text)
	r.out.b = append(b, "</VALUE></PARAMVALUE>"...)
}
