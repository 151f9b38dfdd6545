package scrrun

import (
	"context"
	"time"

	"openwmi/script/automation"
	"openwmi/script/vbscript"
)

// A file is a File. "File Object"
type file struct{ item }

var fileClass = &automation.Class{
	Name: "File", Type: (*file)(nil), Default: "Path",
	Members: []automation.Member{
		{Signature: "Attributes", Get: (*file).getAttributes, Put: (*file).putAttributes},
		{Signature: "Copy(destination, overwrite=true)", Get: (*file).copy},
		{Signature: "DateCreated", Get: (*file).created},
		{Signature: "DateLastAccessed", Get: (*file).accessed},
		{Signature: "DateLastModified", Get: (*file).modified},
		{Signature: "Delete(force=false)", Get: (*file).delete},
		{Signature: "Drive", Get: (*file).drive},
		{Signature: "Move(destination)", Get: (*file).move},
		{Signature: "Name", Get: (*file).name, Put: (*file).rename},
		{Signature: "OpenAsTextStream(iomode=1, format=0)", Get: (*file).open},
		{Signature: "ParentFolder", Get: (*file).parentFolder},
		{Signature: "Path", Get: (*file).pathOf},
		{Signature: "ShortName", Get: (*file).name},
		{Signature: "ShortPath", Get: (*file).pathOf},
		{Signature: "Size", Get: (*file).size},
		{Signature: "Type", Get: (*file).kind},
	},
}

func (f *file) getAttributes() (int, error)  { return f.attributes(errFileNotFound) }
func (f *file) putAttributes(n int) error    { return f.setAttributes(n, errFileNotFound) }
func (f *file) created() (time.Time, error)  { return f.times(errFileNotFound, created) }
func (f *file) accessed() (time.Time, error) { return f.times(errFileNotFound, accessed) }
func (f *file) modified() (time.Time, error) { return f.times(errFileNotFound, modified) }
func (f *file) drive() (*drive, error)       { return f.getDrive() }
func (f *file) name() string                 { return f.getName() }
func (f *file) parentFolder() *folder        { return f.parent() }
func (f *file) pathOf() string               { return f.path }
func (f *file) kind() string                 { return typeName(f.path) }

func (f *file) delete(force bool) error { return f.fs.deleteOne(f.path, force, false) }

func (f *file) copy(ctx context.Context, destination string, overwrite bool) error {
	return f.fs.copyFiles(ctx, f.path, destination, overwrite)
}

// move moves the file; the object is that of the new path then.
func (f *file) move(ctx context.Context, destination string) error {
	to, err := f.fs.targets(f.path, destination, []string{f.path})
	if err == nil {
		err = f.fs.move(ctx, f.path, to[0], false)
	}
	if err == nil {
		f.path = to[0]
	}
	return err
}

// rename gives the file another name in its folder. "Name Property (FileSystemObject)"
func (f *file) rename(ctx context.Context, name string) error {
	if name == "" || cutsPath(name) {
		return vbscript.NewError(errArgument, name)
	}
	return f.move(ctx, buildPath(parentName(f.path), name))
}

func (f *file) open(mode, format int) (*TextStream, error) {
	return f.fs.openTextFile(f.path, mode, false, format)
}

func (f *file) size() (int64, error) {
	p, err := f.place()
	if err != nil {
		return 0, err
	}
	defer p.Close()
	info, err := p.Info()
	if err != nil {
		return 0, fail(err, f.path, errFileNotFound)
	}
	return info.Size(), nil
}
