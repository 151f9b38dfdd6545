package wmi

import (
	"openwmi/script/automation"
	"openwmi/scripting"
)

func classObject() *automation.Class {
	return &automation.Class{
		Name: "SWbemObjectEx", Type: (*scripting.Object)(nil), Dynamic: late{},
		Members: []automation.Member{
			m("Put_(flags=0, values=nil)", (*scripting.Object).Put),
			m("PutAsync_(sink, flags=0, values=nil, asyncContext=nil)", (*scripting.Object).PutAsync),
			m("Delete_(flags=0, values=nil)", (*scripting.Object).Delete),
			m("DeleteAsync_(sink, flags=0, values=nil, asyncContext=nil)", (*scripting.Object).DeleteAsync),
			m("Instances_(flags=0x10, values=nil)", (*scripting.Object).Instances),
			m("InstancesAsync_(sink, flags=0, values=nil, asyncContext=nil)", (*scripting.Object).InstancesAsync),
			m("Subclasses_(flags=0x10, values=nil)", (*scripting.Object).Subclasses),
			m("SubclassesAsync_(sink, flags=0, values=nil, asyncContext=nil)", (*scripting.Object).SubclassesAsync),
			m(`Associators_(assocClass="", resultClass="", resultRole="", role="", classesOnly=false, schemaOnly=false, requiredAssocQualifier="", requiredQualifier="", flags=0x10, values=nil)`, (*scripting.Object).Associators),
			m(`AssociatorsAsync_(sink, assocClass="", resultClass="", resultRole="", role="", classesOnly=false, schemaOnly=false, requiredAssocQualifier="", requiredQualifier="", flags=0, values=nil, asyncContext=nil)`, (*scripting.Object).AssociatorsAsync),
			m(`References_(resultClass="", role="", classesOnly=false, schemaOnly=false, requiredQualifier="", flags=0x10, values=nil)`, (*scripting.Object).References),
			m(`ReferencesAsync_(sink, resultClass="", role="", classesOnly=false, schemaOnly=false, requiredQualifier="", flags=0, values=nil, asyncContext=nil)`, (*scripting.Object).ReferencesAsync),
			m("ExecMethod_(methodName, inParameters=nil, flags=0, values=nil)", (*scripting.Object).ExecMethod),
			m("ExecMethodAsync_(sink, methodName, inParameters=nil, flags=0, values=nil, asyncContext=nil)", (*scripting.Object).ExecMethodAsync),
			m("Clone_()", (*scripting.Object).Clone),
			m("GetObjectText_(flags=0)", (*scripting.Object).GetObjectText),
			m("SpawnDerivedClass_(flags=0)", (*scripting.Object).SpawnDerivedClass),
			m("SpawnInstance_(flags=0)", (*scripting.Object).SpawnInstance),
			m("CompareTo_(other, flags=0)", (*scripting.Object).CompareTo),
			m("Qualifiers_", (*scripting.Object).Qualifiers),
			m("Properties_", (*scripting.Object).Properties),
			m("Methods_", (*scripting.Object).Methods),
			m("Derivation_", (*scripting.Object).Derivation),
			m("Path_", (*scripting.Object).Path),
			m("Security_", (*scripting.Object).Security),
			m("Refresh_(flags=0, values=nil)", (*scripting.Object).Refresh),
			m("SystemProperties_", (*scripting.Object).SystemProperties),
			m("GetText_(format, flags=0, values=nil)", (*scripting.Object).GetText),
			m("SetFromText_(text, format, flags=0, values=nil)", (*scripting.Object).SetFromText),
		},
	}
}

// classLastError has the members of objects: those that need a namespace fail.
func classLastError() *automation.Class {
	return &automation.Class{
		Name: "SWbemLastError", Type: (*scripting.LastError)(nil), Dynamic: late{},
		Members: classObject().Members,
	}
}

func classObjectSet() *automation.Class {
	return &automation.Class{
		Name: "SWbemObjectSet", Type: (*scripting.ObjectSet)(nil), Default: "Item", Each: (*scripting.ObjectSet).All,
		Members: []automation.Member{
			m("Item(path, flags=0)", (*scripting.ObjectSet).Item),
			m("Count", (*scripting.ObjectSet).Count),
			m("ItemIndex(index)", (*scripting.ObjectSet).ItemIndex),
			m("Security_", (*scripting.ObjectSet).Security),
		},
	}
}

func classMethod() *automation.Class {
	return &automation.Class{
		Name: "SWbemMethod", Type: (*scripting.Method)(nil), Default: "Name",
		Members: []automation.Member{
			m("Name", (*scripting.Method).Name),
			m("Origin", (*scripting.Method).Origin),
			m("InParameters", (*scripting.Method).InParameters),
			m("OutParameters", (*scripting.Method).OutParameters),
			m("Qualifiers_", (*scripting.Method).Qualifiers),
		},
	}
}

func classMethodSet() *automation.Class {
	return &automation.Class{
		Name: "SWbemMethodSet", Type: (*scripting.MethodSet)(nil), Default: "Item", Each: (*scripting.MethodSet).All,
		Members: []automation.Member{
			m("Item(name, flags=0)", (*scripting.MethodSet).Item),
			m("Count", (*scripting.MethodSet).Count),
		},
	}
}
