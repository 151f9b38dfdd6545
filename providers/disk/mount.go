package disk

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"openwmi/providers/live"
)

// maxMounts bounds the file of mounts, in bytes: some 100,000 mounts.
const maxMounts = 16 << 20

// A mount is a mounted file system.
type mount struct {
	sys       *live.System
	point     string
	kind      string // of file system
	source    string // the device, or where it is in the network
	readOnly  bool
	statistic *space // nil until read
}

// A space is what a file system has room for.
type space struct {
	ok           bool
	block        uint64 // bytes
	blocks, free uint64 // free for all users
	nameLength   uint32
}

// networked are the kinds of file systems that are on another computer.
var networked = map[string]bool{
	"nfs": true, "nfs4": true, "cifs": true, "smb3": true, "smbfs": true, "ceph": true, "afs": true, "9p": true,
	"glusterfs": true, "fuse.glusterfs": true, "fuse.sshfs": true, "lustre": true,
}

// mounts returns the file systems, in the order in which they were mounted. The
// lines of the file are
//
//	36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/sda1 rw,errors=continue
//
// with any number of fields before the dash. Where several are mounted at one
// point the last is seen.
func mounts(sys *live.System) ([]*mount, error) {
	b, err := live.ReadFile(sys.ProcFile("self", "mountinfo"), maxMounts)
	if err != nil {
		return nil, live.Unavailable(err)
	}
	var all []*mount
	at := map[string]int{} // point -> index in all
	for line := range strings.Lines(string(b)) {
		before, after, ok := strings.Cut(line, " - ")
		f, g := strings.Fields(before), strings.Fields(after)
		if !ok || len(f) < 6 || len(g) < 3 {
			continue
		}
		m := &mount{
			sys: sys, point: unescape(f[4]), kind: g[0], source: unescape(g[1]),
			readOnly: hasOption(f[5], "ro") || hasOption(g[2], "ro"),
		}
		if i, ok := at[m.point]; ok {
			all[i] = nil
			delete(at, m.point)
		}
		if m.isReal(unescape(f[3])) {
			at[m.point] = len(all)
			all = append(all, m)
		}
	}
	kept := all[:0]
	for _, m := range all {
		if m != nil {
			kept = append(kept, m)
		}
	}
	return kept, nil
}

// isReal reports whether the mount, of what is at root in its file system, is a
// file system of its own. Those of btrfs and zfs have several roots.
func (m *mount) isReal(root string) bool {
	switch {
	case m.kind == "zfs" || networked[m.kind]:
		return true
	case !strings.HasPrefix(m.source, "/dev/"):
		return false
	}
	return root == "/" || m.kind == "btrfs"
}

func hasOption(list, option string) bool {
	for o := range strings.SplitSeq(list, ",") {
		if o == option {
			return true
		}
	}
	return false
}

// unescape undoes \040 and its like: blanks, line ends and backslashes.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && isOctal(s[i+1]) && isOctal(s[i+2]) && isOctal(s[i+3]) {
			b.WriteByte((s[i+1]-'0')<<6 | (s[i+2]-'0')<<3 | (s[i+3] - '0'))
			i += 3
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func isOctal(c byte) bool { return '0' <= c && c <= '7' }

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
	case networked[m.kind]:
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
