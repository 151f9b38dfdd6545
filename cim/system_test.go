package cim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"openwmi/cim"
)

func system(o cim.Object) map[string]string {
	out := map[string]string{}
	for _, name := range cim.SystemProperties {
		v, ok := cim.System(o, name)
		if !ok {
			panic(name)
		}
		if t := cim.SystemType(name); !v.IsNull() && v.Type() != t {
			panic(name + " is a " + v.Type().String())
		}
		out[name] = v.String()
	}
	return out
}

func TestSystemProperties(t *testing.T) {
	at := &cim.Origin{Server: "SRV", Namespace: `root\t`}
	b, err := cim.Derive(nil, class("B", prop("string Id", key), prop("sint32 N")))
	if err != nil {
		t.Fatal(err)
	}
	s := newSchema(t)
	s.classes["B"] = b.At(at)
	s.add(class("D : B", prop("string S")))
	s.add(class("Event", prop("uint64 TIME_CREATED")))
	s.classes["M"], _ = cim.Derive(nil, class("M", method("uint32 F", param("string A", in))))
	d := s.instance("D", "Id", "1")
	stored := d.Clone()
	stored.SetOrigin(at)
	unnamed, err := cim.Derive(nil, &cim.ClassDecl{})
	if err != nil {
		t.Fatal(err)
	}
	parameters := s.class("M").Method("F").Signature(false)
	for _, tc := range []struct {
		name string
		o    cim.Object
		want map[string]string
	}{
		{"a class", s.class("D"), map[string]string{
			"__GENUS": "1", "__CLASS": "D", "__SUPERCLASS": "B", "__DYNASTY": "B", "__RELPATH": "D", "__PROPERTY_COUNT": "3",
			"__DERIVATION": "{B}", "__SERVER": "SRV", "__NAMESPACE": `root\t`, "__PATH": `\\SRV\root\t:D`}},
		{"a stored instance", stored, map[string]string{
			"__GENUS": "2", "__CLASS": "D", "__SUPERCLASS": "B", "__DYNASTY": "B", "__RELPATH": `D.Id="1"`, "__PROPERTY_COUNT": "3",
			"__DERIVATION": "{B}", "__SERVER": "SRV", "__NAMESPACE": `root\t`, "__PATH": `\\SRV\root\t:D.Id="1"`}},
		{"an instance that is not stored", d, map[string]string{
			"__GENUS": "2", "__CLASS": "D", "__SUPERCLASS": "B", "__DYNASTY": "B", "__RELPATH": `D.Id="1"`, "__PROPERTY_COUNT": "3",
			"__DERIVATION": "{B}", "__SERVER": "NULL", "__NAMESPACE": "NULL", "__PATH": "NULL"}},
		{"an instance without key", s.instance("D"), map[string]string{
			"__GENUS": "2", "__CLASS": "D", "__SUPERCLASS": "B", "__DYNASTY": "B", "__RELPATH": "NULL", "__PROPERTY_COUNT": "3",
			"__DERIVATION": "{B}", "__SERVER": "NULL", "__NAMESPACE": "NULL", "__PATH": "NULL"}},
		{"model.md#31 an event", s.instance("Event"), map[string]string{
			"__GENUS": "2", "__CLASS": "Event", "__SUPERCLASS": "NULL", "__DYNASTY": "Event", "__RELPATH": "NULL", "__PROPERTY_COUNT": "1",
			"__DERIVATION": "{}", "__SERVER": "NULL", "__NAMESPACE": "NULL", "__PATH": "NULL"}},
		{"a class without name", unnamed, map[string]string{
			"__GENUS": "1", "__CLASS": "NULL", "__SUPERCLASS": "NULL", "__DYNASTY": "NULL", "__RELPATH": "NULL", "__PROPERTY_COUNT": "0",
			"__DERIVATION": "{}", "__SERVER": "NULL", "__NAMESPACE": "NULL", "__PATH": "NULL"}},
		{"parameters", cim.NewInstance(parameters), map[string]string{
			"__GENUS": "2", "__CLASS": "__PARAMETERS", "__SUPERCLASS": "NULL", "__DYNASTY": "__PARAMETERS", "__RELPATH": "NULL",
			"__PROPERTY_COUNT": "1", "__DERIVATION": "{}", "__SERVER": "NULL", "__NAMESPACE": "NULL", "__PATH": "NULL"}},
	} {
		if diff := cmp.Diff(tc.want, system(tc.o)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	for _, name := range []string{"", "_", "__", "CLASS", "__NOPE", "TIME_CREATED"} {
		if _, ok := cim.System(d, name); ok || cim.SystemType(name) != 0 {
			t.Errorf("%q is a system property", name)
		}
	}
	if v, ok := cim.System(d, "__class"); !ok || v.Text() != "D" {
		t.Error("names of system properties have a case")
	}
}
