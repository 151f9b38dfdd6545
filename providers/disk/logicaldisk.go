package disk

import (
	"context"
	"iter"

	"openwmi/cim"
	"openwmi/providers/live"
)

func allMounts(sys *live.System) func(context.Context) iter.Seq2[*mount, error] {
	return func(context.Context) iter.Seq2[*mount, error] {
		return func(yield func(*mount, error) bool) {
			all, err := mounts(sys)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, m := range all {
				if !yield(m, nil) {
					return
				}
			}
		}
	}
}

// driveNames are Description by DriveType, as Windows has them.
var driveNames = map[uint32]string{2: "Removable Disk", 3: "Local Fixed Disk", 4: "Network Connection", 5: "CD-ROM Disc"}

// sized are the fields that need the file system to answer; NULL if it does not.
func sized(free, length, size string) []live.Field[mount] {
	number := func(name string, get func(*space) cim.Value) live.Field[mount] {
		return live.Field[mount]{Name: name, Get: func(m *mount) cim.Value {
			if s := m.space(); s.ok {
				return get(s)
			}
			return cim.Value{}
		}}
	}
	return []live.Field[mount]{
		number("BlockSize", func(s *space) cim.Value { return cim.Uint64Value(s.block) }),
		number("NumberOfBlocks", func(s *space) cim.Value { return cim.Uint64Value(s.blocks) }),
		number(size, func(s *space) cim.Value { return cim.Uint64Value(s.blocks * s.block) }),
		number(free, func(s *space) cim.Value { return cim.Uint64Value(s.free * s.block) }),
		number(length, func(s *space) cim.Value { return cim.Uint32Value(s.nameLength) }),
	}
}

func (m *mount) access() cim.Value {
	if m.readOnly {
		return cim.Uint16Value(1) // Readable
	}
	return cim.Uint16Value(3) // Read/Write Supported
}

func (m *mount) mountPoint() string { return m.point }

func logicalDisks(sys *live.System) *live.Class[mount] {
	fields := append(device(sys, "Win32_LogicalDisk", (*mount).mountPoint), []live.Field[mount]{
		text("Name", (*mount).mountPoint),
		text("Caption", (*mount).mountPoint),
		text("Description", func(m *mount) string { return driveNames[m.driveType()] }),
		{Name: "DriveType", Get: func(m *mount) cim.Value { return cim.Uint32Value(m.driveType()) }},
		{Name: "MediaType", Get: func(m *mount) cim.Value {
			switch m.driveType() {
			case 2, 5:
				return cim.Uint32Value(11) // Removable media other than floppy
			case 3:
				return cim.Uint32Value(12) // Fixed hard disk media
			}
			return cim.Value{}
		}},
		text("FileSystem", func(m *mount) string { return m.kind }),
		{Name: "Access", Get: (*mount).access},
		text("ProviderName", func(m *mount) string {
			if m.networked {
				return m.source
			}
			return ""
		}),
		text("VolumeName", func(m *mount) string { return m.alias("by-label") }),
		text("VolumeSerialNumber", func(m *mount) string { return m.alias("by-uuid") }),
	}...)
	return &live.Class[mount]{
		Name:   "Win32_LogicalDisk",
		All:    allMounts(sys),
		Fields: append(fields, sized("FreeSpace", "MaximumComponentLength", "Size")...),
	}
}

// volumes are the same file systems, each once, where it was mounted first.
func volumes(sys *live.System) *live.Class[mount] {
	source := func(m *mount) string { return m.source }
	fields := append(device(sys, "Win32_Volume", source), []live.Field[mount]{
		text("Name", (*mount).mountPoint),
		text("Caption", (*mount).mountPoint),
		{Name: "DriveType", Get: func(m *mount) cim.Value { return cim.Uint32Value(m.driveType()) }},
		text("DriveLetter", (*mount).mountPoint),
		text("FileSystem", func(m *mount) string { return m.kind }),
		{Name: "Access", Get: (*mount).access},
		text("Label", func(m *mount) string { return m.alias("by-label") }),
		{Name: "BootVolume", Get: func(m *mount) cim.Value { return cim.BoolValue(m.point == "/") }},
	}...)
	all := allMounts(sys)
	return &live.Class[mount]{
		Name: "Win32_Volume",
		All: func(ctx context.Context) iter.Seq2[*mount, error] {
			return func(yield func(*mount, error) bool) {
				seen := map[string]bool{}
				for m, err := range all(ctx) {
					if err != nil {
						yield(nil, err)
						return
					}
					if !seen[m.source] && !yield(m, nil) {
						return
					}
					seen[m.source] = true
				}
			}
		},
		Fields: append(fields, sized("FreeSpace", "MaximumFileNameLength", "Capacity")...),
	}
}
