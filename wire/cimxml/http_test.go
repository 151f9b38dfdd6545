package cimxml_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/cimxml"
)

// What is wrong with a message is an HTTP status and, if it is a message of
// CIM-XML, the field CIMError. DSP0200 7.3
func TestHTTP(t *testing.T) {
	p, _ := listen(t, newWorld(t), cimxml.Options{MaxRequest: 1 << 20})
	good := message(call("root/cimv2", "GetClass", class("Disk")))
	two := message(call("root/cimv2", "GetClass", class("Disk")), call("root/cimv2", "GetClass", class("Nope")))
	edit := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	man := `"http://www.dmtf.org/cim/mapping/http/v1.0" ; ns=73`
	for _, c := range []struct {
		name   string
		method string // POST if ""
		body   string
		fields []string
		status int
		reason string // CIMError
		want   string // in the body
	}{
		{"no fields", "", good, nil, 200, "", "<CLASS "},
		{"all fields", "", good, []string{"CIMOperation", "MethodCall", "CIMMethod", "GetClass", "CIMObject", "root/cimv2", "CIMProtocolVersion", "1.0"}, 200, "", "<CLASS "},
		{"escaped object", "", good, []string{"CIMOperation", "MethodCall", "CIMMethod", "Get%43lass", "CIMObject", "root%2Fcimv2"}, 200, "", "<CLASS "},
		{"another case", "", good, []string{"CIMOperation", "methodcall", "CIMMethod", "getclass", "CIMObject", "ROOT/CIMV2"}, 200, "", "<CLASS "},
		{"another operation", "", good, []string{"CIMOperation", "MethodResponse"}, 501, "unsupported-operation", ""},
		{"another version", "", good, []string{"CIMOperation", "MethodCall", "CIMProtocolVersion", "2.0"}, 501, "unsupported-protocol-version", ""},
		{"another method", "", good, []string{"CIMMethod", "GetInstance"}, 400, "header-mismatch", ""},
		{"another object", "", good, []string{"CIMObject", "root/default"}, 400, "header-mismatch", ""},
		{"GET", "GET", "", nil, 405, "", ""},
		{"M-POST", "M-POST", good, []string{"Man", man, "73-CIMOperation", "MethodCall", "73-CIMMethod", "GetClass", "73-CIMObject", "root/cimv2"}, 200, "", "<CLASS "},
		{"M-POST with fields that differ", "M-POST", good, []string{"Man", man, "73-CIMMethod", "GetInstance"}, 400, "header-mismatch", ""},
		{"M-POST without Man", "M-POST", good, nil, 400, "header-mismatch", ""},
		{"M-POST for something else", "M-POST", good, []string{"Man", `"http://example.org/" ; ns=73`}, 400, "header-mismatch", ""},
		{"no type", "", good, []string{"Content-Type", ""}, 200, "", "<CLASS "},
		{"text/xml", "", good, []string{"Content-Type", "text/xml; charset=UTF-8"}, 200, "", "<CLASS "},
		{"another type", "", good, []string{"Content-Type", "text/plain"}, 415, "", ""},
		{"no type that is one", "", good, []string{"Content-Type", "xml;;"}, 415, "", ""},
		{"another charset", "", good, []string{"Content-Type", "application/xml; charset=utf-16"}, 415, "", ""},
		{"compressed", "", good, []string{"Content-Encoding", "gzip"}, 415, "", ""},
		{"batch", "", two, []string{"CIMBatch", ""}, 200, "", `<MULTIRSP><SIMPLERSP>`},
		{"batch without a field", "", two, nil, 200, "", `<ERROR CODE="6"`},
		{"batch with CIMMethod", "", two, []string{"CIMMethod", "GetClass"}, 400, "header-mismatch", ""},

		{"nothing", "", "", nil, 400, "request-not-well-formed", ""},
		{"not closed", "", edit("</CIM>", ""), nil, 400, "request-not-well-formed", ""},
		{"an entity", "", edit("GetClass", "&x;"), nil, 400, "request-not-well-formed", ""},
		{"a document type", "", edit("<CIM ", `<!DOCTYPE CIM [<!ENTITY x "y">]><CIM `), nil, 400, "request-not-well-formed", ""},
		{"not UTF-8", "", edit("GetClass", "Get\xffClass"), nil, 400, "request-not-well-formed", ""},
		{"two documents", "", good + good, nil, 400, "request-not-well-formed", ""},
		{"another document", "", "<CIN/>", nil, 400, "request-not-valid", ""},
		{"another element", "", edit("<SIMPLEREQ>", "<SIMPLERSP/><SIMPLEREQ>"), nil, 400, "request-not-valid", ""},
		{"an answer", "", strings.NewReplacer("SIMPLEREQ", "SIMPLERSP").Replace(good), nil, 400, "request-not-valid", ""},
		{"no namespace", "", strings.ReplaceAll(edit(`<NAMESPACE NAME="root"/><NAMESPACE NAME="cimv2"/>`, ""), "<LOCALNAMESPACEPATH></LOCALNAMESPACEPATH>", ""), nil, 400, "request-not-valid", ""},
		{"no ID", "", edit(` ID="7"`, ""), nil, 400, "request-not-valid", ""},
		{"another CIM", "", edit(`CIMVERSION="2.0"`, `CIMVERSION="3.0"`), nil, 501, "unsupported-cim-version", ""},
		{"another DTD", "", edit(`DTDVERSION="2.0"`, `DTDVERSION="3.0"`), nil, 501, "unsupported-dtd-version", ""},
		{"a newer DTD", "", edit(`DTDVERSION="2.0"`, `DTDVERSION="2.4"`), nil, 200, "", "<CLASS "},
		{"another protocol", "", edit(`PROTOCOLVERSION="1.0"`, `PROTOCOLVERSION="2.0"`), nil, 501, "unsupported-protocol-version", ""},
		{"too deep", "", edit("<SIMPLEREQ>", strings.Repeat("<SIMPLEREQ>", 10_000)), nil, 400, "request-not-valid", ""},
		{"deep in a value", "", edit(`<CLASSNAME NAME="Disk"/>`, strings.Repeat("<VALUE.ARRAY>", 10_000)), nil, 400, "request-not-valid", ""},
		{"too large", "", edit("Disk", strings.Repeat("x", 2<<20)), nil, 413, "", ""},
		{"too large before it begins", "", strings.Repeat(" ", 2<<20) + good, nil, 413, "", ""},
		{"too many operations", "", message(make([]string, cimxml.MaxCalls+1)...), nil, 400, "request-not-valid", ""},
	} {
		method := c.method
		if method == "" {
			method = http.MethodPost
		}
		// Of known length, and chunked.
		for _, body := range []io.Reader{strings.NewReader(c.body), io.MultiReader(strings.NewReader(c.body))} {
			resp, got := p.send(method, body, c.fields...)
			if resp.StatusCode != c.status || resp.Header.Get("CIMError") != c.reason || !strings.Contains(got, c.want) {
				t.Errorf("%s: %s, CIMError %q: %.300s", c.name, resp.Status, resp.Header.Get("CIMError"), got)
			}
			if c.status != http.StatusOK {
				continue
			}
			prefix := ""
			if method == "M-POST" {
				prefix = "73-"
				if _, ok := resp.Header["Ext"]; !ok || !strings.Contains(resp.Header.Get("Man"), "ns=73") {
					t.Errorf("%s: the header is %v", c.name, resp.Header)
				}
			}
			if resp.Header.Get(prefix+"CIMOperation") != "MethodResponse" {
				t.Errorf("%s: the header is %v", c.name, resp.Header)
			}
		}
	}
}

// Who sends a request is asked for before the body is read.
func TestUnauthorized(t *testing.T) {
	s := cimxml.NewServer(newWorld(t), cimxml.Options{Identity: func(*http.Request) (*wbem.Identity, error) { return nil, errors.New("who is that?") }})
	defer s.Close()
	w := recorder{header: http.Header{}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/cimom", failingReader{t})
	if err != nil {
		t.Fatal(err)
	}
	s.ServeHTTP(&w, r)
	if w.status != http.StatusUnauthorized || strings.Contains(w.body.String(), "who is that") {
		t.Errorf("%d %s", w.status, w.body.String())
	}
}

type failingReader struct{ t *testing.T }

func (r failingReader) Read([]byte) (int, error) {
	r.t.Error("the body is read")
	return 0, io.EOF
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// failing is a locator whose enumerations fail after so many instances.
type failing struct {
	wbem.Locator
	after int
	with  error
}

func (f *failing) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	svc, err := f.Locator.Connect(ctx, namespace, o)
	if err != nil {
		return nil, err
	}
	return &failingServices{svc, f}, nil
}

type failingServices struct {
	wbem.Services
	f *failing
}

func (s *failingServices) Instances(ctx context.Context, class string, o wbem.Options) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		c, err := s.GetClass(ctx, class, o)
		if err != nil {
			yield(nil, err)
			return
		}
		for n := range s.f.after {
			inst := cim.NewInstance(c)
			if err := errors.Join(inst.Set("Id", cim.StringValue(strings.Repeat("x", n))), inst.Set("Caption", cim.StringValue(strings.Repeat("y", 500)))); err != nil {
				yield(nil, err)
				return
			}
			inst.SetOrigin(&cim.Origin{Server: "HERE", Namespace: `root\cimv2`})
			if !yield(inst, nil) {
				return
			}
		}
		yield(nil, s.f.with)
	}
}

// An operation that fails after a part of its answer was sent says so in the
// trailer to a client that reads it; for others the connection breaks.
func TestLateError(t *testing.T) {
	with := &wbem.Error{Status: wbem.AccessDenied, Detail: "no more of ü", Err: errors.New("internal matters")}
	many := &failing{Locator: newWorld(t), after: 400, with: with}
	p, _ := listen(t, many, cimxml.Options{})
	request := message(call("root/cimv2", "EnumerateInstances", class("Disk")))

	resp, body := p.post(request, "TE", "chunked, trailers")
	if code := resp.Trailer.Get("CIMStatusCode"); code != "2" || strings.Contains(body, "</IRETURNVALUE>") {
		t.Errorf("trailer %v, body %d bytes ending %q", resp.Trailer, len(body), body[max(0, len(body)-50):])
	}
	if text := resp.Trailer.Get("CIMStatusCodeDescription"); !strings.HasSuffix(text, "no%20more%20of%20%C3%BC") {
		t.Errorf("the trailer says %q", text)
	}
	resp, _ = p.send("M-POST", strings.NewReader(request), "Man", `"http://www.dmtf.org/cim/mapping/http/v1.0" ; ns=12`, "TE", "trailers")
	if code := resp.Trailer.Get("12-CIMStatusCode"); code != "2" {
		t.Errorf("trailer %v", resp.Trailer)
	}

	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url, strings.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	resp, err = http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the answer ends with %v", err)
	}

	// Before that it is an ERROR, and a trailer that is not needed has nothing.
	many.after = 3
	resp, body = p.post(request, "TE", "trailers")
	if code(body) != cimxml.AccessDenied || strings.Contains(body, "NAMEDINSTANCE") || strings.Contains(body, "internal") || len(resp.Trailer) != 0 {
		t.Errorf("trailer %v: %s", resp.Trailer, body)
	}
	// A batch goes on after a failure that was early.
	_, body = p.post(message(call("root/cimv2", "EnumerateInstances", class("Disk")), call("root/cimv2", "GetClass", class("Disk"))))
	if !strings.Contains(body, `<ERROR CODE="2"`) || !strings.Contains(body, "<CLASS ") {
		t.Errorf("the batch is %s", body)
	}
}
