package wsman

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/internal/xmltree"
)

// fuzzClass has a property of each kind.
func fuzzClass(t testing.TB) *cim.Class {
	decl := &cim.ClassDecl{Name: "C"}
	for name, typ := range map[string]cim.Type{
		"S": cim.TypeString, "N": cim.TypeSint32, "U": cim.TypeUint64, "R": cim.TypeReal64, "B": cim.TypeBoolean, "D": cim.TypeDatetime, "Ref": cim.TypeReference,
		"Ch": cim.TypeChar16, "O": cim.TypeObject, "As": cim.TypeString.ArrayOf(), "Ao": cim.TypeObject.ArrayOf(), "Ad": cim.TypeDatetime.ArrayOf(), "Ab": cim.TypeUint8.ArrayOf(),
	} {
		decl.Properties = append(decl.Properties, cim.PropertyDecl{Name: name, Type: typ})
	}
	c, err := cim.Restore(nil, decl)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const fuzzEnvelope = `<s:Envelope` + prefixes + `><s:Header><a:Action>x</a:Action><w:ResourceURI>` + baseMicrosoft + `root/cimv2/C</w:ResourceURI><w:OperationTimeout>PT1.5S</w:OperationTimeout>` +
	`<w:OptionSet><w:Option Name="a">b</w:Option></w:OptionSet><w:SelectorSet><w:Selector Name="Ref"><a:EndpointReference><a:ReferenceParameters><w:ResourceURI>` + baseDMTF +
	`C</w:ResourceURI><w:SelectorSet><w:Selector Name="S">x</w:Selector></w:SelectorSet></a:ReferenceParameters></a:EndpointReference></w:Selector></w:SelectorSet></s:Header><s:Body><C/></s:Body></s:Envelope>`

// FuzzRequest: what is no request is a fault that can be written.
func FuzzRequest(f *testing.F) {
	f.Add([]byte(fuzzEnvelope))
	f.Add([]byte(`<s:Envelope xmlns:s="` + nsSOAP + `"><s:Body/></s:Envelope>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		r, err := readRequest(document)
		x := &exchange{server: &Server{}, request: r}
		if err == nil {
			err = wbem.NotFound
			_ = pathOf(r.resource, r.selectors).String()
			_ = r.namespace()
		}
		if _, err := xmltree.Parse(x.fault(err)); err != nil {
			t.Errorf("the fault cannot be read: %v", err)
		}
	})
}

// FuzzInstance: what was read can be written, and is the same when that is read.
func FuzzInstance(f *testing.F) {
	class := fuzzClass(f)
	f.Add([]byte(`<C><S>a</S><N>-1</N><U>1</U><R>INF</R><B>true</B><D>P1DT2H</D><Ch>x</Ch><As>1</As><As/><Ab>1</Ab></C>`))
	f.Add([]byte(`<C xmlns:x="urn:x" xmlns:a="` + nsAddressing + `" xmlns:w="` + nsWSMan + `"><O x:type="p:C_Type"><O x:nil="true"/></O><Ao x:type="C"/><Ad><D>2020-01-01T00:00:00Z</D></Ad>` +
		`<Ref><a:ReferenceParameters><w:ResourceURI>` + baseDMTF + `C</w:ResourceURI></a:ReferenceParameters></Ref></C>`))
	r := reader{class: func(name string) (*cim.Class, error) {
		if !cim.EqualNames(name, "C") {
			return nil, wbem.NotFound
		}
		return class, nil
	}}
	f.Fuzz(func(t *testing.T, document []byte) {
		n, err := xmltree.Parse(document)
		if err != nil {
			return
		}
		inst, err := r.instance(n, class)
		if err != nil {
			return
		}
		write := func(inst *cim.Instance) string {
			b := append([]byte("<x"+prefixes+">"), appendInstance(nil, resource{base: baseDMTF}, inst, nil, nil)...)
			return string(append(b, "</x>"...))
		}
		text := write(inst)
		n, err = xmltree.Parse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		again, err := r.instance(n.Children[0], class)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(text, write(again)); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzMakeUp: any answer is an instance or an error.
func FuzzMakeUp(f *testing.F) {
	f.Add([]byte(`<C><S>a</S><S>b</S><O><X>1</X></O><D xmlns="` + nsCIM + `"><Datetime/></D></C>`))
	s := &session{client: &Client{host: "host"}, namespace: "root"}
	f.Fuzz(func(t *testing.T, document []byte) {
		n, err := xmltree.Parse(document)
		if err != nil {
			return
		}
		if inst, err := s.item(n); (inst == nil) == (err == nil) {
			t.Errorf("%v and %v", inst, err)
		}
		_ = readFault(n)
	})
}

// FuzzDuration: what is a duration is the same after it was written.
func FuzzDuration(f *testing.F) {
	for _, text := range []string{"PT60S", "P1DT2H3M4.5S", "P0Y0M0DT0S", "P99999999DT23H59M59.999999S", "P", "PT", "P1Y", "-PT1S"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		us, err := parseMicros(text)
		if err != nil {
			return
		}
		again, err := parseMicros(formatInterval(us))
		if err != nil || us != again || us < 0 {
			t.Errorf("%q is %d and then %d, %v", text, us, again, err)
		}
		if d, err := parseDuration(text); err != nil || d < 0 {
			t.Errorf("%q is %v, %v", text, d, err)
		}
		if _, err := readDatetime(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}

// FuzzResource: a resource is of a class, and so is the URI of that class.
func FuzzResource(f *testing.F) {
	for _, uri := range []string{baseDMTF + "C", baseAll + "*", baseMicrosoft + "root/cimv2/C", "http://intel.com/wbem/wscim/1/amt-schema/1/C", "a/b", "/"} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		r, err := parseResource(uri)
		if err != nil {
			return
		}
		again, err := parseResource(r.of(r.class))
		if err != nil && r.class != "*" || err == nil && again.namespace != r.namespace {
			t.Errorf("%q: %+v, %v", uri, again, err)
		}
	})
}

// FuzzUTF16: what is read is written in the same way again.
func FuzzUTF16(f *testing.F) {
	f.Add("utf-16", []byte("\xFF\xFEa\x00"))
	f.Add("UTF-16BE", []byte("\xD8\x3D\xDC\x01"))
	f.Add("utf-16le", []byte("\x00\xD8"))
	f.Fuzz(func(t *testing.T, charset string, b []byte) {
		text, err := fromUTF16(charset, b)
		if err != nil {
			return
		}
		again, err := fromUTF16("utf-16", toUTF16(text))
		if err != nil || string(again) != string(text) || len(text) > 2*len(b) {
			t.Errorf("%q, then %q, %v", text, again, err)
		}
	})
}
