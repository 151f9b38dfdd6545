package wmi

import (
	"openwmi/script/automation"
	"openwmi/scripting"
)

func classPropertySet() *automation.Class {
	return &automation.Class{
		Name: "SWbemPropertySet", Type: (*scripting.PropertySet)(nil), Default: "Item", Each: (*scripting.PropertySet).All,
		Members: []automation.Member{
			m("Item(name, flags=0)", (*scripting.PropertySet).Item),
			m("Count", (*scripting.PropertySet).Count),
			m("Add(name, t, isArray=false, flags=0)", (*scripting.PropertySet).Add),
			m("Remove(name, flags=0)", (*scripting.PropertySet).Remove),
		},
	}
}

func classProperty() *automation.Class {
	return &automation.Class{
		Name: "SWbemProperty", Type: (*scripting.Property)(nil), Default: "Value",
		Members: []automation.Member{
			m("Value", (*scripting.Property).Value, (*scripting.Property).SetValue),
			m("Name", (*scripting.Property).Name),
			m("IsLocal", (*scripting.Property).IsLocal),
			m("Origin", (*scripting.Property).Origin),
			m("CIMType", (*scripting.Property).CIMType),
			m("Qualifiers_", (*scripting.Property).Qualifiers),
			m("IsArray", (*scripting.Property).IsArray),
		},
	}
}

func classQualifierSet() *automation.Class {
	return &automation.Class{
		Name: "SWbemQualifierSet", Type: (*scripting.QualifierSet)(nil), Default: "Item", Each: (*scripting.QualifierSet).All,
		Members: []automation.Member{
			m("Item(name, flags=0)", (*scripting.QualifierSet).Item),
			m("Count", (*scripting.QualifierSet).Count),
			m("Add(name, value, propagatesToSubclasses=true, propagatesToInstances=true, overridable=true, flags=0)", (*scripting.QualifierSet).Add),
			m("Remove(name, flags=0)", (*scripting.QualifierSet).Remove),
		},
	}
}

func classQualifier() *automation.Class {
	return &automation.Class{
		Name: "SWbemQualifier", Type: (*scripting.Qualifier)(nil), Default: "Value",
		Members: []automation.Member{
			m("Value", (*scripting.Qualifier).Value, (*scripting.Qualifier).SetValue),
			m("Name", (*scripting.Qualifier).Name),
			m("IsLocal", (*scripting.Qualifier).IsLocal),
			m("PropagatesToSubclass", (*scripting.Qualifier).PropagatesToSubclass, (*scripting.Qualifier).SetPropagatesToSubclass),
			m("PropagatesToInstance", (*scripting.Qualifier).PropagatesToInstance, (*scripting.Qualifier).SetPropagatesToInstance),
			m("IsOverridable", (*scripting.Qualifier).IsOverridable, (*scripting.Qualifier).SetIsOverridable),
			m("IsAmended", (*scripting.Qualifier).IsAmended),
		},
	}
}
