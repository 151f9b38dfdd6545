package wmi

import (
	"openwmi/script/automation"
	"openwmi/scripting"
)

func classSecurity() *automation.Class {
	return &automation.Class{
		Name: "SWbemSecurity", Type: (*scripting.Security)(nil),
		Members: []automation.Member{
			m("ImpersonationLevel", (*scripting.Security).ImpersonationLevel, (*scripting.Security).SetImpersonationLevel),
			m("AuthenticationLevel", (*scripting.Security).AuthenticationLevel, (*scripting.Security).SetAuthenticationLevel),
			m("Privileges", (*scripting.Security).Privileges),
		},
	}
}

func classPrivilegeSet() *automation.Class {
	return &automation.Class{
		Name: "SWbemPrivilegeSet", Type: (*scripting.PrivilegeSet)(nil), Default: "Item", Each: (*scripting.PrivilegeSet).All,
		Members: []automation.Member{
			m("Item(id)", (*scripting.PrivilegeSet).Item),
			m("Count", (*scripting.PrivilegeSet).Count),
			m("Add(id, enabled=true)", (*scripting.PrivilegeSet).Add),
			m("AddAsString(name, enabled=true)", (*scripting.PrivilegeSet).AddAsString),
			m("Remove(id)", (*scripting.PrivilegeSet).Remove),
			m("DeleteAll()", (*scripting.PrivilegeSet).DeleteAll),
		},
	}
}

func classPrivilege() *automation.Class {
	return &automation.Class{
		Name: "SWbemPrivilege", Type: (*scripting.Privilege)(nil), Default: "IsEnabled",
		Members: []automation.Member{
			m("IsEnabled", (*scripting.Privilege).IsEnabled, (*scripting.Privilege).SetIsEnabled),
			m("Name", (*scripting.Privilege).Name),
			m("DisplayName", (*scripting.Privilege).DisplayName),
			m("Identifier", (*scripting.Privilege).Identifier),
		},
	}
}
