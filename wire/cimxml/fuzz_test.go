package cimxml_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"openwmi/wbem"
	"openwmi/wire/cimxml"
)

// FuzzServer sends documents: none is answered with anything but a message or a
// status of HTTP, and what a request leaves open is one enumeration at most for
// each of its operations.
func FuzzServer(f *testing.F) {
	m := newWorld(f)
	for _, c := range []string{
		call("root/cimv2", "GetClass", class("Disk"), text("LocalOnly", "FALSE"), list("PropertyList", "Size")),
		call("root/cimv2", "EnumerateInstances", class("Disk"), text("DeepInheritance", "FALSE")),
		call("root/cimv2", "OpenEnumerateInstances", class("Disk"), atMost("1"), text("OperationTimeout", "1")),
		call("root/cimv2", "GetInstance", named("InstanceName", key("Disk", "Id", "c"))),
		call("root/cimv2", "CreateInstance", newInstance("Disk", property("Id", "string", "z"), property("Load", "real64", "1e400"))),
		call("root/cimv2", "ModifyInstance", named("ModifiedInstance", `<VALUE.NAMEDINSTANCE>`+key("Disk", "Id", "c")+`<INSTANCE CLASSNAME="Disk"/></VALUE.NAMEDINSTANCE>`)),
		call("root/cimv2", "ExecQuery", text("QueryLanguage", "WQL"), text("Query", "SELECT * FROM Disk")),
		call("root/cimv2", "Associators", named("ObjectName", key("Disk", "Id", "c"))),
		`<METHODCALL NAME="Count"><LOCALCLASSPATH><LOCALNAMESPACEPATH><NAMESPACE NAME="root"/><NAMESPACE NAME="cimv2"/></LOCALNAMESPACEPATH><CLASSNAME NAME="Disk"/></LOCALCLASSPATH></METHODCALL>`,
		call("root/cimv2", "__PutInstance", named("Instance", `<WMI.CLASS ID="1"><CLASS NAME="Disk"><PROPERTY NAME="Id" TYPE="string"/></CLASS></WMI.CLASS><WMI.INSTANCE CLASS="1"><INSTANCE CLASSNAME="Disk"/></WMI.INSTANCE>`)),
	} {
		f.Add([]byte(message(c)))
		f.Add([]byte(message(c, c)))
	}
	for _, b := range recordedNative(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s := cimxml.NewServer(m, cimxml.Options{Identity: func(*http.Request) (*wbem.Identity, error) { return nil, nil }})
		defer s.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/cimom", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		w := recorder{header: http.Header{}}
		s.ServeHTTP(&w, r)
		switch {
		case w.status == 0 && !strings.HasSuffix(w.body.String(), "</MESSAGE></CIM>\n"):
			t.Errorf("the answer is %s", w.body.String())
		case w.status == http.StatusInternalServerError:
			t.Error(w.body.String())
		case s.Open() > cimxml.MaxCalls:
			t.Errorf("%d enumerations are open", s.Open())
		}
	})
}

// recordedNative returns what our own client sends for puts of a class and an
// instance, so that the reading of native objects is fuzzed too.
func recordedNative(f *testing.F) [][]byte {
	m := newWorld(f)
	var sent [][]byte
	s := cimxml.NewServer(m, cimxml.Options{Identity: func(*http.Request) (*wbem.Identity, error) { return nil, nil }})
	f.Cleanup(func() { s.Close() })
	c, err := cimxml.NewClient("http://server.test", cimxml.ClientOptions{HTTP: &http.Client{Transport: recording{s, &sent}}})
	if err != nil {
		f.Fatal(err)
	}
	svc, err := c.Connect(f.Context(), `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		f.Fatal(err)
	}
	defer svc.Close()
	disk, err := svc.GetClass(f.Context(), "Disk", wbem.Options{})
	if err == nil {
		err = svc.PutClass(f.Context(), disk.Decl(), wbem.Options{})
	}
	if err != nil {
		f.Fatal(err)
	}
	for inst, err := range svc.Instances(f.Context(), "Disk", wbem.Options{}) {
		if err == nil {
			_, err = svc.PutInstance(f.Context(), inst, wbem.Options{})
		}
		if err != nil {
			f.Fatal(err)
		}
	}
	if len(sent) < 4 {
		f.Fatalf("%d messages were recorded", len(sent))
	}
	return sent
}

// recording is a transport that keeps what is sent.
type recording struct {
	s    *cimxml.Server
	sent *[][]byte
}

func (r recording) RoundTrip(req *http.Request) (*http.Response, error) {
	var b bytes.Buffer
	if _, err := b.ReadFrom(req.Body); err != nil {
		return nil, err
	}
	*r.sent = append(*r.sent, bytes.Clone(b.Bytes()))
	in := req.Clone(req.Context())
	in.Body = readCloser{&b}
	w := recorder{header: http.Header{}, status: http.StatusOK}
	r.s.ServeHTTP(&w, in)
	return &http.Response{StatusCode: w.status, Header: w.header, Body: readCloser{&w.body}, Request: req}, nil
}

type readCloser struct{ *bytes.Buffer }

func (readCloser) Close() error { return nil }
