package bench

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"

	"openwmi/cim"
)

// A soapCall is an operation of WS-Management on diskClass.
type soapCall struct {
	action string // after that of the protocol
	head   string
	body   string
}

const (
	soapTransfer    = "transfer/"
	soapEnumeration = "enumeration/"
	soapEnd         = "EndOfSequence/>"
)

func diskURI() string {
	return "http://schemas.microsoft.com/wbem/wsman/1/wmi/" + strings.ReplaceAll(namespace, `\`, "/") + "/" + diskClass
}

// request implements call.
func (c soapCall) request(s *served) []byte {
	body := `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"` +
		` xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"` +
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common"><s:Header>` +
		`<a:To>http://host/wsman</a:To><w:ResourceURI s:mustUnderstand="true">` + diskURI() + `</w:ResourceURI><a:ReplyTo><a:Address s:mustUnderstand="true">` +
		`http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo><a:Action s:mustUnderstand="true">` +
		`http://schemas.xmlsoap.org/ws/2004/09/` + c.action + `</a:Action><w:MaxEnvelopeSize s:mustUnderstand="true">4194304</w:MaxEnvelopeSize>` +
		`<a:MessageID>uuid:1</a:MessageID>` + c.head + `<w:OperationTimeout>PT60S</w:OperationTimeout></s:Header><s:Body>` + c.body + `</s:Body></s:Envelope>`
	return fmt.Appendf(nil, "POST /wsman HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic %s\r\nContent-Type: application/soap+xml;charset=UTF-8\r\nContent-Length: %d\r\n\r\n%s",
		s.address, base64.StdEncoding.EncodeToString([]byte(s.user+":"+s.password)), len(body), body)
}

func (soapCall) failed(answer []byte) bool { return bytes.Contains(answer, []byte("<s:Fault>")) }

func diskSelector(id uint32) string {
	return fmt.Sprintf(`<w:SelectorSet><w:Selector Name="Id">%d</w:Selector></w:SelectorSet>`, id)
}

// diskElement returns an instance of diskClass as an element.
func diskElement(id uint32) (string, error) {
	c, err := diskOf()
	if err != nil {
		return "", err
	}
	inst, err := newDisk(c, id)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("<" + diskClass + ` xmlns="` + diskURI() + `">`)
	for k, p := range c.Properties() {
		v := inst.At(k)
		values := []cim.Value{v}
		if v.Type().IsArray() {
			values = v.Elems()
		}
		for _, v := range values {
			switch {
			case v.IsNull():
				b.WriteString("<" + p.Name() + ` xsi:nil="true"/>`)
			case v.Type() == cim.TypeDatetime:
				b.WriteString("<" + p.Name() + "><cim:CIM_DateTime>" + v.String() + "</cim:CIM_DateTime></" + p.Name() + ">")
			default:
				b.WriteString("<" + p.Name() + ">" + v.String() + "</" + p.Name() + ">")
			}
		}
	}
	b.WriteString("</" + diskClass + ">")
	return b.String(), nil
}

// soapPull measures how long it takes to enumerate 10,000 instances, 1,000 at a
// time: the median.
func soapPull(bar, aim float64) func(context.Context, *Env) (Result, error) {
	return func(ctx context.Context, e *Env) (Result, error) {
		r := Result{Unit: "ms", Bar: bar, Aim: aim}
		return e.timed(ctx, r, (*served).pullAll)
	}
}

// pullBatch is how many instances are pulled at a time.
const pullBatch = 1000

// pullAll enumerates as many instances as were stored at first, there may be more
// now: how many bytes come.
func (s *served) pullAll(w *wire) (total int, err error) {
	c := soapCall{action: soapEnumeration + "Enumerate", body: "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>1000</w:MaxElements></n:Enumerate>"}
	for got := pullBatch; ; got += pullBatch {
		n, err := w.ask(c.request(s), true)
		total += n
		if err != nil || bytes.Contains(w.body[max(0, len(w.body)-200):], []byte(soapEnd)) {
			return total, err
		}
		_, rest, ok := bytes.Cut(w.body, []byte("<n:EnumerationContext>"))
		id, _, _ := bytes.Cut(rest, []byte("<"))
		if !ok {
			return total, fmt.Errorf("%s opens nothing: %.300s", c.action, w.body)
		}
		if got >= int(s.stored) {
			c = soapCall{action: soapEnumeration + "Release", body: "<n:Release><n:EnumerationContext>" + string(id) + "</n:EnumerationContext></n:Release>"}
			_, err := w.ask(c.request(s), false)
			return total, err
		}
		c = soapCall{
			action: soapEnumeration + "Pull",
			body:   "<n:Pull><n:EnumerationContext>" + string(id) + "</n:EnumerationContext><n:MaxElements>1000</n:MaxElements></n:Pull>",
		}
	}
}

// soapBenchmarks are those of WS-Management. Bars and aims come from what other
// servers did on a machine with two cores.
func soapBenchmarks() []Benchmark {
	get := func(_, stored uint32) (call, error) {
		return soapCall{action: soapTransfer + "Get", head: diskSelector(rand.Uint32N(stored))}, nil
	}
	create := func() func(n, stored uint32) (call, error) {
		base := nextIDs.Add(1) << 24
		return func(n, _ uint32) (call, error) {
			inst, err := diskElement(base | n)
			return soapCall{action: soapTransfer + "Create", body: inst}, err
		}
	}
	return []Benchmark{
		{"wsman/get", "Get by 1 client of a server", wireRate(1, 3670, 7340, get)},
		{"wsman/pull", "Enumerate and Pull of 10,000, 1,000 at a time", soapPull(95, 47)},
		{"wsman/create-16", "Create by 16 clients, durable", wireRate(16, 5800, 11_600, create())},
	}
}
