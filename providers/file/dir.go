package file

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
	"unicode/utf8"

	"openwmi/providers/live"
)

// maxName is PATH_MAX, without its last byte.
const maxName = 4095

// batch is how many bytes of the entries of a directory are read at once.
const batch = 8 << 10

var batches = sync.Pool{New: func() any { return new([batch]byte) }}

// An entry is a name in a directory and, where the file system says so, what it is of.
type entry struct {
	base         string
	isDir, known bool
}

// A call is one operation of one caller.
type call struct {
	*ask
	ctx    context.Context
	opts   *Options
	own    bool                   // the caller is whom this process runs as
	mounts map[string]*live.Mount // by mount point
}

func (p *Provider) begin(ctx context.Context) (*call, error) {
	mounts, err := p.opts.System.Mounts()
	if err != nil {
		return nil, err
	}
	a := ctx.Value(askKey{}).(*ask)
	c := &call{ask: a, ctx: ctx, opts: &p.opts, own: live.IsSelf(a.request), mounts: map[string]*live.Mount{}}
	for i := range mounts {
		c.mounts[mounts[i].Point] = &mounts[i]
	}
	return c, nil
}

// mountAt returns the file system that a directory is in whose parent is in
// another or the same.
func (c *call) mountAt(name string, parent *live.Mount) *live.Mount {
	if m := c.mounts[name]; m != nil {
		return m
	}
	return parent
}

// isMadeUp reports whether the kernel makes a file system up.
func isMadeUp(m *live.Mount) bool {
	switch m.Kind {
	case "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs",
		"fusectl", "hugetlbfs", "mqueue", "nfsd", "nsfs", "proc", "pstore", "resctrl", "rpc_pipefs", "securityfs",
		"selinuxfs", "smackfs", "sysfs", "tracefs":
		return true
	}
	return false
}

// isServed reports whether a program serves a file system, maybe that of a user who
// is up to something: it may have no end.
func isServed(m *live.Mount) bool { return m.Kind == "fuse" || strings.HasPrefix(m.Kind, "fuse.") }

// see returns an error that is fs.ErrPermission if Options.Visible has one.
func (c *call) see(name string) error {
	if c.opts.Visible == nil {
		return nil
	}
	if err := c.opts.Visible(c.request, name); err != nil {
		return fmt.Errorf("%w: %w", fs.ErrPermission, err)
	}
	return nil
}

// checks reports whether the caller sees only what everyone does.
func (c *call) checks() bool { return c.opts.Visible == nil && !c.own }

// A dir is an open directory.
type dir struct {
	call  *call
	fd    int
	name  string
	mount *live.Mount
	perm  uint16 // if the call checks
	depth int
}

// path returns the name with a slash behind it.
func (d *dir) path() string {
	if d.name == "/" {
		return d.name
	}
	return d.name + "/"
}

func (d *dir) close() {
	if d.call.named {
		d.call.kept = append(d.call.kept, d.fd)
		return
	}
	closeDir(d.fd)
}

func (c *call) root() (*dir, error) {
	fd, err := openRoot(c.opts.Root)
	if err != nil {
		return nil, err
	}
	return (&dir{call: c, fd: fd, name: "/", mount: c.mountAt("/", &live.Mount{})}).checked()
}

// enter opens a directory in d.
func (d *dir) enter(base string) (*dir, error) {
	name := d.path() + base
	m := d.call.mountAt(name, d.mount)
	if m.Kind == "autofs" { // whoever opens it mounts something
		return nil, fs.ErrNotExist
	}
	fd, err := openDir(d.fd, base)
	if err != nil {
		return nil, err
	}
	return (&dir{call: d.call, fd: fd, name: name, mount: m, depth: d.depth + 1}).checked()
}

// checked returns a directory that was just opened if the caller may look for
// names in it, and else closes it.
func (d *dir) checked() (*dir, error) {
	if !d.call.checks() {
		return d, nil
	}
	i, err := readInfo(d.fd, "")
	if err == nil {
		if d.perm = i.perm; everyone(i.perm, 1) && !hasACL(d.fd, "") {
			return d, nil
		}
		err = fmt.Errorf("%w: not everyone may search %s", fs.ErrPermission, d.name)
	}
	d.close()
	return nil, err
}

// open opens the directory with a name, from the root on.
func (c *call) open(name string) (*dir, error) {
	d, err := c.root()
	if err != nil || name == "/" {
		return d, err
	}
	for base := range strings.SplitSeq(name[1:], "/") {
		next, err := d.enter(base)
		d.close()
		if err != nil {
			return nil, err
		}
		d = next
	}
	return d, nil
}

// isName reports whether something can have a text as its Name.
func isName(s string) bool {
	return len(s) <= maxName && strings.HasPrefix(s, "/") && path.Clean(s) == s && !strings.Contains(s, "\x00") && utf8.ValidString(s)
}

// lookup returns the object with a name, whose directory is then to be closed.
func (c *call) lookup(name string) (*object, error) {
	if !isName(name) {
		return nil, fs.ErrNotExist
	}
	in, base := path.Split(name)
	d, err := c.open(path.Clean(in))
	if err != nil {
		return nil, err
	}
	o, err := d.object(base)
	if err != nil {
		d.close()
		return nil, err
	}
	return o, nil
}

// object returns what has a name in d, or d itself, which is the root, for "".
func (d *dir) object(base string) (*object, error) {
	o, err := d.unread(base)
	if err == nil {
		o.info, err = readInfo(d.fd, base)
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

// unread returns an object without its info.
func (d *dir) unread(base string) (*object, error) {
	o := &object{dir: d, base: base}
	name := o.name()
	if o.mount = d.call.mountAt(name, d.mount); isMadeUp(o.mount) {
		return nil, fs.ErrNotExist
	}
	return o, d.call.see(name)
}

// entries hands the entries of d over, in no order, until use has an error.
func (d *dir) entries(use func(entry) error) error {
	if d.call.checks() && !everyone(d.perm, 4) {
		return fmt.Errorf("%w: not everyone may list %s", fs.ErrPermission, d.name)
	}
	if err := d.call.see(d.name); err != nil {
		return err
	}
	f, err := list(d.fd)
	if err != nil {
		return err
	}
	defer closeDir(f)
	buf := batches.Get().(*[batch]byte)
	defer batches.Put(buf)
	for {
		n, err := readEntries(f, buf[:], func(e entry) error {
			if err := d.call.ctx.Err(); err != nil {
				return err
			}
			if utf8.ValidString(e.base) && len(d.path())+len(e.base) <= maxName {
				return use(e)
			}
			return nil
		})
		if err != nil || n == 0 {
			return err
		}
	}
}
