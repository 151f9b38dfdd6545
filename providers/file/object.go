package file

import (
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/providers/live"
)

// What FileType is of the two kinds that matter.
const (
	directory = "File Folder"
	regular   = "File"
)

// An info is what the system knows of a file.
type info struct {
	kind                        string // FileType
	perm                        uint16 // rwxrwxrwx
	size                        uint64
	created, modified, accessed time.Time // zero if not known
	compressed, encrypted       cim.Value
}

// An object is a file or directory.
type object struct {
	*info
	dir   *dir   // that it is in; itself for the root
	base  string // "" for the root
	mount *live.Mount
}

func (o *object) isDir() bool { return o.kind == directory }

func (o *object) name() string { return o.dir.path() + o.base }

// path returns the directory that it is in, as Path.
func (o *object) path() cim.Value {
	if o.base == "" {
		return cim.Value{}
	}
	return cim.StringValue(o.dir.path())
}

// split returns a name without and with what is behind its last dot, unless that
// is the first or the last character.
func split(base string) (name, extension string) {
	if i := strings.LastIndexByte(base, '.'); i > 0 && i < len(base)-1 {
		return base[:i], base[i+1:]
	}
	return base, ""
}

func (o *object) fileName() cim.Value {
	name, _ := split(o.base)
	return cim.StringValue(name)
}

func (o *object) extension() cim.Value {
	_, ext := split(o.base)
	return cim.StringValue(ext)
}

// reference returns the path of the object.
func (o *object) reference() cim.Value {
	class := ClassDataFile
	if o.isDir() {
		class = ClassDirectory
	}
	return reference(class, "Name", o.name())
}

func reference(class, key, value string) cim.Value {
	return cim.ReferenceValue(cim.Path{Class: class, Keys: []cim.Key{cim.NewKey(key, cim.StringValue(value))}}.String())
}

// The rights of files that those to read, write and execute consist of:
// FILE_GENERIC_READ and so on.
const (
	readRights    = 0x120089
	writeRights   = 0x120116
	executeRights = 0x1200A0
)

// accessMask returns the rights of the caller: those of this process if it is his,
// else what everyone has.
func (o *object) accessMask() uint32 {
	mask := uint32(0)
	for _, right := range []struct {
		bits uint16
		mask uint32
	}{{4, readRights}, {2, writeRights}, {1, executeRights}} {
		if o.allows(right.bits) {
			mask |= right.mask
		}
	}
	return mask
}

// allows reports whether the caller may do what bits of rwx say.
func (o *object) allows(bits uint16) bool {
	if o.dir.call.own {
		base := o.base
		if base == "" {
			base = "."
		}
		return may(o.dir.fd, base, uint32(bits))
	}
	if bits&2 != 0 && o.mount.ReadOnly {
		return false
	}
	return everyone(o.perm, bits) && !hasACL(o.dir.fd, o.base)
}

// everyone reports whether a mode lets owner, group and others do what bits of
// rwx say: whoever asks is one of them.
func everyone(perm, bits uint16) bool {
	all := bits<<6 | bits<<3 | bits
	return perm&all == all
}
