package disk

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"openwmi/providers/live"
)

// A mount is a mounted file system.
type mount struct {
	sys       *live.System
	point     string
	kind      string // of file system
	source    string // the device, or where it is in the network
	readOnly  bool
	networked bool   // on another computer
	statistic *space // nil until read
}

// A space is what a file system has room for.
type space struct {
	ok           bool
	block        uint64 // bytes
	blocks, free uint64 // free for all users
	nameLength   uint32
}

// mounts returns the file systems, in the order in which they were mounted.
func mounts(sys *live.System) ([]*mount, error) {
	all, err := sys.Mounts()
	if err != nil {
		return nil, err
	}
	var disks []*mount
	for _, m := range all {
		if m.IsDisk() {
			disks = append(disks, &mount{
				sys: sys, point: m.Point, kind: m.Kind, source: m.Source, readOnly: m.ReadOnly, networked: m.IsNetworked(),
			})
		}
	}
	return disks, nil
}

// space asks the file system, once.
func (m *mount) space() *space {
	if m.statistic == nil {
		m.statistic = readSpace(m.point)
	}
	return m.statistic
}

// driveType is Win32_LogicalDisk.DriveType.
func (m *mount) driveType() uint32 {
	name := m.deviceName()
	switch {
	case m.networked:
		return 4 // Network Drive
	case m.kind == "iso9660" || strings.HasPrefix(name, "sr"):
		return 5 // Compact Disc
	case isRemovable(m.sys, name):
		return 2 // Removable Disk
	}
	return 3 // Local Disk
}

// deviceName returns the name of the device below /sys/class/block, "" if it has
// none. The names below /dev/mapper are links.
func (m *mount) deviceName() string {
	name, ok := strings.CutPrefix(m.source, "/dev/")
	if !ok {
		return ""
	}
	if target, err := os.Readlink(m.sys.DevFile(name)); err == nil {
		name = path.Base(target)
	}
	return strings.ReplaceAll(name, "/", "!")
}

// isRemovable reports whether a disk, or that of a partition, can be taken out.
func isRemovable(sys *live.System, name string) bool {
	if name == "" || name == "." || name == ".." {
		return false
	}
	dir, err := filepath.EvalSymlinks(sys.SysFile("class", "block", name))
	if err != nil {
		return false
	}
	if _, err := os.Stat(filepath.Join(dir, "partition")); err == nil {
		dir = filepath.Dir(dir)
	}
	return live.ReadLine(filepath.Join(dir, "removable")) == "1"
}

// alias returns the name of the link below /dev/disk/by-... to the device.
func (m *mount) alias(by string) string {
	device := m.deviceName()
	if device == "" {
		return ""
	}
	dir := m.sys.DevFile("disk", by)
	names, err := live.ReadNames(dir)
	if err != nil {
		return ""
	}
	for _, name := range names {
		if target, err := os.Readlink(filepath.Join(dir, name)); err == nil && path.Base(target) == path.Base(device) {
			return unhex(name)
		}
	}
	return ""
}

// unhex undoes the escapes that udev puts into names: \x20.
func unhex(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x' {
			high, low := hex(s[i+2]), hex(s[i+3])
			if high >= 0 && low >= 0 {
				b.WriteByte(byte(high<<4 | low))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func hex(c byte) int { return strings.IndexByte("0123456789abcdef", c) }
