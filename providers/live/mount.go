package live

import (
	"strings"
)

// maxMounts bounds the file of mounts, in bytes: some 100,000 mounts.
const maxMounts = 16 << 20

// A Mount is a mounted file system, or a part of one.
type Mount struct {
	Point    string // where it is
	Root     string // what of the file system that shows
	Kind     string // of file system, such as ext4
	Source   string // the device, or where it is in the network
	ReadOnly bool
}

// Mounts returns what is mounted, in the order in which that happened. The lines
// of the file are
//
//	36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/sda1 rw,errors=continue
//
// with any number of fields before the dash. Where several are mounted at one
// point the last is seen.
func (s *System) Mounts() ([]Mount, error) {
	b, err := ReadFile(s.ProcFile("self", "mountinfo"), maxMounts)
	if err != nil {
		return nil, Unavailable(err)
	}
	var all []Mount
	at := map[string]int{} // point -> index in all
	for line := range strings.Lines(string(b)) {
		before, after, ok := strings.Cut(line, " - ")
		f, g := strings.Fields(before), strings.Fields(after)
		if !ok || len(f) < 6 || len(g) < 3 {
			continue
		}
		m := Mount{
			Point: unescape(f[4]), Root: unescape(f[3]), Kind: g[0], Source: unescape(g[1]),
			ReadOnly: hasOption(f[5], "ro") || hasOption(g[2], "ro"),
		}
		if i, ok := at[m.Point]; ok {
			all[i].Point = "" // hidden
		}
		at[m.Point] = len(all)
		all = append(all, m)
	}
	seen := all[:0]
	for _, m := range all {
		if m.Point != "" {
			seen = append(seen, m)
		}
	}
	return seen, nil
}

// IsNetworked reports whether the file system is on another computer, which may
// take its time or not answer at all.
func (m *Mount) IsNetworked() bool {
	switch m.Kind {
	case "nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "afs", "9p",
		"glusterfs", "fuse.glusterfs", "fuse.sshfs", "lustre":
		return true
	}
	return false
}

// IsDisk reports whether the mount is a file system of its own, on a device or on
// another computer: those that the kernel makes up are not, nor are other views
// of one that is mounted elsewhere. Those of btrfs and zfs have several roots.
func (m *Mount) IsDisk() bool {
	switch {
	case m.Kind == "zfs" || m.IsNetworked():
		return true
	case !strings.HasPrefix(m.Source, "/dev/"):
		return false
	}
	return m.Root == "/" || m.Kind == "btrfs"
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
