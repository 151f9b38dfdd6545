//go:build !linux

package providers

import (
	"openwmi/providers/cpu"
	"openwmi/providers/disk"
	"openwmi/providers/host"
	"openwmi/providers/live"
	"openwmi/providers/network"
	"openwmi/providers/portable"
	"openwmi/providers/process"
)

// standIn puts what is known of a system without /proc in the place of what is read
// there, unless the options say where that is.
func standIn(set map[string]any, o Options) {
	if o.System.Proc != "" {
		return
	}
	p := portable.Options{System: o.System, Control: o.Control}
	for name, classes := range map[string][]live.Source{
		cpu.Name:     {portable.Processors(p)},
		disk.Name:    {portable.LogicalDisks(p)},
		host.Name:    {portable.OperatingSystems(p), portable.Computers(p)},
		network.Name: {portable.Adapters(p), portable.Configurations(p)},
		process.Name: {portable.Processes(p)},
	} {
		set[name].(interface{ Replace(...live.Source) }).Replace(classes...)
	}
}
