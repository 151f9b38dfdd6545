package wsman

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
	"openwmi/wire/internal/xmltree"
	"openwmi/wire/transport"
)

// Limits of a Client, in bytes.
const (
	maxAnswerSize = 64 << 20 // of an answer, which is in memory as a whole
	maxAnswerHead = 64 << 10 // before the body of an answer that is not
)

// ClientOptions of a Client.
type ClientOptions struct {
	// HTTP sends the requests; it authenticates, and bounds connections. Nil is
	// a client of its own without credentials.
	HTTP *http.Client
}

// A Client is a wbem.Locator that asks a server. It may be used by several
// goroutines.
//
// A server of this project answers everything in package wbem as if it were
// embedded. Any other one answers what WS-Management can say: instances are read,
// written and deleted, queried in WQL, and their methods called. It cannot say
// what a class is: GetClass, Classes, PutClass and DeleteClass are NotSupported,
// and the classes of instances are made up from what the server sends, all of
// whose properties are strings or arrays of them.
type Client struct {
	url    string
	host   string
	http   *http.Client
	native *cimxml.Client

	mu     sync.Mutex // guards vendor
	vendor string     // who made the server, "" if it was not asked yet
}

var _ wbem.Locator = (*Client)(nil)

// vendor is what Identify says of servers of this project.
const vendor = "OpenWMI"

// NewClient returns a client of the server at a URL with the scheme http or
// https; the path is /wsman unless it says otherwise. It does not connect yet.
// The error is InvalidParameter for what is no such URL.
func NewClient(server string, o ClientOptions) (*Client, error) {
	u, err := transport.ParseServer(server, "/wsman")
	if err != nil {
		return nil, wbem.NewError("ConnectServer", server, err)
	}
	c := &Client{url: u.String(), host: u.Hostname(), http: o.HTTP}
	if c.http == nil {
		c.http = transport.New(transport.Options{})
	}
	c.native, err = cimxml.NewClient(server, cimxml.ClientOptions{Send: c.sendNative})
	return c, err
}

// Connect implements wbem.Locator.
func (c *Client) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	who, err := c.identify(ctx)
	if err != nil {
		return nil, wbem.NewError("ConnectServer", namespace, err)
	}
	if who == vendor {
		return c.native.Connect(ctx, namespace, o)
	}
	return c.connect(ctx, namespace, o)
}

// identify returns who made the server.
func (c *Client) identify(ctx context.Context) (string, error) {
	c.mu.Lock()
	known := c.vendor
	c.mu.Unlock()
	if known != "" {
		return known, nil
	}
	body, err := c.post(ctx, []byte(`<s:Envelope xmlns:s="`+nsSOAP+`"><s:Header/><s:Body><i:Identify xmlns:i="`+nsIdentity+`"/></s:Body></s:Envelope>`))
	if err != nil {
		return "", err
	}
	who := body.Child(nsIdentity, "IdentifyResponse")
	if who == nil {
		return "", cim.Errorf(wbem.TransportFailure, "the server does not say who it is")
	}
	name := who.Child(nsIdentity, "ProductVendor").Value()
	if name = name[:min(len(name), 256)]; name == "" {
		name = "unknown"
	}
	name = strings.Clone(name) // and not what it is a part of
	c.mu.Lock()
	c.vendor = name
	c.mu.Unlock()
	return name, nil
}

// A message is a request for an action.
type message struct {
	action string
	uri    string
	of     resource // whose family references are of
	path   cim.Path // whose namespace, if any, and keys become selectors
	locale string
	head   string // more headers
	body   []byte
	put    *wbem.Context // becomes options
}

// envelope returns the request.
func (c *Client) envelope(m *message) []byte {
	b := make([]byte, 0, 2048+len(m.body))
	b = append(b, "<s:Envelope"+prefixes+"><s:Header><a:To>"...)
	b = xml.AppendText(b, c.url)
	b = append(b, "</a:To><a:ReplyTo><a:Address>"+anonymous+"</a:Address></a:ReplyTo><a:Action>"...)
	b = xml.AppendText(b, m.action)
	b = append(b, "</a:Action><a:MessageID>uuid:"+newUUID()+"</a:MessageID>"...)
	if m.uri != "" {
		b = append(b, "<w:ResourceURI>"...)
		b = xml.AppendText(b, m.uri)
		b = append(b, "</w:ResourceURI>"...)
	}
	if len(m.path.Keys) > 0 || m.path.Namespace != "" {
		b = appendSelectors(b, m.of, m.path)
	}
	if m.put != nil && m.put.Len() > 0 {
		b = append(b, "<w:OptionSet>"...)
		for v := range m.put.All() {
			b = append(b, "<w:Option"...)
			b = xml.AppendAttr(b, "Name", v.Name)
			if v.Value.IsNull() {
				b = append(b, ` xsi:nil="true"`...)
			}
			b = append(b, '>')
			b = xml.AppendText(b, v.Value.String())
			b = append(b, "</w:Option>"...)
		}
		b = append(b, "</w:OptionSet>"...)
	}
	if m.locale != "" {
		b = append(b, "<w:Locale"...)
		b = xml.AppendAttr(b, "xml:lang", m.locale)
		b = append(b, ` s:mustUnderstand="false"/>`...)
	}
	b = append(b, m.head...)
	b = append(b, "</s:Header><s:Body>"...)
	b = append(b, m.body...)
	return append(b, envelopeTail...)
}

// call asks for an action and returns the body of the answer.
func (c *Client) call(ctx context.Context, m *message) (*xmltree.Node, error) {
	return c.post(ctx, c.envelope(m))
}

// post sends a message and returns the body of the answer.
func (c *Client) post(ctx context.Context, message []byte) (*xmltree.Node, error) {
	resp, err := c.send(ctx, message)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return readAnswer(ctx, resp)
}

// readAnswer reads an answer as a whole and returns its body: the error is that
// of its fault.
func readAnswer(ctx context.Context, resp *http.Response) (*xmltree.Node, error) {
	document, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerSize+1))
	switch {
	case err != nil:
		return nil, transport.Failure(ctx, err)
	case len(document) > maxAnswerSize:
		return nil, cim.Errorf(wbem.QuotaViolation, "the answer has more than %d bytes", maxAnswerSize)
	}
	if _, p, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); isWide(p["charset"], document) {
		if document, err = fromUTF16(p["charset"], document); err != nil {
			return nil, cim.Errorf(wbem.TransportFailure, "%v", err)
		}
	}
	root, err := xmltree.Parse(document)
	if err != nil {
		return nil, cim.Errorf(wbem.TransportFailure, "the answer cannot be read: %v", err)
	}
	body := root.Child(nsSOAP, "Body")
	if body == nil {
		return nil, cim.Errorf(wbem.TransportFailure, "the answer has no body")
	}
	if f := body.Child(nsSOAP, "Fault"); f != nil {
		return nil, readFault(f)
	}
	return body, nil
}

// send sends a message. What it returns is a message too: other answers are
// errors.
func (c *Client) send(ctx context.Context, message []byte) (*http.Response, error) {
	resp, err := transport.Post(ctx, c.http, c.url, http.Header{"Content-Type": {contentType}}, message)
	if err != nil {
		return nil, err
	}
	if err = transport.Refusal(resp); err == nil && !isSOAP(resp) {
		err = cim.Errorf(wbem.TransportFailure, "the server answers %s, without SOAP", resp.Status)
	}
	if err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

func isSOAP(r *http.Response) bool {
	t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && soapTypes[t]
}

// sendNative sends a message of CIM-XML to a server of this project.
func (c *Client) sendNative(ctx context.Context, text []byte) (io.ReadCloser, error) {
	resp, err := c.send(ctx, c.envelope(&message{action: actionNative, body: appendNative(nil, text)}))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		_, err := readAnswer(ctx, resp)
		if err == nil {
			err = cim.Errorf(wbem.TransportFailure, "the server answers %s", resp.Status)
		}
		return nil, err
	}
	r := bufio.NewReaderSize(resp.Body, 32<<10)
	if err := skipTo(r, bodyTag); err != nil {
		resp.Body.Close()
		return nil, transport.Failure(ctx, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{r, resp.Body}, nil
}

// skipTo reads to the end of a tag as our server writes it.
func skipTo(r *bufio.Reader, tag string) error {
	for n := 0; n < maxAnswerHead; {
		text, err := r.ReadSlice('>')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if bytes.HasSuffix(text, []byte(tag)) {
			return nil
		}
		n += len(text)
	}
	return cim.Errorf(wbem.TransportFailure, "the answer has no body")
}
