package bench

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"

	"openwmi/cim"
	"openwmi/cim/cimxml"
)

// A cimCall is a standard operation of CIM-XML.
type cimCall struct {
	method    string
	namespace string
	params    string // IPARAMVALUE
}

func value(name, text string) string {
	return `<IPARAMVALUE NAME="` + name + `"><VALUE>` + text + `</VALUE></IPARAMVALUE>`
}

func className(name string) string {
	return `<IPARAMVALUE NAME="ClassName"><CLASSNAME NAME="` + name + `"/></IPARAMVALUE>`
}

func diskName(id uint32) string {
	return fmt.Sprintf(`<INSTANCENAME CLASSNAME="%s"><KEYBINDING NAME="Id"><KEYVALUE VALUETYPE="numeric">%d</KEYVALUE></KEYBINDING></INSTANCENAME>`, diskClass, id)
}

func (c cimCall) failed(answer []byte) bool {
	return len(answer) < 2000 && bytes.Contains(answer, []byte("<ERROR"))
}

// request implements call.
func (c cimCall) request(s *served) []byte {
	if c.namespace == "" {
		c.namespace = strings.ReplaceAll(namespace, `\`, "/")
	}
	var path strings.Builder
	for name := range strings.SplitSeq(c.namespace, "/") {
		path.WriteString(`<NAMESPACE NAME="` + name + `"/>`)
	}
	body := `<?xml version="1.0" encoding="utf-8" ?><CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE ID="1" PROTOCOLVERSION="1.0"><SIMPLEREQ>` +
		`<IMETHODCALL NAME="` + c.method + `"><LOCALNAMESPACEPATH>` + path.String() + `</LOCALNAMESPACEPATH>` + c.params +
		`</IMETHODCALL></SIMPLEREQ></MESSAGE></CIM>`
	return fmt.Appendf(nil, "POST /cimom HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic %s\r\nContent-Type: application/xml; charset=utf-8\r\n"+
		"CIMOperation: MethodCall\r\nCIMMethod: %s\r\nCIMObject: %s\r\nContent-Length: %d\r\n\r\n%s",
		s.address, base64.StdEncoding.EncodeToString([]byte(s.user+":"+s.password)), c.method, c.namespace, len(body), body)
}

// cimTime measures how long one operation takes, or all that fetch the rest of
// it: the median.
func cimTime(bar, aim float64, call cimCall, pull string) func(context.Context, *Env) (Result, error) {
	return func(ctx context.Context, e *Env) (Result, error) {
		r := Result{Unit: "ms", Bar: bar, Aim: aim}
		if call.namespace != "" && e.Schema == "" { // which is what would be there
			return r, errSkipped
		}
		return e.timed(ctx, r, func(s *served, w *wire) (int, error) { return s.fetch(w, call, pull) })
	}
}

// fetch carries out a call, and pulls what it opens: how many bytes come.
func (s *served) fetch(w *wire, call cimCall, pull string) (int, error) {
	total, err := w.ask(call.request(s), pull != "")
	for pull != "" && err == nil && !bytes.Contains(w.body, []byte(`NAME="EndOfSequence" PARAMTYPE="boolean"><VALUE>true`)) {
		_, rest, ok := bytes.Cut(w.body, []byte(`NAME="EnumerationContext" PARAMTYPE="string"><VALUE>`))
		id, _, _ := bytes.Cut(rest, []byte("<"))
		if !ok {
			return total, fmt.Errorf("%s opens nothing: %.300s", call.method, w.body)
		}
		var n int
		n, err = w.ask(cimCall{method: pull, params: value("EnumerationContext", string(id)) + value("MaxObjectCount", "1000")}.request(s), true)
		total += n
	}
	return total, err
}

// cimBenchmarks are those of standard operations. Bars and aims come from what
// other servers did on a machine with two cores.
func cimBenchmarks() []Benchmark {
	get := func(_, stored uint32) (call, error) {
		return cimCall{method: "GetInstance", params: `<IPARAMVALUE NAME="InstanceName">` + diskName(rand.Uint32N(stored)) + `</IPARAMVALUE>`}, nil
	}
	class := func(uint32, uint32) (call, error) {
		return cimCall{method: "GetClass", params: className(largeClass) + value("LocalOnly", "FALSE")}, nil
	}
	create := func() func(n, stored uint32) (call, error) {
		base := nextIDs.Add(1) << 24
		return func(n, _ uint32) (call, error) {
			inst, err := diskXML(base | n)
			return cimCall{method: "CreateInstance", params: `<IPARAMVALUE NAME="NewInstance">` + inst + `</IPARAMVALUE>`}, err
		}
	}
	modify := func(n, stored uint32) (call, error) {
		id := rand.Uint32N(stored)
		inst, err := diskXML(id)
		inst = strings.Replace(inst, "<VALUE>Disk", fmt.Sprintf("<VALUE>%d", n), 1)
		return cimCall{method: "ModifyInstance", params: `<IPARAMVALUE NAME="ModifiedInstance"><VALUE.NAMEDINSTANCE>` + diskName(id) + inst + `</VALUE.NAMEDINSTANCE></IPARAMVALUE>`}, err
	}
	all := cimCall{method: "EnumerateInstances", params: className(diskClass)}
	open := cimCall{method: "OpenEnumerateInstances", params: className(diskClass) + value("MaxObjectCount", "1000")}
	classes := cimCall{method: "EnumerateClasses", namespace: "root/cimv2", params: value("DeepInheritance", "TRUE") + value("LocalOnly", "FALSE")}
	query := cimCall{method: "ExecQuery", params: value("QueryLanguage", "WQL") + value("Query", "SELECT * FROM "+diskClass+" WHERE Caption = 'Disk 7777'")}
	return []Benchmark{
		{"cimxml/get", "GetInstance by 1 client of a server", wireRate(1, 8500, 13600, get)},
		{"cimxml/get-16", "GetInstance by 16 clients", wireRate(16, 16_750, 26_800, get)},
		{"cimxml/class", "GetClass of 60 kB by 1 client", wireRate(1, 5000, 12_500, class)},
		{"cimxml/class-16", "GetClass of 60 kB by 16 clients", wireRate(16, 6800, 17_000, class)},
		{"cimxml/enumerate", "EnumerateInstances of 10,000", cimTime(70, 40, all, "")},
		{"cimxml/pull", "the same, pulled 1,000 at a time", cimTime(90, 50, open, "PullInstancesWithPath")},
		{"cimxml/classes", "EnumerateClasses with qualifiers of a schema", cimTime(200, 100, classes, "")},
		{"cimxml/query", "ExecQuery that finds one of 10,000 without an index", cimTime(6, 3, query, "")},
		{"cimxml/modify", "ModifyInstance by 1 client, durable", wireRate(1, 2160, 3600, modify)},
		{"cimxml/create", "CreateInstance by 1 client, durable", wireRate(1, 2360, 3540, create())},
		{"cimxml/create-16", "CreateInstance by 16 clients", wireRate(16, 8640, 14_400, create())},
	}
}

// nextIDs tells the creating benchmarks apart.
var nextIDs atomic.Uint32

var diskOf = sync.OnceValues(func() (*cim.Class, error) { return cim.Derive(nil, disk()) })

// diskXML returns INSTANCE of newDisk.
func diskXML(id uint32) (string, error) {
	c, err := diskOf()
	if err != nil {
		return "", err
	}
	inst, err := newDisk(c, id)
	if err != nil {
		return "", err
	}
	return string(new(cimxml.Encoder).AppendInstance(nil, inst)), nil
}
