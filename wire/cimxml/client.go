package cimxml

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
)

// ClientOptions of a Client.
type ClientOptions struct {
	// HTTP sends the requests; it authenticates, and bounds connections. Nil is
	// a client of its own without credentials.
	HTTP *http.Client

	// Send, if not nil, sends the messages instead, such as over another
	// protocol, and returns the answer from where its element CIM begins. The
	// error is one that callers may see.
	Send func(ctx context.Context, message []byte) (io.ReadCloser, error)
}

// A Client is a wbem.Locator that asks a server. It may be used by several
// goroutines.
type Client struct {
	url     string
	host    string
	http    *http.Client
	sendBy  func(ctx context.Context, message []byte) (io.ReadCloser, error)
	classes *classTable
	limits  limits
	last    atomic.Uint64 // number of a message
	foreign foreignServer
}

var _ wbem.Locator = (*Client)(nil)

// NewClient returns a client of the server at a URL with the scheme http or
// https; the path is /cimom unless it says otherwise. It does not connect yet.
// The error is InvalidParameter for what is no such URL.
func NewClient(server string, o ClientOptions) (*Client, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return nil, wbem.NewError("ConnectServer", server, cim.Errorf(wbem.InvalidParameter, "%q is no URL of a server", server))
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/cimom"
	}
	c := &Client{url: u.String(), host: u.Host, http: o.HTTP, sendBy: o.Send, classes: newClassTable(), limits: limits{MaxObject, MaxCollected}}
	c.foreign.schema.max = MaxClasses
	if c.http == nil {
		// What is sent to one server is not for the one to which it points.
		stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		c.http = &http.Client{CheckRedirect: stay, Transport: &http.Transport{
			DisableCompression: true, MaxIdleConnsPerHost: 64, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
		}}
	}
	return c, nil
}

// A question is a message that asks for an operation.
type question struct {
	id, tag, method string
	object          string // what CIMObject says
	text            []byte
}

// ask begins a question; tag is IMETHODCALL or METHODCALL, and target the
// namespace, class or instance that it is about.
func (c *Client) ask(tag, method string, e *xml.Encoder, target cim.Path) *question {
	q := &question{id: strconv.FormatUint(c.last.Add(1), 10), tag: tag, method: method, object: strings.ReplaceAll(target.Namespace, `\`, "/")}
	if target.Class != "" {
		q.object += ":" + target.RelPath()
	}
	b := append(make([]byte, 0, 1024), `<?xml version="1.0" encoding="utf-8" ?>`+"\n"+`<CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE`...)
	b = xml.AppendAttr(b, "ID", q.id)
	b = append(b, ` PROTOCOLVERSION="1.0"><SIMPLEREQ><`+tag...)
	b = xml.AppendAttr(b, "NAME", method)
	q.text = e.AppendPath(append(b, '>'), target)
	return q
}

// post sends an intrinsic operation and returns the answer up to where its result
// begins.
func (c *Client) post(ctx context.Context, namespace, method string, params []byte) (*answer, error) {
	q := c.ask("IMETHODCALL", method, new(xml.Encoder), cim.Path{Namespace: namespace})
	q.text = append(q.text, params...)
	return c.send(ctx, q)
}

// send sends a question and returns the answer up to where its result begins.
func (c *Client) send(ctx context.Context, q *question) (*answer, error) {
	q.text = append(q.text, "</"+q.tag+"></SIMPLEREQ></MESSAGE></CIM>\n"...)
	var body io.ReadCloser
	var err error
	if c.sendBy != nil {
		body, err = c.sendBy(ctx, q.text)
	} else {
		body, err = c.request(ctx, q)
	}
	if err != nil {
		return nil, err
	}
	a := &answer{d: xml.NewDecoder(body), body: body, limits: c.limits}
	a.d.Allow(a.limits.collected)
	if err := a.enter(q); err != nil {
		body.Close()
		return nil, readError(ctx, err)
	}
	return a, nil
}

// repeatable reports whether the operation changes nothing, so that it may be sent
// again when the server turns out to have closed the connection meanwhile.
func (q *question) repeatable() bool {
	return q.tag == "IMETHODCALL" && slices.ContainsFunc(repeatables, func(prefix string) bool { return strings.HasPrefix(q.method, prefix) })
}

// repeatables are what the names of operations begin with that change nothing.
var repeatables = []string{
	"Get", "EnumerateC", "EnumerateI", "EnumerateQ", "Associator", "Reference", "ExecQuery",
	"__Connect", "__Get", "__Classes", "__Instances", "__Query",
}

// A responseBody has a trailer once it was read.
type responseBody struct {
	io.ReadCloser
	response *http.Response
}

// request sends a question over HTTP and returns the body of the answer.
func (c *Client) request(ctx context.Context, q *question) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(q.text))
	if err != nil {
		return nil, err
	}
	h := req.Header
	h.Set("Content-Type", `application/xml; charset="utf-8"`)
	h.Set("CIMOperation", "MethodCall")
	h.Set("CIMMethod", url.PathEscape(q.method))
	h.Set("CIMObject", escape(q.object))
	h.Set("TE", "trailers")
	if q.repeatable() {
		h["Idempotency-Key"] = []string{} // which package net/http does not send
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, transportError(ctx, err)
	}
	if err := checkResponse(resp); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return responseBody{resp.Body, resp}, nil
}

// escape writes an object into a header field. DSP0200 7.2.3
func escape(object string) string {
	var b strings.Builder
	for i := range len(object) {
		if c := object[i]; c <= ' ' || c >= 0x7F || c == '%' {
			b.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(c)|0x100, 16)[1:]))
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// transportError returns the failure of a connection as a status.
func transportError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var known wbem.Status
	var dial *net.OpError
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(err, &dial) && dial.Op == "dial":
		return cim.Errorf(wbem.ServerUnavailable, "%v", err)
	}
	return cim.Errorf(wbem.TransportFailure, "%s", brief(err.Error()))
}

// brief returns what a server says as it may stand in an error.
func brief(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, text[:min(len(text), 300)])
}

// readError tells what the server says from what goes wrong while it is read.
func readError(ctx context.Context, err error) error {
	var malformed *xml.Error
	var invalid *messageError
	var answered *httpError
	switch _, coded := codeIn(err); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = cim.Errorf(wbem.TransportFailure, "the answer ends early")
	case coded || errors.As(err, &answered) || errors.Is(err, wbem.QuotaViolation) || errors.Is(err, wbem.MarshalVersionMismatch):
		// It is another answer that says so, or not that of a broken server.
	case errors.As(err, &malformed) || errors.As(err, &invalid):
		err = cim.Errorf(wbem.TransportFailure, "the answer cannot be read: %v", err)
	}
	return transportError(ctx, err)
}

// checkResponse returns why a response has no message, nil if it has one.
func checkResponse(r *http.Response) error {
	reason := r.Header.Get("CIMError")
	if reason == "" {
		reason = r.Status
	}
	switch {
	case r.StatusCode == http.StatusUnauthorized, r.StatusCode == http.StatusForbidden:
		return cim.Errorf(wbem.AccessDenied, "the server answers %s", brief(reason))
	case r.StatusCode == http.StatusRequestEntityTooLarge:
		return cim.Errorf(wbem.QuotaViolation, "the server answers %s", brief(reason))
	case r.StatusCode == http.StatusServiceUnavailable:
		return cim.Errorf(wbem.ServerTooBusy, "the server answers %s", brief(reason))
	case r.StatusCode != http.StatusOK:
		return &httpError{r.StatusCode, cim.Errorf(wbem.TransportFailure, "the server answers %s", brief(reason))}
	}
	contentType := r.Header.Get("Content-Type")
	if contentType == "" || !isXML(contentType) || !isPlain(r.Header) {
		return cim.Errorf(wbem.TransportFailure, "the answer is not XML in UTF-8 but %.100q", contentType)
	}
	return nil
}

// An answer is what a server has sent, while it is read.
type answer struct {
	d    *xml.Decoder
	body io.ReadCloser
	limits
	lineage *lineage // what its objects may ask for, of a server of somebody else
	done    bool     // it was read up to where the result ends
	err     error    // that of the operation, or of the transport
}

// enter goes to the element IMETHODRESPONSE or METHODRESPONSE, which must be what
// was asked for.
func (a *answer) enter(q *question) error {
	for _, tag := range []string{"CIM", "MESSAGE", "SIMPLERSP", strings.Replace(q.tag, "CALL", "RESPONSE", 1)} {
		if !a.d.Next() {
			if err := a.d.Err(); err != nil {
				return err
			}
			return cim.Errorf(wbem.TransportFailure, "the answer has no %s", tag)
		}
		if name := string(a.d.Name()); name != tag {
			return cim.Errorf(wbem.TransportFailure, "the answer has %.40s where %s should be", name, tag)
		}
		if id, _ := a.d.Attr("ID"); tag == "MESSAGE" && id != q.id {
			return cim.Errorf(wbem.TransportFailure, "message %.20q is no answer to %s", id, q.id)
		}
	}
	if name, ok := a.d.Attr("NAME"); ok && name != "" && !cim.EqualNames(name, q.method) {
		return cim.Errorf(wbem.TransportFailure, "the answer is that of %.60q", name)
	}
	return nil
}

// maxTail is how many bytes may follow the result of an operation.
const maxTail = 4 << 10

// end gives the connection back. It can be used again unless somebody has left
// the answer in its middle.
func (a *answer) end() {
	if a.done {
		_, _ = io.CopyN(io.Discard, a.body, maxTail)
	}
	a.body.Close()
}

// next says that one more object follows, which nobody collects.
func (a *answer) next() { a.d.Allow(a.limits.object) }

// late returns the status that follows an answer which began before the operation
// failed. DSP0200 7.4
func (a *answer) late() error {
	switch _, err := io.CopyN(io.Discard, a.body, maxTail); {
	case err == nil:
		return cim.Errorf(wbem.TransportFailure, "the answer goes on behind its end")
	case err != io.EOF:
		return err
	}
	b, ok := a.body.(responseBody)
	if !ok {
		return nil // it did not come over HTTP
	}
	n, err := strconv.Atoi(strings.TrimSpace(b.response.Trailer.Get(trailerCode)))
	if err != nil || n == 0 {
		return nil // it is not there, or has succeeded
	}
	return coded(Code(n), "%s", unescape(b.response.Trailer.Get(trailerText)))
}

// elements yields the names of the elements that an operation returns, and
// stops at each of them.
func (a *answer) elements(yield func(tag string) bool) {
	for a.d.Next() {
		switch tag := string(a.d.Name()); tag {
		case "ERROR":
			a.err = a.error()
			a.done = a.d.Err() == nil
			return
		case "IRETURNVALUE":
			for a.d.Next() {
				if !yield(string(a.d.Name())) {
					return
				}
			}
		default:
			if !yield(tag) {
				return
			}
		}
	}
	a.err = a.d.Err()
	a.done = a.err == nil
}

// error reads ERROR, with the first object that tells more. DSP0201 allows several.
func (a *answer) error() error {
	code, _ := a.d.Attr("CODE")
	text, _ := a.d.Attr("DESCRIPTION")
	n, err := strconv.Atoi(strings.TrimSpace(code))
	if err != nil || n == 0 {
		return cim.Errorf(wbem.TransportFailure, "the answer has an ERROR with the code %.20q", code)
	}
	failure := coded(Code(n), "%s", text)
	a.d.Classes = nil // to ask for CIM_Error might fail in the same way
	var more *cim.Instance
	for a.d.Next() {
		if string(a.d.Name()) != "INSTANCE" || more != nil {
			a.d.Skip()
			continue
		}
		more, _ = a.d.Instance()
	}
	if more == nil {
		return failure
	}
	return &wbem.Error{Status: StatusOf(Code(n)), Detail: text, Object: more, Err: failure}
}
