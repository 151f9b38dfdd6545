package cimxml_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"openwmi/wire/cimxml"
)

const corpus = "../../../shared/corpus/wire/cimxml/"

// corpusFiles returns the files of a pattern, or skips the test.
func corpusFiles(t *testing.T, pattern string) []string {
	files, err := filepath.Glob(corpus + pattern)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("the corpus is absent: no %s", corpus+pattern)
	}
	return files
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// requests returns the requests in a file with test cases of pywbem, which is
// YAML: folded blocks after "data: >" and quoted scalars after "data: '".
func requests(text string) []string {
	var docs []string
	lines := strings.Split(text, "\n")
	indent := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	for i := 0; i < len(lines); i++ {
		switch line := strings.TrimSpace(lines[i]); {
		case strings.HasPrefix(line, "data: >"):
			at, doc := indent(lines[i]), ""
			for ; i+1 < len(lines) && (lines[i+1] == "" || indent(lines[i+1]) > at); i++ {
				doc += strings.TrimSpace(lines[i+1]) + "\n"
			}
			docs = append(docs, doc)
		case strings.HasPrefix(line, "data: '"):
			doc := strings.TrimPrefix(line, "data: '")
			for !strings.HasSuffix(doc, "'") && i+1 < len(lines) {
				i++
				doc += " " + strings.TrimSpace(lines[i])
			}
			docs = append(docs, strings.ReplaceAll(strings.TrimSuffix(doc, "'"), "''", "'"))
		}
	}
	return slices.DeleteFunc(docs, func(doc string) bool { return !strings.Contains(doc, "<SIMPLEREQ") })
}

// refused are the requests in the corpus that are none, with the reason.
var refused = map[string]string{
	"cimrequest02.xml": "a PARAMVALUE of a DTD before 2.0 has text",
	"cimrequest03.xml": "a PARAMVALUE of a DTD before 2.0 has text",
}

// What clients of others send is understood: each request has an answer, though
// the classes that most ask for are not there. Those that are not valid are
// refused.
func TestCorpusRequests(t *testing.T) {
	p, _ := listen(t, newWorld(t), cimxml.Options{})
	send := func(name, body string, want bool) string {
		resp, got := p.post(body)
		name = filepath.Base(name)
		switch answered := resp.StatusCode == http.StatusOK; {
		case answered != (want && refused[name] == ""):
			t.Errorf("%s: %s: %s", name, resp.Status, got)
		case !answered && resp.Header.Get("CIMError") == "":
			t.Errorf("%s: %s without CIMError", name, resp.Status)
		}
		return got
	}
	for _, name := range corpusFiles(t, "pywbem-functiontest/*.yaml") {
		for _, body := range requests(readFile(t, name)) {
			send(name, strings.TrimSpace(body), true)
		}
	}
	for _, name := range corpusFiles(t, "pegasus-wbemexec/*.xml") {
		// The class of 06c is not there, which is not the fault of the message.
		valid := !strings.Contains(name, "cimreqerr") || strings.HasSuffix(name, "cimreqerr06c.xml")
		send(name, readFile(t, name), valid)
	}
	codes := map[string]cimxml.Code{
		"ErrorTest01.xml": cimxml.NotSupported, // FAILED there
		"ErrorTest03.xml": cimxml.InvalidNamespace,
		"ErrorTest05.xml": cimxml.InvalidClass,
		"ErrorTest06.xml": cimxml.NotFound,
		"ErrorTest15.xml": cimxml.InvalidQuery,
	}
	for _, name := range corpusFiles(t, "sfcb-xmltest/*.xml") {
		// A misprint in the files: there is no such encoding.
		got := send(name, strings.Replace(readFile(t, name), `"utf--8"`, `"utf-8"`, 1), true)
		if want := codes[filepath.Base(name)]; want != 0 && code(got) != want {
			t.Errorf("%s: status %d, want %d", name, code(got), want)
		}
	}
}
