package wmi

import (
	"openwmi/script/automation"
	"openwmi/scripting"
)

func classLocator() *automation.Class {
	return &automation.Class{
		Name: "SWbemLocator", Type: (*scripting.Locator)(nil),
		Members: []automation.Member{
			m(`ConnectServer(server=".", namespace="", user="", password="", locale="", authority="", flags=0, values=nil)`, (*scripting.Locator).ConnectServer),
			m("Security_", (*scripting.Locator).Security),
		},
	}
}

func classServices() *automation.Class {
	return &automation.Class{
		Name: "SWbemServicesEx", Type: (*scripting.Services)(nil),
		Members: []automation.Member{
			m(`Get(path="", flags=0, values=nil)`, (*scripting.Services).Get),
			m(`GetAsync(sink, path="", flags=0, values=nil, asyncContext=nil)`, (*scripting.Services).GetAsync),
			m("Delete(path, flags=0, values=nil)", (*scripting.Services).Delete),
			m("DeleteAsync(sink, path, flags=0, values=nil, asyncContext=nil)", (*scripting.Services).DeleteAsync),
			m("InstancesOf(class, flags=0x10, values=nil)", (*scripting.Services).InstancesOf),
			m("InstancesOfAsync(sink, class, flags=0, values=nil, asyncContext=nil)", (*scripting.Services).InstancesOfAsync),
			m(`SubclassesOf(superclass="", flags=0x10, values=nil)`, (*scripting.Services).SubclassesOf),
			m(`SubclassesOfAsync(sink, superclass="", flags=0, values=nil, asyncContext=nil)`, (*scripting.Services).SubclassesOfAsync),
			m(`ExecQuery(query, language="WQL", flags=0x10, values=nil)`, (*scripting.Services).ExecQuery),
			m(`ExecQueryAsync(sink, query, language="WQL", flags=0, values=nil, asyncContext=nil)`, (*scripting.Services).ExecQueryAsync),
			m(`AssociatorsOf(path, assocClass="", resultClass="", resultRole="", role="", classesOnly=false, schemaOnly=false, requiredAssocQualifier="", requiredQualifier="", flags=0x10, values=nil)`, (*scripting.Services).AssociatorsOf),
			m(`AssociatorsOfAsync(sink, path, assocClass="", resultClass="", resultRole="", role="", classesOnly=false, schemaOnly=false, requiredAssocQualifier="", requiredQualifier="", flags=0, values=nil, asyncContext=nil)`, (*scripting.Services).AssociatorsOfAsync),
			m(`ReferencesTo(path, resultClass="", role="", classesOnly=false, schemaOnly=false, requiredQualifier="", flags=0x10, values=nil)`, (*scripting.Services).ReferencesTo),
			m(`ReferencesToAsync(sink, path, resultClass="", role="", classesOnly=false, schemaOnly=false, requiredQualifier="", flags=0, values=nil, asyncContext=nil)`, (*scripting.Services).ReferencesToAsync),
			m(`ExecNotificationQuery(query, language="WQL", flags=0x30, values=nil)`, (*scripting.Services).ExecNotificationQuery),
			m(`ExecNotificationQueryAsync(sink, query, language="WQL", flags=0, values=nil, asyncContext=nil)`, (*scripting.Services).ExecNotificationQueryAsync),
			m("ExecMethod(path, methodName, inParameters=nil, flags=0, values=nil)", (*scripting.Services).ExecMethod),
			m("ExecMethodAsync(sink, path, methodName, inParameters=nil, flags=0, values=nil, asyncContext=nil)", (*scripting.Services).ExecMethodAsync),
			m("Security_", (*scripting.Services).Security),
			m("Put(object, flags=0, values=nil)", (*scripting.Services).Put),
			m("PutAsync(sink, object, flags=0, values=nil, asyncContext=nil)", (*scripting.Services).PutAsync),
		},
	}
}

func classEventSource() *automation.Class {
	return &automation.Class{
		Name: "SWbemEventSource", Type: (*scripting.EventSource)(nil),
		Members: []automation.Member{
			m("NextEvent(timeout=-1)", (*scripting.EventSource).NextEvent),
			m("Security_", (*scripting.EventSource).Security),
		},
	}
}
