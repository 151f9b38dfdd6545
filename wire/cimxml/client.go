package cimxml

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

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
	c := &Client{url: u.String(), host: u.Host, http: o.HTTP, sendBy: o.Send, classes: newClassTable()}
	if c.http == nil {
		c.http = &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}}
	}
	return c, nil
}

// An answer is what a server has sent, while it is read.
type answer struct {
	d    *xml.Decoder
	body io.ReadCloser
	err  error // that of the operation, or of the transport
}

// post sends an operation and returns the answer up to where its result begins.
func (c *Client) post(ctx context.Context, namespace, method string, params []byte) (*answer, error) {
	b := make([]byte, 0, 512+len(params))
	b = append(b, `<?xml version="1.0" encoding="utf-8" ?>`+"\n"+`<CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE`...)
	b = xml.AppendAttr(b, "ID", strconv.FormatUint(c.last.Add(1), 10))
	b = append(b, ` PROTOCOLVERSION="1.0"><SIMPLEREQ><IMETHODCALL`...)
	b = xml.AppendAttr(b, "NAME", method)
	b = append(b, '>')
	b = new(xml.Encoder).AppendPath(b, cim.Path{Namespace: namespace})
	b = append(b, params...)
	b = append(b, "</IMETHODCALL></SIMPLEREQ></MESSAGE></CIM>\n"...)
	return c.send(ctx, method, strings.ReplaceAll(namespace, `\`, "/"), b)
}

// send sends a message and returns the answer up to where its result begins.
func (c *Client) send(ctx context.Context, method, object string, message []byte) (*answer, error) {
	var body io.ReadCloser
	var err error
	if c.sendBy != nil {
		body, err = c.sendBy(ctx, message)
	} else {
		body, err = c.request(ctx, method, object, message)
	}
	if err != nil {
		return nil, err
	}
	a := &answer{d: xml.NewDecoder(body), body: body}
	if err := a.enter(); err != nil {
		a.close()
		return nil, transportError(ctx, err)
	}
	return a, nil
}

// A responseBody has a trailer once it was read.
type responseBody struct {
	io.ReadCloser
	response *http.Response
}

// request sends a message over HTTP and returns the body of the answer.
func (c *Client) request(ctx context.Context, method, object string, message []byte) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(message))
	if err != nil {
		return nil, err
	}
	h := req.Header
	h.Set("Content-Type", `application/xml; charset="utf-8"`)
	h.Set("CIMOperation", "MethodCall")
	h.Set("CIMMethod", url.PathEscape(method))
	h.Set("CIMObject", escape(object))
	h.Set("TE", "trailers")
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
	return cim.Errorf(wbem.TransportFailure, "%v", err)
}

// checkResponse returns why a response has no message, nil if it has one.
func checkResponse(r *http.Response) error {
	reason := r.Header.Get("CIMError")
	if reason == "" {
		reason = r.Status
	}
	switch {
	case r.StatusCode == http.StatusUnauthorized, r.StatusCode == http.StatusForbidden:
		return cim.Errorf(wbem.AccessDenied, "the server answers %s", r.Status)
	case r.StatusCode == http.StatusRequestEntityTooLarge:
		return cim.Errorf(wbem.QuotaViolation, "the server answers %s", r.Status)
	case r.StatusCode == http.StatusServiceUnavailable:
		return cim.Errorf(wbem.ServerTooBusy, "the server answers %s", r.Status)
	case r.StatusCode != http.StatusOK:
		return &httpError{r.StatusCode, cim.Errorf(wbem.TransportFailure, "the server answers %s", reason)}
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/xml" && t != "text/xml" {
		return cim.Errorf(wbem.TransportFailure, "the server does not speak CIM-XML")
	}
	return nil
}

// enter goes to the element IMETHODRESPONSE or METHODRESPONSE.
func (a *answer) enter() error {
	for _, tag := range []string{"CIM", "MESSAGE", "SIMPLERSP", "METHODRESPONSE"} {
		if !a.d.Next() {
			if err := a.d.Err(); err != nil {
				return err
			}
			return cim.Errorf(wbem.TransportFailure, "the answer has no %s", tag)
		}
		if name := string(a.d.Name()); name != tag && name != "I"+tag {
			return cim.Errorf(wbem.TransportFailure, "the answer has %.40s where %s should be", name, tag)
		}
	}
	return nil
}

func (a *answer) close() { a.body.Close() }

// end reads the answer to its end, so that the connection can be used again.
func (a *answer) end() {
	if a.err == nil {
		_, _ = io.CopyN(io.Discard, a.body, 4<<10)
	}
	a.close()
}

// late returns the status that follows an answer which began before the operation
// failed. DSP0200 7.4
func (a *answer) late() error {
	if _, err := io.CopyN(io.Discard, a.body, 4<<10); err != io.EOF {
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
}

// error reads ERROR.
func (a *answer) error() error {
	code, _ := a.d.Attr("CODE")
	text, _ := a.d.Attr("DESCRIPTION")
	n, err := strconv.Atoi(strings.TrimSpace(code))
	if err != nil {
		return cim.Errorf(wbem.TransportFailure, "the answer has an ERROR with the code %.20q", code)
	}
	a.d.Skip()
	return coded(Code(n), "%s", text)
}
