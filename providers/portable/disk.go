package portable

import (
	"sync"

	"github.com/shirou/gopsutil/v4/disk"

	"openwmi/cim"
	"openwmi/providers/live"
)

// A volume is a mounted file system.
type volume struct {
	disk.PartitionStat
	usage func() (*disk.UsageStat, error)
}

// networked are the kinds of file systems that are on another computer, and optical
// those of compact discs.
var (
	networked = map[string]bool{"nfs": true, "nfs4": true, "smbfs": true, "cifs": true, "afpfs": true, "webdav": true, "ftp": true}
	optical   = map[string]bool{"cd9660": true, "cddafs": true, "udf": true, "iso9660": true, "CDFS": true, "UDF": true}
)

// driveType is Win32_LogicalDisk.DriveType. What can be taken out is not told from
// what cannot.
func (v *volume) driveType() uint32 {
	switch {
	case networked[v.Fstype]:
		return 4 // Network Drive
	case optical[v.Fstype]:
		return 5 // Compact Disc
	}
	return 3 // Local Disk
}

// driveNames are Description by DriveType, as Windows has them.
var driveNames = map[uint32]string{3: "Local Fixed Disk", 4: "Network Connection", 5: "CD-ROM Disc"}

// LogicalDisks returns the class Win32_LogicalDisk.
func LogicalDisks(o Options) live.Source {
	o = o.complete()
	point := func(v *volume) string { return v.Mountpoint }
	size := func(name string, get func(*disk.UsageStat) uint64) live.Field[volume] {
		return live.Field[volume]{Name: name, Get: func(v *volume) cim.Value {
			u, err := v.usage()
			if err != nil {
				return cim.Value{}
			}
			return cim.Uint64Value(get(u))
		}}
	}
	return &live.Class[volume]{
		Name: "Win32_LogicalDisk",
		All:  list(readVolumes),
		Fields: []live.Field[volume]{
			text("DeviceID", point), text("Name", point), text("Caption", point),
			live.Const[volume]("CreationClassName", cim.StringValue("Win32_LogicalDisk")),
			live.Const[volume]("SystemCreationClassName", cim.StringValue("Win32_ComputerSystem")),
			{Name: "SystemName", Get: func(*volume) cim.Value { return o.computer() }},
			text("Description", func(v *volume) string { return driveNames[v.driveType()] }),
			{Name: "DriveType", Get: func(v *volume) cim.Value { return cim.Uint32Value(v.driveType()) }},
			text("FileSystem", func(v *volume) string { return v.Fstype }),
			text("ProviderName", func(v *volume) string {
				if v.driveType() == 4 {
					return v.Device
				}
				return ""
			}),
			size("Size", func(u *disk.UsageStat) uint64 { return u.Total }),
			size("FreeSpace", func(u *disk.UsageStat) uint64 { return u.Free }),
		},
	}
}

// readVolumes returns the file systems that are no inventions of the kernel. Of
// several that are mounted at one place the last is seen.
func readVolumes() ([]*volume, error) {
	parts, err := disk.Partitions(false)
	if err != nil && len(parts) == 0 {
		return nil, err
	}
	var all []*volume
	at := map[string]int{}
	for _, p := range parts {
		v := &volume{PartitionStat: p}
		v.usage = sync.OnceValues(func() (*disk.UsageStat, error) { return disk.Usage(p.Mountpoint) })
		if i, ok := at[p.Mountpoint]; ok {
			all[i] = v
			continue
		}
		at[p.Mountpoint] = len(all)
		all = append(all, v)
	}
	return all, nil
}
