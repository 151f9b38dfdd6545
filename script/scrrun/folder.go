package scrrun

import (
	"context"
	"io/fs"
	"time"

	"openwmi/script/automation"
	"openwmi/script/vbscript"
)

// A folder is a Folder. "Folder Object"
type folder struct{ item }

var folderClass = &automation.Class{
	Name: "Folder", Type: (*folder)(nil), Default: "Path",
	Members: []automation.Member{
		{Signature: "Attributes", Get: (*folder).getAttributes, Put: (*folder).putAttributes},
		{Signature: "Copy(destination, overwrite=true)", Get: (*folder).copy},
		{Signature: "CreateTextFile(filename, overwrite=true, unicode=false)", Get: (*folder).createTextFile},
		{Signature: "DateCreated", Get: (*folder).created},
		{Signature: "DateLastAccessed", Get: (*folder).accessed},
		{Signature: "DateLastModified", Get: (*folder).modified},
		{Signature: "Delete(force=false)", Get: (*folder).delete},
		{Signature: "Drive", Get: (*folder).drive},
		{Signature: "Files", Get: (*folder).files},
		{Signature: "IsRootFolder", Get: (*folder).isRoot},
		{Signature: "Move(destination)", Get: (*folder).move},
		{Signature: "Name", Get: (*folder).name, Put: (*folder).rename},
		{Signature: "ParentFolder", Get: (*folder).parentFolder},
		{Signature: "Path", Get: (*folder).pathOf},
		{Signature: "ShortName", Get: (*folder).name},
		{Signature: "ShortPath", Get: (*folder).pathOf},
		{Signature: "Size", Get: (*folder).size},
		{Signature: "SubFolders", Get: (*folder).subFolders},
		{Signature: "Type", Get: (*folder).kind},
	},
}

func (f *folder) getAttributes() (int, error)  { return f.attributes(errPathNotFound) }
func (f *folder) putAttributes(n int) error    { return f.setAttributes(n, errPathNotFound) }
func (f *folder) created() (time.Time, error)  { return f.times(errPathNotFound, created) }
func (f *folder) accessed() (time.Time, error) { return f.times(errPathNotFound, accessed) }
func (f *folder) modified() (time.Time, error) { return f.times(errPathNotFound, modified) }
func (f *folder) drive() (*drive, error)       { return f.getDrive() }
func (f *folder) name() string                 { return f.getName() }
func (f *folder) parentFolder() *folder        { return f.parent() }
func (f *folder) pathOf() string               { return f.path }
func (f *folder) kind() string                 { return "File folder" }
func (f *folder) isRoot() bool                 { return f.getName() == "" }
func (f *folder) files() *files                { return &files{f} }
func (f *folder) subFolders() *folders         { return &folders{f} }

func (f *folder) delete(force bool) error { return f.fs.deleteOne(f.path, force, true) }

func (f *folder) copy(ctx context.Context, destination string, overwrite bool) error {
	return f.fs.copyFolders(ctx, f.path, destination, overwrite)
}

// move moves the folder; the object is that of the new path then.
func (f *folder) move(ctx context.Context, destination string) error {
	to, err := f.fs.targets(f.path, destination, []string{f.path})
	if err == nil {
		err = f.fs.move(ctx, f.path, to[0], true)
	}
	if err == nil {
		f.path = to[0]
	}
	return err
}

func (f *folder) rename(ctx context.Context, name string) error {
	if name == "" || cutsPath(name) || f.isRoot() {
		return vbscript.NewError(errArgument, name)
	}
	return f.move(ctx, buildPath(parentName(f.path), name))
}

func (f *folder) createTextFile(name string, overwrite, wide bool) (*TextStream, error) {
	return f.fs.createTextFile(buildPath(f.path, name), overwrite, wide)
}

// size returns the bytes of all files in the folder and those below it. What links lead
// to is elsewhere and does not count.
func (f *folder) size(ctx context.Context) (int64, error) {
	entries, err := f.entries()
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, e := range entries {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if e.Type()&fs.ModeSymlink != 0 || cutsPath(e.Name()) {
			continue
		}
		var n int64
		below := item{f.fs, buildPath(f.path, e.Name())}
		if e.IsDir() {
			n, err = (&folder{below}).size(ctx)
		} else {
			n, err = (&file{below}).size()
		}
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

func (f *folder) entries() ([]fs.DirEntry, error) {
	p, err := f.place()
	if err != nil {
		return nil, err
	}
	defer p.Close()
	entries, err := p.Entries()
	return entries, fail(err, f.path, errPathNotFound)
}

// list returns the paths of the files or of the folders in the folder, by name.
func (f *folder) list(folders bool) ([]item, error) {
	entries, err := f.entries()
	if err != nil {
		return nil, err
	}
	var out []item
	for _, e := range entries {
		if cutsPath(e.Name()) {
			continue
		}
		path := buildPath(f.path, e.Name())
		is, err := f.fs.isFolder(path, e)
		if err != nil {
			return nil, err
		}
		if is == folders {
			out = append(out, item{f.fs, path})
		}
	}
	return out, nil
}
