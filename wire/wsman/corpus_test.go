package wsman

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/wire/internal/xmltree"
)

// noMessages are files that are no messages of SOAP but parts of them, or files
// of configuration.
var noMessages = []string{
	"msdocs-winrm/detecting-whether", // an IdentifyResponse alone, or a part of one
	"msdocs-winrm/scripting-in-windows",
	"msdocs-winrm/session-identify",
	"msdocs-winrm/uri-prefixes",
	"msdocs-winrm/wsman-service-plug-in",
	"msdocs-winrm/iis-host-plug-in",
	"msdocs-winrm/ws-management-protocol",
}

// TestCorpus reads messages of real servers as the client does. What it makes of
// the objects in them is written as the server does, and must be the same then.
func TestCorpus(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "corpus", "wire", "wsman")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the corpus is not there: ", err)
	}
	messages, objects := 0, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for _, prefix := range noMessages {
			if strings.HasPrefix(filepath.ToSlash(name), prefix) {
				return nil
			}
		}
		document, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		t.Run(name, func(t *testing.T) {
			n := checkMessage(t, document)
			objects += n
		})
		messages++
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d messages with %d objects", messages, objects)
}

// checkMessage checks a message and returns how many objects it has.
func checkMessage(t *testing.T, document []byte) int {
	root, err := xmltree.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	text := string(appended(root))
	again, err := xmltree.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(text, string(appended(again))); diff != "" {
		t.Fatal(diff)
	}
	body := root.Child(nsSOAP, "Body")
	switch {
	case body == nil:
		t.Fatal("the message has no body")
	case len(body.Children) == 0:
		return 0
	}
	content := body.Children[0]
	switch content.Local {
	case "Fault":
		if f := readFault(content).(*faultError); f.subcode == "" || f.text == "" {
			t.Errorf("fault %+v", f)
		}
		return 0
	case "EnumerateResponse", "PullResponse":
		n := 0
		for _, c := range content.Children {
			if c.Local == "Items" {
				for _, item := range c.Children {
					checkObject(t, item)
					n++
				}
			}
		}
		return n
	}
	if content.Space == nsTransfer {
		_, err := readEPR(content)
		if err != nil {
			t.Error(err)
		}
		return 0
	}
	checkObject(t, content)
	return 1
}

func checkObject(t *testing.T, n *xmltree.Node) {
	t.Helper()
	s := &session{client: &Client{host: "host"}, namespace: `root\cimv2`}
	if n.Local == "Item" {
		n = n.Children[0]
	}
	if n.Local == "EndpointReference" {
		if _, err := readEPR(n); err != nil {
			t.Error(err)
		}
		return
	}
	inst, err := s.instance(n, nil)
	if err != nil {
		t.Error(err)
		return
	}
	written, err := xmltree.Parse(append(append([]byte("<x"+prefixes+` xmlns:p="`+nsInstance+`">`), appendProperties(nil, resource{base: baseDMTF}, outer, inst)...), "</x>"...))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(outline(t, n.Children), outline(t, written.Children)); diff != "" {
		t.Error(n.Local, diff)
	}
}

// outline returns the properties of an object, by name and in their order for
// each name: their texts, and what endpoint references and datetimes mean.
func outline(t *testing.T, nodes []*xmltree.Node) map[string][]string {
	m := map[string][]string{}
	for _, n := range nodes {
		if n.Space == nsCIM {
			continue
		}
		name := cim.Fold(n.Local)
		if isNil(n) && len(m[name]) > 0 {
			continue // NULL in an array, which the client leaves out
		}
		m[name] = append(m[name], textOf(t, n))
	}
	return m
}

func textOf(t *testing.T, n *xmltree.Node) string {
	c := first(n)
	switch {
	case isNil(n):
		return "NULL"
	case c == nil:
		return "text " + n.Text
	case c.Space == nsAddressing:
		v, err := readReference(n)
		if err != nil {
			t.Error(err)
		}
		if v.IsNull() { // a reference to nothing is written as NULL
			return "NULL"
		}
		return "reference " + v.Text()
	case c.Space == nsCIM:
		v, err := readDatetime(c.Value())
		if err != nil {
			t.Error(err)
		}
		return "datetime " + v.String()
	}
	var b strings.Builder
	for _, c := range n.Children {
		b.WriteString(c.Local + "=" + textOf(t, c) + ";")
	}
	return b.String()
}

// appended returns an element as XML.
func appended(n *xmltree.Node) []byte {
	b, _ := xmltree.Append(nil, n, 64<<20)
	return b
}
