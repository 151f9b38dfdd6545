package wmi

import (
	"openwmi/script/automation"
	"openwmi/scripting"
)

func classObjectPath() *automation.Class {
	return &automation.Class{
		Name: "SWbemObjectPath", Type: (*scripting.ObjectPath)(nil), Default: "Path",
		Members: []automation.Member{
			m("Path", (*scripting.ObjectPath).Path, (*scripting.ObjectPath).SetPath),
			m("RelPath", (*scripting.ObjectPath).RelPath, (*scripting.ObjectPath).SetRelPath),
			m("Server", (*scripting.ObjectPath).Server, (*scripting.ObjectPath).SetServer),
			m("Namespace", (*scripting.ObjectPath).Namespace, (*scripting.ObjectPath).SetNamespace),
			m("ParentNamespace", (*scripting.ObjectPath).ParentNamespace),
			m("DisplayName", (*scripting.ObjectPath).DisplayName, (*scripting.ObjectPath).SetDisplayName),
			m("Class", (*scripting.ObjectPath).Class, (*scripting.ObjectPath).SetClass),
			m("IsClass", (*scripting.ObjectPath).IsClass),
			m("SetAsClass()", (*scripting.ObjectPath).SetAsClass),
			m("IsSingleton", (*scripting.ObjectPath).IsSingleton),
			m("SetAsSingleton()", (*scripting.ObjectPath).SetAsSingleton),
			m("Keys", (*scripting.ObjectPath).Keys, (*scripting.ObjectPath).SetKeys),
			m("Security_", (*scripting.ObjectPath).Security),
			m("Locale", (*scripting.ObjectPath).Locale, (*scripting.ObjectPath).SetLocale),
			m("Authority", (*scripting.ObjectPath).Authority, (*scripting.ObjectPath).SetAuthority),
		},
	}
}

func classNamedValueSet() *automation.Class {
	return &automation.Class{
		Name: "SWbemNamedValueSet", Type: (*scripting.NamedValueSet)(nil), Default: "Item", Each: (*scripting.NamedValueSet).All,
		Members: []automation.Member{
			m("Item(name, flags=0)", (*scripting.NamedValueSet).Item),
			m("Count", (*scripting.NamedValueSet).Count),
			m("Add(name, value, flags=0)", (*scripting.NamedValueSet).Add),
			m("Remove(name, flags=0)", (*scripting.NamedValueSet).Remove),
			m("Clone()", (*scripting.NamedValueSet).Clone),
			m("DeleteAll()", (*scripting.NamedValueSet).DeleteAll),
		},
	}
}

func classNamedValue() *automation.Class {
	return &automation.Class{
		Name: "SWbemNamedValue", Type: (*scripting.NamedValue)(nil), Default: "Value",
		Members: []automation.Member{
			m("Value", (*scripting.NamedValue).Value, (*scripting.NamedValue).SetValue),
			m("Name", (*scripting.NamedValue).Name),
		},
	}
}
