package disk

import (
	"context"
	"iter"

	"openwmi/cim"
	"openwmi/providers/live"
)

// reference returns the path of an object whose key is DeviceID.
func reference(class, id string) cim.Value {
	return cim.ReferenceValue(cim.Path{Class: class, Keys: []cim.Key{cim.NewKey("DeviceID", cim.StringValue(id))}}.String())
}

// driveParts are the drives and their partitions.
func driveParts(all func(context.Context) iter.Seq2[*partition, error]) *live.Class[partition] {
	return &live.Class[partition]{
		Name: "Win32_DiskDriveToDiskPartition",
		All:  all,
		Fields: []live.Field[partition]{
			{Name: "Antecedent", Get: func(p *partition) cim.Value { return reference("Win32_DiskDrive", p.drive.id()) }},
			{Name: "Dependent", Get: func(p *partition) cim.Value { return reference("Win32_DiskPartition", p.id()) }},
		},
	}
}

// A placement is a file system that is on a partition, as not all are: some are on
// a whole disk, or on several.
type placement struct {
	*mount
	part *partition
}

// placements are the file systems on partitions.
func placements(sys *live.System) *live.Class[placement] {
	mounts := allMounts(sys)
	find := partitionByID(sys)
	return &live.Class[placement]{
		Name: "Win32_LogicalDiskToPartition",
		All: func(ctx context.Context) iter.Seq2[*placement, error] {
			return func(yield func(*placement, error) bool) {
				for m, err := range mounts(ctx) {
					if err != nil {
						yield(nil, err)
						return
					}
					if m.deviceName() == "" {
						continue
					}
					parts, err := find(ctx, cim.StringValue(deviceID(m.deviceName())))
					if err != nil {
						yield(nil, err)
						return
					}
					for _, p := range parts {
						if !yield(&placement{m, p}, nil) {
							return
						}
					}
				}
			}
		},
		Fields: []live.Field[placement]{
			{Name: "Antecedent", Get: func(p *placement) cim.Value { return reference("Win32_DiskPartition", p.part.id()) }},
			{Name: "Dependent", Get: func(p *placement) cim.Value { return reference("Win32_LogicalDisk", p.point) }},
			{Name: "StartingAddress", Get: func(p *placement) cim.Value { return cim.Uint64Value(p.part.start()) }},
			{Name: "EndingAddress", Get: func(p *placement) cim.Value {
				if p.part.size() == 0 {
					return cim.Value{}
				}
				return cim.Uint64Value(p.part.start() + p.part.size() - 1)
			}},
		},
	}
}
