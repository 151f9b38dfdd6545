package wbem_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/wbem"
)

func TestErrorObject(t *testing.T) {
	providers, err := cim.Derive(wbem.ErrorObject(wbem.Failed).Class(), &cim.ClassDecl{
		Name: "P1Error", Super: "__ExtendedStatus",
		Properties: []cim.PropertyDecl{{Name: "Hint", Type: cim.TypeString}},
	})
	if err != nil {
		t.Fatal(err)
	}
	object := cim.NewInstance(providers)
	set(t, object, "Description", "the disk is gone")
	set(t, object, "Hint", "look under the table")

	impostor, err := cim.Derive(nil, &cim.ClassDecl{Name: "__ExtendedStatus",
		Properties: []cim.PropertyDecl{{Name: "Operation", Type: cim.TypeUint8.ArrayOf()}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"nil", nil, "none"},
		{"no failure", wbem.STimedout, "none"},
		{
			// async-and-security.md#29
			"object manager", &wbem.Error{Op: "GetObject", Path: `B.Id="9"`, Status: wbem.NotFound, Detail: "there is no such instance"},
			`__ExtendedStatus Description=NULL Operation=GetObject ParameterInfo=B.Id="9" ProviderName=Windows Management StatusCode=2147749890`,
		},
		{
			"wrapped", fmt.Errorf("outer: %w", &wbem.Error{Op: "PutClass", Status: wbem.InvalidSuperclass}),
			`__ExtendedStatus Description=NULL Operation=PutClass ParameterInfo=NULL ProviderName=Windows Management StatusCode=2147749901`,
		},
		{
			"other", errors.New("oops"),
			`__ExtendedStatus Description=NULL Operation=NULL ParameterInfo=NULL ProviderName=Windows Management StatusCode=2147749889`,
		},
		{
			"provider", &wbem.Error{Op: "PutInstance", Status: wbem.VetoPut, Provider: "P1", Detail: "read-only today"},
			`__ExtendedStatus Description=read-only today Operation=PutInstance ParameterInfo=NULL ProviderName=P1 StatusCode=2147750010`,
		},
		{
			// async-and-security.md#31
			"provider's object", &wbem.Error{Op: "PutInstance", Path: "Dyn", Status: wbem.ProviderFailure, Provider: "P1", Object: object},
			`P1Error Description=the disk is gone Hint=look under the table Operation=PutInstance ParameterInfo=Dyn ProviderName=P1 StatusCode=2147749892`,
		},
		{
			"impostor", &wbem.Error{Op: "PutInstance", Status: wbem.Failed, Object: cim.NewInstance(impostor)},
			`__ExtendedStatus Operation=NULL`,
		},
	} {
		got := "none"
		if inst := wbem.ErrorObject(test.err); inst != nil {
			got = inst.ClassName()
			for k, p := range inst.Class().Properties() {
				got += fmt.Sprintf(" %s=%v", p.Name(), inst.At(k))
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	if v, _ := object.Get("ProviderName"); !v.IsNull() {
		t.Error("the provider's own object was changed")
	}
}
