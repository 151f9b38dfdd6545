package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"openwmi/cim"
)

// Directories are held by descriptors with which nothing can be done but look for
// names, which needs no right to read them.

// openRoot opens the directory that is /.
func openRoot(name string) (int, error) {
	return retry(func() (int, error) { return unix.Open(name, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0) })
}

// openDir opens a directory in another one. A symbolic link is none.
func openDir(dir int, base string) (int, error) {
	return retry(func() (int, error) {
		return unix.Openat(dir, base, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
}

func closeDir(dir int) { _ = unix.Close(dir) }

// list opens a directory for its names to be read.
func list(dir int) (int, error) {
	return retry(func() (int, error) {
		return unix.Openat(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	})
}

// readEntries reads entries of a directory that list has opened, none at its end, and hands
// them over until use has an error. They come with what they are as far as the file system
// says it, which spares asking for each: a record has the inode in 8 bytes, 8 that do not
// matter, its length in 2, the kind in 1, and the name with a zero behind it. getdents64(2)
func readEntries(list int, buf []byte, use func(entry) error) (n int, err error) {
	for {
		if n, err = unix.ReadDirent(list, buf); err != unix.EINTR {
			break
		}
	}
	if err != nil {
		return 0, err
	}
	for b := buf[:n]; len(b) > 19; {
		length := int(binary.NativeEndian.Uint16(b[16:]))
		name, _, _ := bytes.Cut(b[19:length], []byte{0})
		inode := binary.NativeEndian.Uint64(b)
		e := entry{base: string(name)}
		switch b[18] {
		case unix.DT_DIR:
			e.isDir, e.known = true, true
		case unix.DT_UNKNOWN:
		default:
			e.known = true
		}
		b = b[length:]
		if inode == 0 || e.base == "." || e.base == ".." {
			continue
		}
		if err := use(e); err != nil {
			return n, err
		}
	}
	return n, nil
}

// openSource opens a file to be read, without waiting for the other end of a pipe.
func openSource(dir int, base string) (*os.File, error) {
	return openFile(dir, base, unix.O_RDONLY|unix.O_NONBLOCK, 0)
}

// createFile makes a new file, for nobody else until its mode is set.
func createFile(dir int, base string) (*os.File, error) {
	return openFile(dir, base, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, 0o600)
}

func openFile(dir int, base string, flags int, mode uint32) (*os.File, error) {
	fd, err := retry(func() (int, error) { return unix.Openat(dir, base, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode) })
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), base), nil
}

func remove(dir int, base string, directory bool) error {
	flags := 0
	if directory {
		flags = unix.AT_REMOVEDIR
	}
	return unix.Unlinkat(dir, base, flags)
}

// rename gives a file another name, which nothing has.
func rename(dir int, base string, to int, name string) error {
	return unix.Renameat2(dir, base, to, name, unix.RENAME_NOREPLACE)
}

func retry(open func() (int, error)) (int, error) {
	for {
		fd, err := open()
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// readInfo returns what the system knows of a file in a directory; of the
// directory itself for "".
func readInfo(dir int, base string) (*info, error) {
	var s unix.Statx_t
	flags := unix.AT_SYMLINK_NOFOLLOW | unix.AT_NO_AUTOMOUNT
	if base == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	if err := unix.Statx(dir, base, flags, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &s); err != nil {
		return nil, err
	}
	i := &info{
		perm: s.Mode & 0o777, size: s.Size,
		modified: at(s.Mtime), accessed: at(s.Atime),
		compressed: attribute(&s, unix.STATX_ATTR_COMPRESSED), encrypted: attribute(&s, unix.STATX_ATTR_ENCRYPTED),
	}
	if s.Mask&unix.STATX_BTIME != 0 {
		i.created = at(s.Btime)
	}
	switch s.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		i.kind = directory
	case unix.S_IFREG:
		i.kind = regular
	case unix.S_IFLNK:
		i.kind = "Symbolic Link"
	case unix.S_IFIFO:
		i.kind = "Named Pipe"
	case unix.S_IFSOCK:
		i.kind = "Socket"
	case unix.S_IFBLK:
		i.kind = "Block Device"
	case unix.S_IFCHR:
		i.kind = "Character Device"
	}
	return i, nil
}

func at(t unix.StatxTimestamp) time.Time { return time.Unix(t.Sec, int64(t.Nsec)) }

// attribute is NULL where the file system does not know of it.
func attribute(s *unix.Statx_t, bit uint64) cim.Value {
	if s.Attributes_mask&bit == 0 {
		return cim.Value{}
	}
	return cim.BoolValue(s.Attributes&bit != 0)
}

// may reports whether this process may do with a file what bits of rwx say.
func may(dir int, base string, bits uint32) bool {
	return unix.Faccessat(dir, base, bits, unix.AT_EACCESS|unix.AT_SYMLINK_NOFOLLOW) == nil
}

// hasACL reports whether more than the mode says who may do what with a file in a
// directory, or with the directory itself for "". If that is not known it has.
func hasACL(dir int, base string) bool {
	// What O_PATH has opened has no attributes but by this name.
	name := "/proc/self/fd/" + strconv.Itoa(dir) + "/" + base
	_, err := unix.Lgetxattr(name, "system.posix_acl_access", nil)
	return !errors.Is(err, unix.ENODATA) && !errors.Is(err, unix.ENOTSUP)
}

// isOut reports whether an error of looking at a file says that it is not there, or
// not for this process.
func isOut(err error) bool {
	for _, e := range []unix.Errno{unix.ENOTDIR, unix.ELOOP, unix.ENAMETOOLONG, unix.ESTALE, unix.EIO, unix.EINVAL} {
		if errors.Is(err, e) {
			return true
		}
	}
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
}

// code is what a method returns for an error.
func code(err error) uint32 {
	for _, c := range codes {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return unspecified
}

var codes = []struct {
	err  error
	code uint32
}{
	{unix.ENOTEMPTY, notEmpty}, // before EEXIST, as which it counts too
	{unix.EBUSY, sharingViolation},
	{unix.ETXTBSY, sharingViolation},
	{unix.EXDEV, otherDrive},
	{unix.EROFS, accessDenied},
	{unix.ELOOP, invalidObject},
	{unix.ENOTDIR, invalidObject},
	{unix.EISDIR, invalidObject},
	{unix.ENAMETOOLONG, invalidParameter},
	{unix.EINVAL, invalidParameter}, // a directory into itself
	{fs.ErrPermission, accessDenied},
	{fs.ErrExist, alreadyExists},
	{fs.ErrNotExist, invalidObject},
}
