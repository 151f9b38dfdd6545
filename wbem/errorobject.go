package wbem

import (
	"errors"
	"sync"

	"openwmi/cim"
)

// extendedStatus is the class of error objects (async-and-security.md 4.1).
var extendedStatus = sync.OnceValue(func() *cim.Class {
	notify := derive(nil, &cim.ClassDecl{
		Name:       "__NotifyStatus",
		Qualifiers: cim.Qualifiers{{Name: "abstract", Value: cim.BoolValue(true)}},
		Properties: []cim.PropertyDecl{{Name: "StatusCode", Type: cim.TypeUint32}},
	})
	return derive(notify, &cim.ClassDecl{
		Name:  "__ExtendedStatus",
		Super: "__NotifyStatus",
		Properties: []cim.PropertyDecl{
			{Name: "Description", Type: cim.TypeString},
			{Name: "Operation", Type: cim.TypeString},
			{Name: "ParameterInfo", Type: cim.TypeString},
			{Name: "ProviderName", Type: cim.TypeString},
		},
	})
})

func derive(super *cim.Class, decl *cim.ClassDecl) *cim.Class {
	c, err := cim.Derive(super, decl)
	if err != nil {
		panic("wbem: " + err.Error())
	}
	return c
}

// noProvider stands for the object manager itself in error objects.
const noProvider = "Windows Management"

// ErrorObject returns the object that describes err to a client: an instance of
// __ExtendedStatus, or of the provider's class derived from it with everything
// that the provider said. It belongs to the caller. It is nil for nil and for a
// status that is no failure.
//
// StatusCode, Operation, ParameterInfo and ProviderName are there as far as they
// are known; Description is the provider's. "__ExtendedStatus class";
// async-and-security.md 4.1
func ErrorObject(err error) *cim.Instance {
	if !StatusOf(err).Failed() {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Status: StatusOf(err)}
	}
	var inst *cim.Instance
	if e.Object != nil && e.Object.Class().IsA("__ExtendedStatus") {
		inst = e.Object.Clone()
	} else {
		inst = cim.NewInstance(extendedStatus())
		if e.Provider != "" {
			fill(inst, "Description", e.Detail)
		}
	}
	if v, _ := inst.Get("StatusCode"); v.IsNull() {
		// A class of a provider may lack what the name promises.
		_ = inst.Set("StatusCode", cim.Uint32Value(uint32(e.Status)))
	}
	if v, _ := inst.Get("ProviderName"); v.IsNull() {
		fill(inst, "ProviderName", noProvider)
	}
	fill(inst, "ProviderName", e.Provider)
	fill(inst, "Operation", e.Op)
	fill(inst, "ParameterInfo", e.Path)
	return inst
}

func fill(inst *cim.Instance, name, text string) {
	if text != "" {
		_ = inst.Set(name, cim.StringValue(text))
	}
}
