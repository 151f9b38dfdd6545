package file

import (
	"context"
	"iter"
	"slices"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
)

// key returns the value of the only key in a reference to an instance of one of
// some classes, "" for another reference.
func key(ref string, classes ...string) string {
	p, err := cim.ParsePath(ref)
	if err != nil || len(p.Keys) != 1 {
		return ""
	}
	for _, c := range classes {
		if cim.EqualNames(p.Class, c) {
			return p.Keys[0].Text
		}
	}
	return ""
}

// keys returns the keys in the references that a property has in what a query
// wants, each once: several paths can name one object. Nil if these are not known.
func keys(q *provider.Query, property string, classes ...string) []string {
	refs := texts(q, property)
	if refs == nil {
		return nil
	}
	list := []string{}
	for _, ref := range refs {
		if k := key(ref, classes...); !slices.Contains(list, k) {
			list = append(list, k)
		}
	}
	return list
}

var directoryClasses = []string{ClassDirectory, "CIM_Directory", "CIM_LogicalFile"}

// memberSearch finds what is in directories by the associations that tell that.
func memberSearch(q *provider.Query) *search {
	s := &search{names: keys(q, "PartComponent", append(directoryClasses, ClassDataFile)...)}
	if groups := keys(q, "GroupComponent", directoryClasses...); groups != nil {
		s.paths = []string{}
		for _, name := range groups {
			if isName(name) {
				s.paths = append(s.paths, (&dir{name: name}).path())
			}
		}
	}
	return s
}

// members are directories and what is in them.
func (p *Provider) members(class string, directories bool) *live.Class[object] {
	all := p.all(directories, memberSearch)
	return &live.Class[object]{
		Name: class,
		All: func(ctx context.Context) iter.Seq2[*object, error] {
			return func(yield func(*object, error) bool) {
				for o, err := range all(ctx) {
					if err == nil && o.base == "" { // the root is in nothing
						continue
					}
					if !yield(o, err) {
						return
					}
				}
			}
		},
		Fields: []live.Field[object]{
			{Name: "GroupComponent", Get: func(o *object) cim.Value { return reference(ClassDirectory, "Name", o.dir.name) }},
			{Name: "PartComponent", Get: (*object).reference},
		},
	}
}

func (p *Provider) containsFile() *live.Class[object] {
	return p.members("CIM_DirectoryContainsFile", false)
}

func (p *Provider) subDirectories() *live.Class[object] { return p.members("Win32_SubDirectory", true) }

// rootDirectories are disks and where they are mounted.
func (p *Provider) rootDirectories() *live.Class[object] {
	return &live.Class[object]{
		Name: "Win32_LogicalDiskRootDirectory",
		All: func(ctx context.Context) iter.Seq2[*object, error] {
			return func(yield func(*object, error) bool) {
				c, err := p.begin(ctx)
				if err != nil {
					yield(nil, err)
					return
				}
				points := &search{names: keys(c.query, "PartComponent", directoryClasses...)}
				if points.names == nil {
					points.names = keys(c.query, "GroupComponent", "Win32_LogicalDisk", "CIM_LogicalDisk")
				}
				if points.names == nil {
					points.names = []string{}
					for _, m := range c.mounts {
						points.names = append(points.names, m.Point)
					}
				}
				err = c.run(points, func(o *object) error {
					if m := c.mounts[o.name()]; m == nil || !m.IsDisk() || !o.isDir() || yield(o, nil) {
						return nil
					}
					return errEnough
				})
				if err != nil && err != errEnough {
					yield(nil, err)
				}
			}
		},
		Fields: []live.Field[object]{
			{Name: "GroupComponent", Get: func(o *object) cim.Value { return reference("Win32_LogicalDisk", "DeviceID", o.name()) }},
			{Name: "PartComponent", Get: (*object).reference},
		},
	}
}
