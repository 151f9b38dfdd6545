package cimxml_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/wire/cimxml"
)

func TestListener(t *testing.T) {
	const begin, end = `<?xml version="1.0"?><CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE ID="1" PROTOCOLVERSION="1.0">`, `</MESSAGE></CIM>`
	type answer struct {
		Status int
		Error  string
	}
	for body, want := range map[string]answer{
		"<CIM":         {400, "request-not-well-formed"},
		begin + "</X>": {400, "request-not-well-formed"},
		begin + "<MULTIEXPREQ></MULTIEXPREQ>" + end:                                                          {501, "multiple-requests-unsupported"},
		begin + "<SIMPLEREQ></SIMPLEREQ>" + end:                                                              {400, "request-not-valid"},
		strings.Replace(begin, `DTDVERSION="2.0"`, `DTDVERSION="3.0"`, 1) + end:                              {501, "unsupported-dtd-version"},
		begin + `<SIMPLEEXPREQ><EXPMETHODCALL NAME="ExportIndication"></EXPMETHODCALL></SIMPLEEXPREQ>` + end: {200, ""},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "text/xml")
		w := httptest.NewRecorder()
		cimxml.NewListener(cimxml.ListenerOptions{Indication: func(context.Context, *cim.Instance) error {
			t.Error("it is no indication")
			return nil
		}}).ServeHTTP(w, r)
		if diff := cmp.Diff(want, answer{w.Code, w.Header().Get("CIMError")}); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

// A listener takes M-POST as the server does, and only what it can read.
func TestListenerFields(t *testing.T) {
	const body = `<?xml version="1.0"?><CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE ID="1" PROTOCOLVERSION="1.0"><SIMPLEEXPREQ>` +
		`<EXPMETHODCALL NAME="ExportIndication"><EXPPARAMVALUE NAME="NewIndication"><INSTANCE CLASSNAME="CIM_InstCreation"/></EXPPARAMVALUE></EXPMETHODCALL></SIMPLEEXPREQ></MESSAGE></CIM>`
	const extension = `"http://www.dmtf.org/cim/mapping/http/v1.0" ; ns=73`
	for name, test := range map[string]struct {
		method string
		fields map[string]string
		status int
	}{
		"POST":             {"POST", map[string]string{"CIMExport": "MethodRequest", "CIMExportMethod": "Export%49ndication"}, 200},
		"M-POST":           {"M-POST", map[string]string{"Man": extension, "73-CIMExport": "MethodRequest", "73-CIMExportMethod": "ExportIndication"}, 200},
		"another one":      {"M-POST", map[string]string{"Man": `"http://example.com" ; ns=73`}, 400},
		"no extension":     {"M-POST", nil, 400},
		"GET":              {"GET", nil, 405},
		"packed":           {"POST", map[string]string{"Content-Encoding": "gzip"}, 415},
		"another charset":  {"POST", map[string]string{"Content-Type": "text/xml; charset=utf-16"}, 415},
		"another method":   {"POST", map[string]string{"CIMExportMethod": "Other"}, 400},
		"no export at all": {"POST", map[string]string{"CIMExport": "Other"}, 501},
	} {
		r := httptest.NewRequest(test.method, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "text/xml")
		for field, value := range test.fields {
			r.Header.Set(field, value)
		}
		got := 0
		w := httptest.NewRecorder()
		cimxml.NewListener(cimxml.ListenerOptions{Indication: func(context.Context, *cim.Instance) error { got++; return nil }}).ServeHTTP(w, r)
		if w.Code != test.status || got == 1 != (test.status == 200) {
			t.Errorf("%s: status %d, %d indications", name, w.Code, got)
		}
		h, prefix := w.Header(), ""
		if test.method == "M-POST" && w.Code == 200 {
			prefix = "73-"
			if _, ok := h["Ext"]; !ok || h.Get("Man") != extension {
				t.Errorf("%s: the answer has %v", name, h)
			}
		}
		if answers := h.Get(prefix+"CIMExport") == "MethodResponse"; answers != (w.Code == 200) {
			t.Errorf("%s: the answer has %v", name, h)
		}
	}
}

// Whatever is sent, the answer is one that says what is wrong.
func FuzzListener(f *testing.F) {
	f.Add(`<?xml version="1.0"?><CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE ID="1" PROTOCOLVERSION="1.0"><SIMPLEEXPREQ>` +
		`<EXPMETHODCALL NAME="ExportIndication"><EXPPARAMVALUE NAME="NewIndication"><INSTANCE CLASSNAME="CIM_InstCreation">` +
		`<PROPERTY NAME="SourceInstance" TYPE="string" EmbeddedObject="object"><VALUE>&lt;INSTANCE CLASSNAME="C"/&gt;</VALUE></PROPERTY>` +
		`</INSTANCE></EXPPARAMVALUE></EXPMETHODCALL></SIMPLEEXPREQ></MESSAGE></CIM>`)
	f.Fuzz(func(t *testing.T, body string) {
		got := 0
		l := cimxml.NewListener(cimxml.ListenerOptions{Indication: func(_ context.Context, ind *cim.Instance) error {
			got++
			return ind.Check()
		}})
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "text/xml")
		w := httptest.NewRecorder()
		l.ServeHTTP(w, r)
		if got > 1 || got == 1 && w.Code != 200 || w.Code != 200 && w.Code/100 < 4 {
			t.Errorf("%d indications, status %d", got, w.Code)
		}
	})
}
