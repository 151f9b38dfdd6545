package disk

import (
	"context"
	"iter"

	"openwmi/cim"
	"openwmi/providers/live"
)

// pathOf returns that of an object whose key is DeviceID.
func pathOf(class, id string) cim.Path {
	return cim.Path{Class: class, Keys: []cim.Key{cim.NewKey("DeviceID", cim.StringValue(id))}}
}

func reference(class, id string) cim.Value { return cim.ReferenceValue(pathOf(class, id).String()) }

// driveParts are the drives and their partitions.
func driveParts(sys *live.System, parts *live.Class[partition]) *live.Class[partition] {
	drive := live.Role[partition]{
		Name: "Antecedent",
		Path: func(p *partition) cim.Path { return pathOf("Win32_DiskDrive", p.drive.id()) },
		Find: func(_ context.Context, to cim.Path) ([]*partition, error) {
			if !cim.EqualNames(to.Class, "Win32_DiskDrive") || len(to.Keys) != 1 {
				return nil, nil
			}
			name, ok := deviceName(to.Keys[0].Text)
			if !ok || !isDrive(sys, name) {
				return nil, nil
			}
			var found []*partition
			d := newDrive(sys, name)
			for _, part := range d.parts() {
				found = append(found, &partition{d, part})
			}
			return found, nil
		},
	}
	return live.Association("Win32_DiskDriveToDiskPartition", parts, drive, live.To("Dependent", parts, "DeviceID"))
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
