package cimxml

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// The fields of a message, as package http writes them.
const (
	fieldOperation = "Cimoperation"
	fieldMethod    = "Cimmethod"
	fieldObject    = "Cimobject"
	fieldVersion   = "Cimprotocolversion"
)

// manual identifies the extension of HTTP that M-POST requests name. DSP0200 7
const manual = "http://www.dmtf.org/cim/mapping/http/v1.0"

var (
	errMethod    = errors.New("only POST and M-POST carry CIM operations")
	errMediaType = errors.New("the body is not XML in UTF-8")
)

// A header is what the fields of an HTTP request say of the message in it.
type header struct {
	prefix string // of the fields of an M-POST, such as 73-
	method string // CIMMethod
	object string // CIMObject
}

// readPrefix returns what the fields of an M-POST begin with, and an error for a
// request that carries no message.
func readPrefix(r *http.Request) (prefix string, err error) {
	switch r.Method {
	case http.MethodPost:
	case "M-POST":
		uri, params, _ := strings.Cut(r.Header.Get("Man"), ";")
		name, ns, _ := strings.Cut(strings.TrimSpace(params), "=")
		if _, err := strconv.ParseUint(ns, 10, 8); strings.Trim(uri, `" `) != manual || name != "ns" || err != nil {
			return "", &messageError{"header-mismatch", cim.Errorf(wbem.InvalidParameter, "header Man does not name the extension")}
		}
		prefix = ns + "-"
	default:
		return "", errMethod
	}
	if !isXML(r.Header.Get("Content-Type")) || !isPlain(r.Header) {
		return prefix, errMediaType
	}
	return prefix, nil
}

// readHeader reads the fields of a request.
func readHeader(r *http.Request) (h *header, err error) {
	h = &header{}
	if h.prefix, err = readPrefix(r); err != nil {
		return h, err
	}
	if op := h.get(r, fieldOperation); op != "" && !strings.EqualFold(op, "MethodCall") {
		return h, &messageError{"unsupported-operation", cim.Errorf(wbem.NotSupported, "CIMOperation %.40q is not MethodCall", op)}
	}
	if v := h.get(r, fieldVersion); v != "" && v != "1" && !strings.HasPrefix(v, "1.") {
		return h, &messageError{"unsupported-protocol-version", cim.Errorf(wbem.NotSupported, "CIMProtocolVersion %.20q is not 1.0", v)}
	}
	h.method = unescape(h.get(r, fieldMethod))
	h.object = unescape(h.get(r, fieldObject))
	return h, nil
}

func (h *header) get(r *http.Request, name string) string { return r.Header.Get(h.prefix + name) }

// readsTrailers reports whether a client has said so.
func readsTrailers(r *http.Request) bool {
	if !r.ProtoAtLeast(1, 1) {
		return false
	}
	for _, field := range r.Header.Values("TE") {
		for coding := range strings.SplitSeq(field, ",") {
			if strings.EqualFold(strings.TrimSpace(coding), "trailers") {
				return true
			}
		}
	}
	return false
}

// unescape undoes what DSP0200 7.2.3 demands of fields, "" for what cannot be.
func unescape(s string) string {
	u, err := url.PathUnescape(s)
	if err != nil {
		return ""
	}
	return u
}

// isPlain reports whether a body is as it is, not packed.
func isPlain(h http.Header) bool {
	e := h.Get("Content-Encoding")
	return e == "" || strings.EqualFold(e, "identity")
}

func isXML(contentType string) bool {
	switch contentType {
	case "", `application/xml; charset="utf-8"`, "application/xml; charset=utf-8": // mostly
		return true
	}
	t, params, err := mime.ParseMediaType(contentType)
	if err != nil || t != "application/xml" && t != "text/xml" {
		return false
	}
	charset := strings.Trim(params["charset"], `"`)
	return charset == "" || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "us-ascii")
}

// check compares the fields with the message. DSP0200 7.3: header-mismatch
func (h *header) check(r *request) error {
	mismatch := func(format string, args ...any) error {
		return &messageError{"header-mismatch", cim.Errorf(wbem.InvalidParameter, format, args...)}
	}
	if r.multi {
		if h.method != "" || h.object != "" {
			return mismatch("a message with several operations has CIMBatch instead of CIMMethod and CIMObject")
		}
		return nil
	}
	c := r.calls[0]
	if h.method != "" && !cim.EqualNames(h.method, c.method) {
		return mismatch("CIMMethod is %.60q, but the message asks for %.60q", h.method, c.method)
	}
	if h.object != "" && !sameObject(h.object, c) {
		return mismatch("CIMObject is %.60q, but the message asks for another object", h.object)
	}
	return nil
}

// sameObject reports whether a CIMObject names what a call is about: a namespace
// or, for an extrinsic method, a class or instance. Keys are not compared:
// clients write them in many ways.
func sameObject(object string, c *call) bool {
	namespace, rest, _ := strings.Cut(object, ":")
	if !cim.EqualNames(strings.Trim(strings.ReplaceAll(namespace, "/", `\`), `\`), c.namespace) {
		return false
	}
	if c.intrinsic {
		return rest == ""
	}
	if i := strings.IndexAny(rest, ".="); i >= 0 {
		rest = rest[:i]
	}
	return cim.EqualNames(rest, c.target.Class)
}

// respond sets the fields of the answer.
func (h *header) respond(w http.ResponseWriter) { respond(w, h.prefix, fieldOperation) }

// respond sets the fields of an answer, which field says to be one.
func respond(w http.ResponseWriter, prefix, field string) {
	out := w.Header()
	out["Content-Type"], out["Cache-Control"] = answerType, noCache
	if prefix != "" {
		out.Set("Ext", "")
		out.Set("Man", `"`+manual+`" ; ns=`+strings.TrimSuffix(prefix, "-"))
	}
	if prefix+field == fieldOperation {
		out[fieldOperation] = methodResponse
		return
	}
	out.Set(prefix+field, "MethodResponse")
}

// What most answers have in their header, which nobody changes in place.
var (
	answerType     = []string{`application/xml; charset="utf-8"`}
	noCache        = []string{"no-cache"}
	methodResponse = []string{"MethodResponse"}
)

// retract undoes what respond says of an answer that is none of CIM-XML.
func (h *header) retract(w http.ResponseWriter) { w.Header().Del(h.prefix + fieldOperation) }
