package scrrun

import (
	"iter"
	"strings"

	"openwmi/script/automation"
	"openwmi/script/vbscript"
)

// Files and folders are the collections of a folder. They are read anew whenever they
// are asked; a loop sees what was there at its beginning. "Files Collection", "Folders
// Collection"
type (
	files   struct{ f *folder }
	folders struct{ f *folder }
)

var filesClass = &automation.Class{
	Name: "Files", Type: (*files)(nil), Default: "Item", Each: (*files).each,
	Members: []automation.Member{
		{Signature: "Count", Get: (*files).count},
		{Signature: "Item(key)", Get: (*files).item},
	},
}

var foldersClass = &automation.Class{
	Name: "Folders", Type: (*folders)(nil), Default: "Item", Each: (*folders).each,
	Members: []automation.Member{
		{Signature: "Add(name)", Get: (*folders).add},
		{Signature: "Count", Get: (*folders).count},
		{Signature: "Item(key)", Get: (*folders).item},
	},
}

func (c *files) count() (int, error) {
	list, err := c.f.list(false)
	return len(list), err
}

func (c *files) each() (iter.Seq[*file], error) {
	list, err := c.f.list(false)
	return func(yield func(*file) bool) {
		for _, i := range list {
			if !yield(&file{i}) {
				return
			}
		}
	}, err
}

// item returns a file by its name.
func (c *files) item(name string) (*file, error) {
	if name == "" || cutsPath(name) {
		return nil, vbscript.NewError(errArgument, name)
	}
	return c.f.fs.getFile(buildPath(c.f.path, name))
}

func (c *folders) count() (int, error) {
	list, err := c.f.list(true)
	return len(list), err
}

func (c *folders) each() (iter.Seq[*folder], error) {
	list, err := c.f.list(true)
	return func(yield func(*folder) bool) {
		for _, i := range list {
			if !yield(&folder{i}) {
				return
			}
		}
	}, err
}

func (c *folders) item(name string) (*folder, error) {
	if name == "" || cutsPath(name) {
		return nil, vbscript.NewError(errArgument, name)
	}
	return c.f.fs.getFolder(buildPath(c.f.path, name))
}

// add makes a folder. "Add Method (Folders)"
func (c *folders) add(name string) (*folder, error) {
	return c.f.fs.createFolder(buildPath(c.f.path, name))
}

// cutsPath reports whether a name is more than one. A name in a folder of Unix may have a
// backslash, and would lead elsewhere as a part of a path.
func cutsPath(name string) bool {
	return strings.ContainsAny(name, `\/`) || name == "." || name == ".."
}
