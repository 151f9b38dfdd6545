package wsman_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/wsman"
)

const (
	mouse = `<p:Animal xmlns:p="` + wmi + `Animal" xsi:type="p:Animal_Type"><p:Name>mouse</p:Name><p:Tags xsi:nil="true"/><p:Tame xsi:nil="true"/><p:Weight>1</p:Weight></p:Animal>`
	rex   = `<p:Dog xmlns:p="` + wmi + `Dog" xsi:type="p:Dog_Type"><p:Born><cim:Datetime>2020-01-02T03:04:05Z</cim:Datetime></p:Born><p:Name>rex</p:Name>` +
		`<p:Tags xsi:nil="true"/><p:Tame xsi:nil="true"/><p:Weight>18446744073709551615</p:Weight></p:Dog>`
	quoted = `<p:Animal xmlns:p="` + wmi + `Animal" xsi:type="p:Animal_Type"><p:Name>a"b,\c</p:Name><p:Tags>x</p:Tags><p:Tags>&lt;&amp;&gt;</p:Tags>` +
		`<p:Tame xsi:nil="true"/><p:Weight>3</p:Weight></p:Animal>`
)

func epr(uri, selectors string) string {
	return "<a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address><a:ReferenceParameters><w:ResourceURI>" + uri +
		"</w:ResourceURI>" + selectors + "</a:ReferenceParameters>"
}

func TestTransfer(t *testing.T) {
	tests := []struct {
		name, action, uri, head, body string
		want                          string
	}{
		{"get", "Get", wmi + "Animal", selectors("Name", "mouse"), "", mouse},
		{"get in another case", "Get", strings.ToLower(wmi) + "animal", selectors("nAME", "MOUSE"), "", strings.Replace(mouse, wmi, strings.ToLower(wmi), 1)},
		{"get of a subclass", "Get", wmi + "Animal", selectors("Name", "rex"), "", rex},
		{"get of DMTF", "Get", dmtf + "Animal", selectors("__cimnamespace", "root/cimv2", "Name", "mouse"), "", strings.Replace(mouse, wmi, dmtf, 1)},
		{"get in the usual namespace", "Get", dmtf + "Animal", selectors("Name", "mouse"), "", strings.Replace(mouse, wmi, dmtf, 1)},
		{"get of a vendor", "Get", "http://intel.com/wbem/wscim/1/amt-schema/1/Animal", selectors("Name", "mouse"), "",
			strings.Replace(mouse, wmi, "http://intel.com/wbem/wscim/1/amt-schema/1/", 1)},
		{"get of a singleton", "Get", wmi + "Settings", "", "", `<p:Settings xmlns:p="` + wmi + `Settings" xsi:type="p:Settings_Type"><p:Level>7</p:Level></p:Settings>`},
		{"get by references", "Get", wmi + "Hunts", `<w:SelectorSet><w:Selector Name="Hunter"><a:EndpointReference>` + epr(wmi+"Dog", selectors("Name", "rex")) +
			`</a:EndpointReference></w:Selector><w:Selector Name="Prey"><a:EndpointReference>` + epr(wmi+"Animal", selectors("Name", "mouse")) + `</a:EndpointReference></w:Selector></w:SelectorSet>`, "",
			`<p:Hunts xmlns:p="` + wmi + `Hunts" xsi:type="p:Hunts_Type"><p:Hunter>` + epr(wmi+"Dog", selectors("__cimnamespace", "root/cimv2", "Name", "rex")) + `</p:Hunter><p:Prey>` +
				epr(wmi+"Animal", selectors("__cimnamespace", "root/cimv2", "Name", "mouse")) + `</p:Prey><p:Where>barn</p:Where></p:Hunts>`},
		{"get a fragment", "Get", wmi + "Animal", selectors("Name", "mouse") + `<w:FragmentTransfer s:mustUnderstand="true">Weight</w:FragmentTransfer>`, "",
			`<w:XmlFragment xmlns:p="` + wmi + `Animal"><p:Weight>1</p:Weight></w:XmlFragment>`},
		{"get a text", "Get", wmi + "Animal", selectors("Name", "mouse") + `<w:FragmentTransfer>/p:Animal/p:Weight/text()</w:FragmentTransfer>`, "",
			`<w:XmlFragment xmlns:p="` + wmi + `Animal">1</w:XmlFragment>`},
		{"get an element", "Get", wmi + "Animal", selectors("Name", `a"b,\c`) + `<w:FragmentTransfer Dialect="http://www.w3.org/TR/1999/REC-xpath-19991116">Tags[2]</w:FragmentTransfer>`, "",
			`<w:XmlFragment xmlns:p="` + wmi + `Animal"><p:Tags>&lt;&amp;&gt;</p:Tags></w:XmlFragment>`},
		{"put", "Put", wmi + "Animal", selectors("Name", "mouse"), `<q:Animal xmlns:q="` + wmi + `Animal"><q:Weight>2</q:Weight><q:Tags>t</q:Tags></q:Animal>`,
			strings.NewReplacer(">1<", ">2<", `<p:Tags xsi:nil="true"/>`, "<p:Tags>t</p:Tags>").Replace(mouse)},
		{"put NULL, with a prefix that is bound to something else", "Put", wmi + "Animal", selectors("Name", "mouse"),
			`<q:Animal xmlns:q="` + wmi + `Animal" xmlns:x="urn:wrong"><q:Tags x:nil="true"/><q:Name>mouse</q:Name></q:Animal>`, strings.Replace(mouse, ">1<", ">2<", 1)},
		{"put a fragment", "Put", wmi + "Animal", selectors("Name", "mouse") + `<w:FragmentTransfer>Tags</w:FragmentTransfer>`,
			`<w:XmlFragment><Tags>a</Tags><Tags>b</Tags></w:XmlFragment>`, `<w:XmlFragment xmlns:p="` + wmi + `Animal"><p:Tags>a</p:Tags><p:Tags>b</p:Tags></w:XmlFragment>`},
		{"put an element", "Put", wmi + "Animal", selectors("Name", "mouse") + `<w:FragmentTransfer>Tags[1]</w:FragmentTransfer>`,
			`<w:XmlFragment><Tags>c</Tags></w:XmlFragment>`, `<w:XmlFragment xmlns:p="` + wmi + `Animal"><p:Tags>c</p:Tags></w:XmlFragment>`},
		{"put one more element", "Put", wmi + "Animal", selectors("Name", "mouse") + `<w:FragmentTransfer>Tags[3]</w:FragmentTransfer>`,
			`<w:XmlFragment><Tags>d</Tags></w:XmlFragment>`, `<w:XmlFragment xmlns:p="` + wmi + `Animal"><p:Tags>d</p:Tags></w:XmlFragment>`},
		{"the elements then", "Get", wmi + "Animal", selectors("Name", "mouse") + `<w:FragmentTransfer>Tags</w:FragmentTransfer>`, "",
			`<w:XmlFragment xmlns:p="` + wmi + `Animal"><p:Tags>c</p:Tags><p:Tags>b</p:Tags><p:Tags>d</p:Tags></w:XmlFragment>`},
		{"put a text", "Put", wmi + "Animal", selectors("Name", "mouse") + `<w:FragmentTransfer>Weight/text()</w:FragmentTransfer>`,
			`<w:XmlFragment>5</w:XmlFragment>`, `<w:XmlFragment xmlns:p="` + wmi + `Animal">5</w:XmlFragment>`},
		{"create", "Create", wmi + "Animal", "", `<Animal xmlns="` + wmi + `Animal"><Name>cat</Name><Tame>true</Tame></Animal>`,
			`<x:ResourceCreated>` + epr(wmi+"Animal", selectors("__cimnamespace", "root/cimv2", "Name", "cat")) + `</x:ResourceCreated>`},
		{"what was created", "Get", wmi + "Animal", selectors("Name", "cat"), "",
			`<p:Animal xmlns:p="` + wmi + `Animal" xsi:type="p:Animal_Type"><p:Name>cat</p:Name><p:Tags xsi:nil="true"/><p:Tame>true</p:Tame><p:Weight>3</p:Weight></p:Animal>`},
		{"delete", "Delete", wmi + "Animal", selectors("Name", "cat"), "", ""},
		{"locales, options and headers nobody knows", "Get", wmi + "Animal",
			selectors("Name", `a"b,\c`) + `<w:Locale xml:lang="de-DE" s:mustUnderstand="false"/><m:DataLocale xmlns:m="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" xml:lang="de-DE" s:mustUnderstand="true"/>` +
				`<m:SessionId xmlns:m="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" s:mustUnderstand="true">uuid:2</m:SessionId><w:OptionSet s:mustUnderstand="true"/>` +
				`<u:Unknown xmlns:u="urn:u">x</u:Unknown><u:Unknown xmlns:u="urn:u">x</u:Unknown>`, "", quoted},
	}
	l := newLab(t, wsman.Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l.t = t
			if diff := cmp.Diff(tt.want, l.ask(transfer+tt.action, tt.uri, tt.head, tt.body)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Values of all types travel both ways in the forms of the binding.
func TestValues(t *testing.T) {
	l := newLab(t, wsman.Options{})
	values := []string{
		`<p:Id>7</p:Id>`, `<p:At><cim:Datetime>2020-01-02T03:04:05.000006Z</cim:Datetime></p:At>`, `<p:S8>-128</p:S8>`, `<p:U8>255</p:U8>`,
		`<p:S64>-9223372036854775808</p:S64>`, `<p:U64>18446744073709551615</p:U64>`, `<p:R32>1.5</p:R32>`, `<p:R64>-INF</p:R64>`, `<p:B>true</p:B>`, `<p:C>é</p:C>`,
		"<p:S> &lt;a&gt; b&amp;c&#13;\n</p:S>", `<p:D><cim:CIM_DateTime>20200102******.******+060</cim:CIM_DateTime></p:D>`,
		`<p:I><cim:Interval>P99999999DT23H59M59.999999S</cim:Interval></p:I>`,
		`<p:Ref>` + epr(wmi+"Animal", selectors("__cimnamespace", "root/cimv2", "Name", "mouse")) + `</p:Ref>`,
		`<p:O xmlns:o="` + wmi + `Point" xsi:type="o:Point_Type"><o:Next xmlns:p="` + wmi + `Point" xsi:type="p:Point_Type"><p:Next xsi:nil="true"/><p:X>3</p:X><p:Y xsi:nil="true"/></o:Next><o:X>1</o:X><o:Y>2</o:Y></p:O>`,
		`<p:Octets>1</p:Octets><p:Octets>2</p:Octets>`, `<p:Bytes>0</p:Bytes>`, `<p:Strings>a</p:Strings><p:Strings></p:Strings>`,
		`<p:Booleans>false</p:Booleans>`, `<p:Reals>NaN</p:Reals>`, `<p:Dates><cim:Datetime>2020-01-02T03:04:05Z</cim:Datetime></p:Dates>`,
		`<p:Objects xmlns:o="` + wmi + `Point" xsi:type="o:Point_Type"><o:Next xsi:nil="true"/><o:X>5</o:X><o:Y>6</o:Y></p:Objects>`,
		`<p:Refs>` + epr(wmi+"Animal", selectors("__cimnamespace", "root/cimv2", "Name", "mouse")) + `</p:Refs>`,
	}
	slices.SortFunc(values, func(a, b string) int { return cim.CompareNames(propertyOf(a), propertyOf(b)) })
	all := strings.Join(values, "") + "</p:Everything>"
	head := `<p:Everything xmlns:p="` + wmi + `Everything" xsi:type="p:Everything_Type">`
	created := l.ask(transfer+"Create", wmi+"Everything", "", head+all)
	key := selectors("__cimnamespace", "root/cimv2", "At", "20200102030405.000006+000", "Id", "7")
	if want := "<x:ResourceCreated>" + epr(wmi+"Everything", key) + "</x:ResourceCreated>"; created != want {
		t.Fatal(cmp.Diff(want, created))
	}
	for _, at := range []string{"20200102030405.000006+000", "2020-01-02T03:04:05.000006Z"} {
		if diff := cmp.Diff(head+all, l.ask(transfer+"Get", wmi+"Everything", selectors("Id", " 7 ", "At", at), "")); diff != "" {
			t.Error(at, diff)
		}
	}
	// Octets as one text; an array without elements cannot be said.
	got := l.ask(transfer+"Put", wmi+"Everything", key, head+"<p:Octets>AwQF</p:Octets><p:Strings>b</p:Strings></p:Everything>")
	if got := between(got, "</p:Objects>", "<p:R32>"); got != "<p:Octets>3</p:Octets><p:Octets>4</p:Octets><p:Octets>5</p:Octets>" {
		t.Error(got)
	}
	// Who sets what was NULL may leave xsi:nil behind.
	l.ask(transfer+"Put", wmi+"Everything", key, head+`<p:S xsi:nil="true"/><p:O xsi:nil="true"/></p:Everything>`)
	got = l.ask(transfer+"Put", wmi+"Everything", key, head+`<p:S xsi:nil="true">x</p:S><p:D xsi:nil="1"> </p:D><p:O xsi:nil="true"><p:X>3</p:X></p:O></p:Everything>`)
	for _, want := range []string{"<p:S>x</p:S>", `<p:D xsi:nil="true"/>`, "<o:X>3</o:X>"} {
		if !strings.Contains(got, want) {
			t.Errorf("without %s: %s", want, got)
		}
	}
}

// propertyOf returns the name of an element.
func propertyOf(element string) string {
	name := between(element, "<p:", ">")
	name, _, _ = strings.Cut(name, " ")
	return name
}

func TestMethods(t *testing.T) {
	point := `<p:P xmlns:o="` + wmi + `Point" xsi:type="o:Point_Type"><o:Next xsi:nil="true"/><o:X>1</o:X><o:Y xsi:nil="true"/></p:P>`
	who := `<p:Who>` + epr(wmi+"Animal", selectors("__cimnamespace", "root/cimv2", "Name", "mouse")) + `</p:Who>`
	tests := []struct{ name, method, uri, head, body, want string }{
		{"static", "Quiet", wmi + "Machine", "", "", `<p:Quiet_OUTPUT xmlns:p="` + wmi + `Machine"></p:Quiet_OUTPUT>`},
		{"all kinds of parameters", "Echo", wmi + "Machine", "",
			`<p:Echo_INPUT xmlns:p="` + wmi + `Machine"><p:Text>a</p:Text><p:Numbers>1</p:Numbers><p:Numbers>2</p:Numbers>` + point + who +
				`<p:When><cim:Interval>P0DT0H0M1S</cim:Interval></p:When></p:Echo_INPUT>`,
			`<p:Echo_OUTPUT xmlns:p="` + wmi + `Machine"><p:Numbers>1</p:Numbers><p:Numbers>2</p:Numbers>` + point +
				`<p:ReturnValue>0</p:ReturnValue><p:Text>a</p:Text><p:When><cim:Interval>P0DT0H0M1S</cim:Interval></p:When>` + who + `</p:Echo_OUTPUT>`},
		{"of an instance", "Start", wmi + "Machine", selectors("Id", "m1"), `<p:Start_INPUT xmlns:p="` + wmi + `Machine"><p:Hard>true</p:Hard></p:Start_INPUT>`,
			`<p:Start_OUTPUT xmlns:p="` + wmi + `Machine"><p:ReturnValue>0</p:ReturnValue></p:Start_OUTPUT>`},
		{"as libmi names the body", "Start", dmtf + "Machine", selectors("Id", "m1"), `<p:Start xmlns:p="` + dmtf + `Parameters"><p:Hard>TRUE</p:Hard></p:Start>`,
			`<p:Start_OUTPUT xmlns:p="` + dmtf + `Machine"><p:ReturnValue>0</p:ReturnValue></p:Start_OUTPUT>`},
		{"without a body, of DMTF", "start", dmtf + "Machine", selectors("Id", "m1"), "",
			`<p:Start_OUTPUT xmlns:p="` + dmtf + `Machine"><p:ReturnValue>0</p:ReturnValue></p:Start_OUTPUT>`},
	}
	l := newLab(t, wsman.Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l.t = t
			if diff := cmp.Diff(tt.want, l.ask(tt.uri+"/"+tt.method, tt.uri, tt.head, tt.body)); diff != "" {
				t.Error(diff)
			}
		})
	}
	l.t = t
	inherited := l.ask(wmi+"Machine/Start", wmi+"SubMachine", selectors("Id", "m2"), "")
	if want := `<p:Start_OUTPUT xmlns:p="` + wmi + `SubMachine"><p:ReturnValue>0</p:ReturnValue></p:Start_OUTPUT>`; inherited != want {
		t.Error(cmp.Diff(want, inherited))
	}
}

func TestFaults(t *testing.T) {
	code := func(s wbem.Status) string { return fmt.Sprint(uint32(s)) }
	get := transfer + "Get"
	named := selectors("Name", "mouse")
	filter := func(dialect, text string) string {
		return `<n:Enumerate><w:Filter Dialect="` + dialect + `">` + text + `</w:Filter></n:Enumerate>`
	}
	tests := []struct {
		name, action, uri, head, body string
		subcode, detail               string
		status                        wbem.Status
	}{
		{"header that must be understood", get, wmi + "Animal", named + `<u:X xmlns:u="urn:u" s:mustUnderstand="true"/>`, "", "", "", wbem.NotSupported},
		{"header twice", get, wmi + "Animal", named + named, "", "a:InvalidMessageInformationHeader", "", wbem.InvalidParameter},
		{"reply elsewhere", get, wmi + "Animal", named, "", "a:InvalidMessageInformationHeader", "", wbem.InvalidParameter},
		{"no action", "", wmi + "Animal", named, "", "a:MessageInformationHeaderRequired", "", wbem.InvalidParameter},
		{"no resource", get, "", named, "", "a:DestinationUnreachable", "InvalidResourceURI", wbem.InvalidParameter},
		{"unknown resource", get, "urn:nothing/x", named, "", "a:DestinationUnreachable", "InvalidResourceURI", wbem.InvalidNamespace},
		{"selectors in the resource", get, wmi + "Animal?Name=mouse", "", "", "a:DestinationUnreachable", "InvalidResourceURI", wbem.InvalidNamespace},
		{"shell", transfer + "Create", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd", "", "", "a:DestinationUnreachable", "InvalidResourceURI", wbem.InvalidNamespace},
		{"unknown namespace", get, "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/nothing/Animal", named, "", "a:DestinationUnreachable", "InvalidResourceURI", wbem.InvalidNamespace},
		{"unknown class", get, wmi + "Nothing", named, "", "a:DestinationUnreachable", "InvalidResourceURI", wbem.InvalidClass},
		{"get of all", get, wmi + "*", named, "", "a:DestinationUnreachable", "InvalidResourceURI", wbem.InvalidClass},
		{"unknown action", transfer + "Move", wmi + "Animal", named, "", "a:ActionNotSupported", "", wbem.NotSupported},
		{"status of an enumeration", enumeration + "GetStatus", wmi + "Animal", "", "", "a:ActionNotSupported", "", wbem.NotSupported},
		{"no instance", get, wmi + "Animal", selectors("Name", "unicorn"), "", "w:InvalidSelectors", "", wbem.NotFound},
		{"delete nothing", transfer + "Delete", wmi + "Animal", selectors("Name", "unicorn"), "", "w:InvalidSelectors", "", wbem.NotFound},
		{"no selectors", get, wmi + "Animal", "", "", "w:InvalidSelectors", "InsufficientSelectors", wbem.InvalidObjectPath},
		{"other selectors", get, wmi + "Animal", selectors("Name", "mouse", "Weight", "1"), "", "w:InvalidSelectors", "UnexpectedSelectors", wbem.InvalidObjectPath},
		{"selector twice", get, wmi + "Animal", selectors("Name", "mouse", "name", "mouse"), "", "w:InvalidSelectors", "DuplicateSelectors", wbem.InvalidObjectPath},
		{"selector of another type", get, wmi + "Everything", selectors("Id", "x", "At", "y"), "", "w:InvalidSelectors", "TypeMismatch", wbem.InvalidObjectPath},
		{"option that must be heeded", get, wmi + "Animal", named + `<w:OptionSet><w:Option Name="x" MustComply="true">1</w:Option></w:OptionSet>`, "", "w:InvalidOptions", "NotSupported", wbem.NotSupported},
		{"small envelope", get, wmi + "Animal", named + `<w:MaxEnvelopeSize>8191</w:MaxEnvelopeSize>`, "", "w:EncodingLimit", "MinimumEnvelopeLimit", wbem.InvalidParameter},
		{"no size", get, wmi + "Animal", named + `<w:MaxEnvelopeSize>x</w:MaxEnvelopeSize>`, "", "a:InvalidMessageInformationHeader", "", wbem.InvalidParameter},
		{"no timeout", get, wmi + "Animal", named + `<w:OperationTimeout>60</w:OperationTimeout>`, "", "w:InvalidParameter", "", wbem.InvalidParameter},
		{"fragment in an unknown dialect", get, wmi + "Animal", named + `<w:FragmentTransfer Dialect="urn:x">Name</w:FragmentTransfer>`, "", "w:FragmentDialectNotSupported", "", wbem.NotSupported},
		{"fragment that is none", get, wmi + "Animal", named + `<w:FragmentTransfer>//*[1]</w:FragmentTransfer>`, "", "w:CannotProcessFilter", "", wbem.InvalidParameter},
		{"fragment that is not there", get, wmi + "Animal", named + `<w:FragmentTransfer>Nothing</w:FragmentTransfer>`, "", "w:CannotProcessFilter", "", wbem.InvalidProperty},
		{"delete a fragment", transfer + "Delete", wmi + "Animal", named + `<w:FragmentTransfer>Name</w:FragmentTransfer>`, "", "w:UnsupportedFeature", "FragmentLevelAccess", wbem.NotSupported},
		{"put no instance", transfer + "Put", wmi + "Animal", named, "", "x:InvalidRepresentation", "MissingValues", wbem.InvalidObject},
		{"put another class", transfer + "Put", wmi + "Animal", named, "<Cat/>", "x:InvalidRepresentation", "InvalidNamespace", wbem.InvalidObject},
		{"put another property", transfer + "Put", wmi + "Animal", named, "<Animal><Legs>4</Legs></Animal>", "x:InvalidRepresentation", "InvalidValues", wbem.InvalidProperty},
		{"put another type", transfer + "Put", wmi + "Animal", named, "<Animal><Weight>-4</Weight></Animal>", "x:InvalidRepresentation", "InvalidValues", wbem.TypeMismatch},
		{"put several", transfer + "Put", wmi + "Animal", named, "<Animal><Weight>4</Weight><Weight>5</Weight></Animal>", "x:InvalidRepresentation", "InvalidValues", wbem.TypeMismatch},
		{"put NULL into an array", transfer + "Put", wmi + "Animal", named, `<Animal><Tags>4</Tags><Tags xsi:nil="true"/></Animal>`, "x:InvalidRepresentation", "InvalidValues", wbem.IllegalNull},
		{"put a key", transfer + "Put", wmi + "Animal", named, "<Animal><Name>rat</Name></Animal>", "x:InvalidRepresentation", "InvalidValues", wbem.InvalidObject},
		{"create again", transfer + "Create", wmi + "Animal", "", "<Animal><Name>mouse</Name></Animal>", "w:AlreadyExists", "", wbem.AlreadyExists},
		{"unknown method", wmi + "Machine/Jump", wmi + "Machine", "", "", "a:ActionNotSupported", "", wbem.InvalidMethod},
		{"method of another class", wmi + "Animal/Start", wmi + "Machine", "", "", "a:ActionNotSupported", "", wbem.InvalidMethod},
		{"method without instance", wmi + "Machine/Start", wmi + "Machine", "", "", "a:ActionNotSupported", "", wbem.InvalidMethod},
		{"method with other parameters", wmi + "Machine/Start", wmi + "Machine", selectors("Id", "m1"), "<Start_INPUT><X/></Start_INPUT>", "w:InvalidParameter", "", wbem.InvalidMethodParameters},
		{"method that fails", wmi + "Machine/Fail", wmi + "Machine", "", "<Fail_INPUT><Code>2147749890</Code></Fail_INPUT>", "w:InvalidSelectors", "", wbem.NotFound},
		{"method of a provider that fails", wmi + "Machine/Fail", wmi + "Machine", "", "<Fail_INPUT><Code>2147749892</Code></Fail_INPUT>", "w:InternalError", "", wbem.ProviderFailure},
		{"unknown dialect", enumeration + "Enumerate", wmi + "*", "", filter("urn:x", "x"), "n:FilterDialectRequestedUnavailable", "", wbem.InvalidQueryType},
		{"no query", enumeration + "Enumerate", wmi + "*", "", filter(wql, "select"), "w:CannotProcessFilter", "", wbem.InvalidQuery},
		{"query for an unknown class", enumeration + "Enumerate", wmi + "*", "", filter(wql, "select * from Nothing"), "a:DestinationUnreachable", "InvalidResourceURI", wbem.InvalidClass},
		{"enumeration of all", enumeration + "Enumerate", wmi + "*", "", "<n:Enumerate/>", "a:DestinationUnreachable", "InvalidResourceURI", wbem.InvalidClass},
		{"EndTo", enumeration + "Enumerate", wmi + "Animal", "", "<n:Enumerate><n:EndTo/></n:Enumerate>", "w:UnsupportedFeature", "AddressingMode", wbem.NotSupported},
		{"mode", enumeration + "Enumerate", wmi + "Animal", "", "<n:Enumerate><w:EnumerationMode>X</w:EnumerationMode></n:Enumerate>", "w:UnsupportedFeature", "EnumerationMode", wbem.NotSupported},
		{"polymorphism", enumeration + "Enumerate", wmi + "Animal", "", "<n:Enumerate><b:PolymorphismMode>X</b:PolymorphismMode></n:Enumerate>", "w:UnsupportedFeature", "PolymorphismModeNotSupported", wbem.NotSupported},
		{"expiration", enumeration + "Enumerate", wmi + "Animal", "", "<n:Enumerate><n:Expires>PT0S</n:Expires></n:Enumerate>", "n:InvalidExpirationTime", "", wbem.InvalidParameter},
		{"maximum", enumeration + "Enumerate", wmi + "Animal", "", "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>0</w:MaxElements></n:Enumerate>", "w:InvalidParameter", "", wbem.InvalidParameter},
		{"pull of nothing", enumeration + "Pull", wmi + "Animal", "", "<n:Pull><n:EnumerationContext>uuid:x</n:EnumerationContext></n:Pull>", "n:InvalidEnumerationContext", "", wbem.InvalidParameter},
		{"pull without body", enumeration + "Pull", wmi + "Animal", "", "", "w:SchemaValidationError", "", wbem.InvalidParameter},
		{"bookmarks", eventing + "Subscribe", wmi + "*", "", "<e:Subscribe><w:SendBookmarks/></e:Subscribe>", "w:UnsupportedFeature", "Bookmarks", wbem.NotSupported},
		{"delivery", eventing + "Subscribe", wmi + "*", "", `<e:Subscribe><e:Delivery Mode="urn:x"/></e:Subscribe>`, "e:DeliveryModeRequestedUnavailable", "", wbem.NotSupported},
		{"destination", eventing + "Subscribe", wmi + "*", "", `<e:Subscribe><e:Delivery><e:NotifyTo><a:Address>http://127.0.0.1:1/</a:Address></e:NotifyTo></e:Delivery></e:Subscribe>`,
			"e:DeliveryModeRequestedUnavailable", "", wbem.AccessDenied},
		{"event filter", eventing + "Subscribe", wmi + "*", "", `<e:Subscribe><e:Delivery Mode="http://schemas.dmtf.org/wbem/wsman/1/wsman/Pull"/></e:Subscribe>`, "e:FilteringRequestedUnavailable", "", wbem.InvalidQuery},
		{"renew nothing", eventing + "Renew", wmi + "*", "<e:Identifier>uuid:x</e:Identifier>", "<e:Renew/>", "e:InvalidMessage", "", wbem.InvalidParameter},
	}
	l := newLab(t, wsman.Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l.t = t
			document := message(tt.action, tt.uri, tt.head, tt.body)
			if tt.name == "reply elsewhere" {
				document = strings.Replace(document, "</a:ReplyTo>", "</a:ReplyTo><a:ReplyTo/>", 1)
			}
			status, answer := l.post(document)
			got := failureOf(status, answer)
			if diff := cmp.Diff(failure{http.StatusInternalServerError, tt.subcode, tt.detail, code(tt.status)}, got); diff != "" {
				t.Errorf("%s\n%s", diff, answer)
			}
			if !strings.Contains(answer, "<a:RelatesTo>uuid:1</a:RelatesTo>") {
				t.Error("the fault does not say which request it answers")
			}
			if tt.subcode == "" && !strings.Contains(answer, `<s:NotUnderstood xmlns:h="urn:u" qname="h:X"/>`) {
				t.Error(answer)
			}
		})
	}
}

// What a provider says of a failure is in the fault, and comes out of it.
func TestExtendedStatus(t *testing.T) {
	l := newLab(t, wsman.Options{})
	_, answer := l.post(message(wmi+"Machine/Explain", wmi+"Machine", "", ""))
	want := `<f:ProviderFault provider="Doer"><f:ExtendedError><p:__ExtendedStatus xmlns:p="` + wmi + `__ExtendedStatus" xsi:type="p:__ExtendedStatus_Type">` +
		`<p:Description>why &lt;it&gt; fails</p:Description></p:__ExtendedStatus></f:ExtendedError></f:ProviderFault>`
	if !strings.Contains(answer, want) {
		t.Error(answer)
	}
	// What only has a status is explained once.
	if text := wbem.Failed.Text(); strings.Count(between(answer, "<s:Reason>", "</s:Reason>"), text) != 1 {
		t.Error(answer)
	}
}

// References in the keys of references are not read without end.
func TestNestedReferences(t *testing.T) {
	l := newLab(t, wsman.Options{})
	text := "x"
	for range 40 {
		text = "<a:EndpointReference>" + epr(wmi+"Hunts", selectors("Hunter", text)) + "</a:EndpointReference>"
	}
	got := failureOf(l.post(message(transfer+"Get", wmi+"Hunts", selectors("Hunter", text), "")))
	if diff := cmp.Diff(failure{500, "w:InvalidSelectors", "", fmt.Sprint(uint32(wbem.QuotaViolation))}, got); diff != "" {
		t.Error(diff)
	}
}

// What is no message at all.
func TestHTTP(t *testing.T) {
	const identify = envelope + `<s:Header/><s:Body><i:Identify xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/></s:Body></s:Envelope>`
	l := newLab(t, wsman.Options{MaxRequest: 4000})
	for _, tt := range []struct {
		name, method, contentType, body string
		want                            int
	}{
		{"get", "GET", "", "", 405},
		{"no type", "POST", "", "<a/>", 500},
		{"no type, from a page", "POST", "", "<a/>", 415},
		{"compressed", "POST", "application/soap+xml", "x", 415},
		{"another type", "POST", "application/json", "{}", 415},
		{"another charset", "POST", "application/soap+xml;charset=koi8-r", "<a/>", 415},
		{"too long", "POST", "application/soap+xml", strings.Repeat(" ", 4001), 413},
		{"no XML", "POST", "application/soap+xml", "x", 500},
		{"no envelope", "POST", "application/soap+xml", "<a/>", 500},
		{"no body", "POST", "application/soap+xml", envelope + "</s:Envelope>", 500},
		{"no header", "POST", "application/soap+xml", envelope + "<s:Body/></s:Envelope>", 500},
		{"padded with zeros", "POST", "application/soap+xml;charset=UTF-8", identify + "\x00\x00", 200},
		{"identify", "POST", `text/xml; charset="UTF-8"`, identify, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), tt.method, l.url, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if tt.contentType != "" {
				r.Header.Set("Content-Type", tt.contentType)
			}
			if tt.name == "compressed" {
				r.Header.Set("Content-Encoding", "gzip")
			}
			if strings.Contains(tt.name, "page") {
				r.Header.Set("Origin", "http://elsewhere")
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != tt.want {
				t.Errorf("status %d, want %d", resp.StatusCode, tt.want)
			}
		})
	}
}

// An answer that is too long is refused, and of a write it is said that it was
// carried out.
func TestEnvelopeLimit(t *testing.T) {
	l := newLab(t, wsman.Options{})
	long := strings.Repeat("x", 9000)
	limit := `<w:MaxEnvelopeSize s:mustUnderstand="true">8192</w:MaxEnvelopeSize>`
	for _, tt := range []struct{ action, head, body, detail string }{
		{"Put", selectors("Name", "mouse"), "<Animal><Tags>" + long + "</Tags></Animal>", "UnreportableSuccess"},
		{"Get", selectors("Name", "mouse"), "", "MaxEnvelopeSizeExceeded"},
	} {
		got := failureOf(l.post(message(transfer+tt.action, wmi+"Animal", tt.head+limit, tt.body)))
		if diff := cmp.Diff(failure{500, "w:EncodingLimit", tt.detail, fmt.Sprint(uint32(wbem.QuotaViolation))}, got); diff != "" {
			t.Error(tt.action, diff)
		}
	}
	if got := l.ask(transfer+"Get", wmi+"Animal", selectors("Name", "mouse"), ""); !strings.Contains(got, long) {
		t.Error("the Put has not happened")
	}
}
