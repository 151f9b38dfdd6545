package file

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wbem"
)

// maxDepth is how many directories deep an enumeration looks.
const maxDepth = 128

// A search is which files are wanted. What is not known is nil or "".
type search struct {
	names, paths, drives []string
	files, extensions    []string // without regard to case
	prefix               string   // of Name, folded
	directories          bool     // only these, or else none
}

// texts returns the values that a property has in what a query wants, each once.
func texts(q *provider.Query, property string) []string {
	if q == nil {
		return nil
	}
	values, ok := q.Values(property)
	if !ok {
		return nil
	}
	list := []string{}
	for _, v := range values {
		if !slices.Contains(list, v.Text()) {
			list = append(list, v.Text())
		}
	}
	return list
}

// objectSearch returns what is known of the files that a query wants.
func objectSearch(q *provider.Query) *search {
	s := &search{names: texts(q, "Name"), paths: texts(q, "Path"), drives: texts(q, "Drive"), files: texts(q, "FileName"), extensions: texts(q, "Extension")}
	if q == nil {
		return s
	}
	for _, c := range q.Conditions {
		if (cim.EqualNames(c.Property, "Name") || cim.EqualNames(c.Property, "Path")) && c.Low.Type() == cim.TypeString && c.High.Type() == cim.TypeString {
			// Both are initial parts of Name, so the greater is the longer.
			s.prefix = max(s.prefix, common(cim.Fold(c.Low.Text()), cim.Fold(c.High.Text())))
		}
	}
	return s
}

// common returns what two texts both begin with, and so does all between them.
func common(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// below reports whether files with the prefix can be below a directory.
func (s *search) below(name string) bool {
	if s.prefix == "" {
		return true
	}
	name = cim.Fold(name) + "/"
	return strings.HasPrefix(name, s.prefix) || strings.HasPrefix(s.prefix, name)
}

// has reports whether a name in a directory can be one of a file that is wanted.
func (s *search) has(base string) bool {
	name, ext := split(base)
	among := func(list []string, part string) bool {
		return list == nil || slices.ContainsFunc(list, func(s string) bool { return cim.EqualNames(s, part) })
	}
	return among(s.files, name) && among(s.extensions, ext)
}

// wants reports whether an entry of a directory can be what is wanted.
func (s *search) wants(e entry) bool {
	return (!e.known || e.isDir == s.directories) && s.has(e.base)
}

// errEnough is that nobody wants more.
var errEnough = errors.New("enough")

// all yields the objects that a search finds, either the directories or all else.
// Each is good until the next, or, when one is asked for by name, until the call
// ends.
func (p *Provider) all(directories bool, find func(*provider.Query) *search) func(context.Context) iter.Seq2[*object, error] {
	return func(ctx context.Context) iter.Seq2[*object, error] {
		return func(yield func(*object, error) bool) {
			c, err := p.begin(ctx)
			if err == nil {
				s := find(c.query)
				s.directories = directories
				err = c.run(s, func(o *object) error {
					if o.isDir() == directories && !yield(o, nil) {
						return errEnough
					}
					return nil
				})
			}
			if err != nil && err != errEnough {
				yield(nil, err)
			}
		}
	}
}

// visible returns the error with which a call ends because of one for a file.
func (c *call) visible(err error) error {
	switch {
	case err == nil || !isOut(err):
		return err
	case c.named && errors.Is(err, fs.ErrPermission):
		return cim.Errorf(wbem.AccessDenied, "%v", err)
	}
	return nil
}

// run hands what a search finds to use, until that has an error.
func (c *call) run(s *search, use func(*object) error) error {
	switch {
	case s.names != nil:
		for _, name := range s.names {
			if err := c.visible(c.at(name, use)); err != nil {
				return err
			}
		}
	case s.paths != nil:
		for _, name := range s.paths {
			if err := c.visible(c.in(name, s, use)); err != nil {
				return err
			}
		}
	case s.drives != nil:
		for _, name := range s.drives {
			if c.mounts[name] == nil {
				continue
			}
			inside := func(name string) bool { return c.mounts[name] == nil }
			if err := c.visible(c.from(name, s, use, inside)); err != nil {
				return err
			}
		}
	default:
		local := func(name string) bool { m := c.mounts[name]; return m == nil || !m.IsNetworked() && !isServed(m) }
		return c.visible(c.from("/", s, use, local))
	}
	return nil
}

// at hands the object with a name over.
func (c *call) at(name string, use func(*object) error) error {
	o, err := c.lookup(name)
	if err != nil {
		return err
	}
	defer o.dir.close()
	return use(o)
}

// in hands over what is in the directory with a Path.
func (c *call) in(name string, s *search, use func(*object) error) error {
	if !strings.HasSuffix(name, "/") || !isName(path.Clean(name)) || name != "/" && path.Clean(name)+"/" != name {
		return nil
	}
	d, err := c.open(path.Clean(name))
	if err != nil {
		return err
	}
	defer d.close()
	return d.entries(func(e entry) error {
		if !s.wants(e) {
			return nil
		}
		o, err := d.object(e.base)
		if err == nil {
			err = use(o)
		}
		return c.visible(err)
	})
}

// from hands over a directory and all that is below it, as far as enter wants.
func (c *call) from(name string, s *search, use func(*object) error, enter func(name string) bool) error {
	if err := c.at(name, use); err != nil {
		return err
	}
	d, err := c.open(name)
	if err != nil {
		return err
	}
	defer d.close()
	return d.walk(s, use, enter)
}

// walk hands over all that is below d.
func (d *dir) walk(s *search, use func(*object) error, enter func(name string) bool) error {
	return d.call.visible(d.entries(func(e entry) error {
		wanted := s.wants(e)
		if e.known && !e.isDir && !wanted {
			return nil
		}
		o, err := d.unread(e.base)
		if err == nil && (wanted || !e.known) {
			o.info, err = readInfo(d.fd, e.base)
		}
		if err != nil {
			return d.call.visible(err)
		}
		if o.info != nil {
			e.isDir = o.isDir()
		}
		if wanted {
			if err := use(o); err != nil {
				return err
			}
		}
		if name := o.name(); !e.isDir || d.depth == maxDepth || !enter(name) || !s.below(name) {
			return nil
		}
		next, err := d.enter(e.base)
		if err != nil {
			return d.call.visible(err)
		}
		defer next.close()
		return next.walk(s, use, enter)
	}))
}
