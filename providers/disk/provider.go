package disk

import (
	_ "embed"

	"openwmi/cim"
	"openwmi/providers/live"
)

// Name is that under which MOF registers the provider.
const Name = "OpenWMI_Disk"

// MOF declares the classes of this package in root\cimv2, below those of
// live.MOF, and registers the provider.
//
//go:embed disk.mof
var MOF []byte

// New returns the provider for a system, nil for the one that this process runs
// on.
func New(sys *live.System) *live.Provider {
	if sys == nil {
		sys = &live.System{}
	}
	parts := partitions(sys)
	return live.New(logicalDisks(sys), volumes(sys), drives(sys), parts, driveParts(sys, parts), placements(sys),
		live.Association("Win32_SystemPartitions", parts, live.ToComputer[partition]("GroupComponent", sys), live.To("PartComponent", parts, "DeviceID")))
}

func text[T any](name string, get func(*T) string) live.Field[T] {
	return live.Field[T]{Name: name, Get: func(o *T) cim.Value { return live.Text(get(o)) }}
}

// device are the fields that say what a CIM_LogicalDevice is and where.
func device[T any](sys *live.System, class string, id func(*T) string) []live.Field[T] {
	return []live.Field[T]{
		text("DeviceID", id),
		live.Const[T]("CreationClassName", cim.StringValue(class)),
		live.Const[T]("SystemCreationClassName", cim.StringValue("Win32_ComputerSystem")),
		{Name: "SystemName", Get: func(*T) cim.Value { return sys.ComputerName() }},
	}
}
