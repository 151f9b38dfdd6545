package cimxml_test

import (
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cim/cimxml"
)

// Classes for servers of others say the bound of an array in the element, keep the
// length of strings, and have no CIMTYPE; what is read of them is the same class.
func TestStrict(t *testing.T) {
	maxLen := func(n int32) cim.Qualifiers {
		return cim.Qualifiers{{Name: "MaxLen", Value: cim.Sint32Value(n), Flavor: cim.ToSubclass}}
	}
	decl := &cim.ClassDecl{
		Name: "C",
		Properties: []cim.PropertyDecl{
			{Name: "Four", Type: cim.TypeUint8.ArrayOf(), Qualifiers: maxLen(4)},
			{Name: "Names", Type: cim.TypeString.ArrayOf(), Qualifiers: maxLen(8)},
			{Name: "One", Type: cim.TypeString, Qualifiers: maxLen(2)},
			{Name: "Beside", Type: cim.TypeObject, Class: "D"},
			{Name: "Any", Type: cim.TypeObject.ArrayOf()},
		},
		Methods: []cim.MethodDecl{{Name: "M", Return: cim.TypeObject, ReturnClass: "D", Parameters: []cim.ParameterDecl{
			{Name: "P", Type: cim.TypeUint16.ArrayOf(), Qualifiers: append(cim.Qualifiers{{Name: "In", Value: cim.BoolValue(true), Flavor: cim.ToSubclass | cim.DisableOverride}}, maxLen(3)...)},
		}}},
	}
	e := &cimxml.Encoder{Qualifiers: true, Strict: true}
	text := string(e.AppendClassDecl(nil, decl))
	if strings.Count(text, "ARRAYSIZE") != 2 || strings.Count(text, "MaxLen") != 2 || strings.Contains(text, "CIMTYPE") {
		t.Errorf("the class is %s", text)
	}
	d := cimxml.NewDecoderBytes([]byte(text))
	d.Embedded = true
	if !d.Next() {
		t.Fatal(d.Err())
	}
	got, _, err := d.ClassDecl()
	if err != nil {
		t.Fatal(err)
	}
	if !cim.EqualDecls(got, decl) {
		t.Errorf("read as %+v", got)
	}
}
