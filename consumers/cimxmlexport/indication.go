package cimxmlexport

import (
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// classes are the indications that events of instances become, by the class of
// the event: as DMTF's schema has them, with the properties that are sent.
var classes = sync.OnceValues(func() (map[string]*cim.Class, error) {
	property := func(name string, t cim.Type) cim.PropertyDecl { return cim.PropertyDecl{Name: name, Type: t} }
	var failed error
	derive := func(super *cim.Class, name string, properties ...cim.PropertyDecl) *cim.Class {
		decl := &cim.ClassDecl{Name: name, Properties: properties}
		if super != nil {
			decl.Super = super.Name()
		}
		c, err := cim.Derive(super, decl)
		if err != nil && failed == nil {
			failed = err
		}
		return c
	}
	top := derive(nil, "CIM_Indication", property("IndicationIdentifier", cim.TypeString), property("IndicationTime", cim.TypeDatetime),
		property("SequenceContext", cim.TypeString), property("SequenceNumber", cim.TypeSint64))
	about := derive(top, "CIM_InstIndication", property("SourceInstance", cim.TypeObject),
		property("SourceInstanceModelPath", cim.TypeString), property("SourceInstanceHost", cim.TypeString))
	return map[string]*cim.Class{
		"__INSTANCECREATIONEVENT":     derive(about, "CIM_InstCreation"),
		"__INSTANCEMODIFICATIONEVENT": derive(about, "CIM_InstModification", property("PreviousInstance", cim.TypeObject)),
		"__INSTANCEDELETIONEVENT":     derive(about, "CIM_InstDeletion"),
	}, failed
})

// indication returns what is sent of an event, which belongs to the caller.
func indication(e *provider.Event) (*cim.Instance, error) {
	all, err := classes()
	if err != nil {
		return nil, err
	}
	inst := e.Instance.Clone()
	class := all[cim.Fold(e.Instance.ClassName())]
	if class != nil {
		inst = cim.NewInstance(class)
	}
	set := func(name string, v cim.Value) {
		if k := property(inst, name, v.Type()); k >= 0 && inst.At(k).IsNull() && err == nil {
			err = inst.SetIndex(k, v.Clone())
		}
	}
	get := func(name string) cim.Value { v, _ := e.Instance.Get(name); return v }
	set("IndicationIdentifier", cim.StringValue(e.ID))
	set("IndicationTime", created(get("TIME_CREATED")))
	if class == nil {
		return inst, err
	}
	set("SourceInstance", get("TargetInstance"))
	set("PreviousInstance", get("PreviousInstance"))
	if about := get("TargetInstance").Object(); about != nil {
		if path, ok := cim.RelPath(about); ok {
			if at := about.Origin(); at != nil {
				path.Namespace = at.Namespace
				set("SourceInstanceHost", cim.StringValue(at.Server))
			}
			set("SourceInstanceModelPath", cim.StringValue(path.String()))
		}
	} else if err == nil {
		err = cim.Errorf(wbem.Failed, "the event has no TargetInstance, which a filter must select")
	}
	return inst, err
}

// property returns where an instance has a property of that name and type, -1 if
// it has none: another one of the name means something else.
func property(inst *cim.Instance, name string, t cim.Type) int {
	if p := inst.Class().Property(name); p == nil || p.Type() != t {
		return -1
	}
	return inst.Class().PropertyIndex(name)
}

// created returns a TIME_CREATED, which counts 100 ns since 1601, as a datetime,
// and the time now for none.
func created(v cim.Value) cim.Value {
	at := time.Now().UTC()
	if !v.IsNull() {
		const since1601 = 116444736e9
		at = time.UnixMicro(int64(v.Uint()/10) - since1601/10).UTC()
	}
	d, err := cim.NewDatetime(at)
	if err != nil {
		return cim.Value{}
	}
	return cim.DatetimeValue(d)
}
