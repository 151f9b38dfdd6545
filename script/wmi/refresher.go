package wmi

import (
	"openwmi/script/automation"
	"openwmi/scripting"
)

func classRefresher() *automation.Class {
	return &automation.Class{
		Name: "SWbemRefresher", Type: (*scripting.Refresher)(nil), Default: "Item", Each: (*scripting.Refresher).All,
		Members: []automation.Member{
			m("Item(index)", (*scripting.Refresher).Item),
			m("Count", (*scripting.Refresher).Count),
			m("Add(services, instancePath, flags=0, values=nil)", (*scripting.Refresher).Add),
			m("AddEnum(services, class, flags=0, values=nil)", (*scripting.Refresher).AddEnum),
			m("Remove(index, flags=0)", (*scripting.Refresher).Remove),
			m("Refresh(flags=0)", (*scripting.Refresher).Refresh),
			m("AutoReconnect", (*scripting.Refresher).AutoReconnect, (*scripting.Refresher).SetAutoReconnect),
			m("DeleteAll()", (*scripting.Refresher).DeleteAll),
		},
	}
}

func classRefreshableItem() *automation.Class {
	return &automation.Class{
		Name: "SWbemRefreshableItem", Type: (*scripting.RefreshableItem)(nil), Default: "Index",
		Members: []automation.Member{
			m("Index", (*scripting.RefreshableItem).Index),
			m("Refresher", (*scripting.RefreshableItem).Refresher),
			m("IsSet", (*scripting.RefreshableItem).IsSet),
			m("Object", (*scripting.RefreshableItem).Object),
			m("ObjectSet", (*scripting.RefreshableItem).ObjectSet),
			m("Remove(flags=0)", (*scripting.RefreshableItem).Remove),
		},
	}
}
