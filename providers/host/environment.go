package host

import (
	"context"
	"iter"
	"maps"
	"slices"

	"openwmi/cim"
	"openwmi/providers/live"
)

// A variable is one that every login gets.
type variable struct {
	name, value string
}

// system is the user to whom the variables of the system belong, as on Windows.
const system = "<SYSTEM>"

func variables(sys *live.System) *live.Class[variable] {
	caption := func(v *variable) string { return system + `\` + v.name }
	return &live.Class[variable]{
		Name: "Win32_Environment",
		All: func(context.Context) iter.Seq2[*variable, error] {
			return func(yield func(*variable, error) bool) {
				values := assignments(sys.EtcFile("environment"))
				for _, name := range slices.Sorted(maps.Keys(values)) {
					if !yield(&variable{name, values[name]}, nil) {
						return
					}
				}
			}
		},
		Fields: []live.Field[variable]{
			text("Name", func(v *variable) string { return v.name }),
			live.Const[variable]("UserName", cim.StringValue(system)),
			{Name: "VariableValue", Get: func(v *variable) cim.Value { return cim.StringValue(v.value) }},
			live.Const[variable]("SystemVariable", cim.BoolValue(true)),
			live.Const[variable]("Status", cim.StringValue("OK")),
			text("Caption", caption),
			text("Description", caption),
		},
	}
}
