package cimxml_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"

	"openwmi/wbem"
	"openwmi/wire/cimxml"
)

// BenchmarkServer measures what an operation costs without the network.
func BenchmarkServer(b *testing.B) {
	m := newWorld(b)
	s := cimxml.NewServer(m, cimxml.Options{Identity: func(*http.Request) (*wbem.Identity, error) { return nil, nil }})
	defer s.Close()
	for _, c := range []struct {
		name, method string
		params       []string
	}{
		{"get", "GetInstance", []string{named("InstanceName", key("Disk", "Id", "c"))}},
		{"class", "GetClass", []string{class("Disk")}},
		{"enumerate", "EnumerateInstances", []string{class("Disk")}},
	} {
		b.Run(c.name, func(b *testing.B) {
			body := []byte(message(call("root/cimv2", c.method, c.params...)))
			in := bytes.NewReader(body)
			r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "/cimom", in)
			if err != nil {
				b.Fatal(err)
			}
			r.Body = io.NopCloser(in)
			r.Header = http.Header{
				"Content-Type": {"application/xml; charset=utf-8"}, "Cimoperation": {"MethodCall"},
				"Cimmethod": {c.method}, "Cimobject": {"root/cimv2"},
			}
			w := recorder{header: http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				in.Reset(body)
				w.body.Reset()
				clear(w.header)
				s.ServeHTTP(&w, r)
			}
			if code(w.body.String()) != 0 {
				b.Fatal(w.body.String())
			}
		})
	}
}
