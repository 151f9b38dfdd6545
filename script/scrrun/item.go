package scrrun

import (
	"io/fs"
	"strings"
	"time"

	"openwmi/script/sandbox"
	"openwmi/script/vbscript"
)

// An item is a file or folder: a path, absolute and as scripts write it. Nothing of it
// is kept open, so that it tells what is there when it is asked.
type item struct {
	fs   *fileSystem
	path string
}

// Attributes. "Attributes Property"
const (
	attrReadOnly  = 1
	attrHidden    = 2
	attrSystem    = 4
	attrDirectory = 16
	attrArchive   = 32
	attrAlias     = 1024
)

// getName returns "" for the top of a drive.
func (i *item) getName() string { return fileName(i.path) }

func (i *item) getDrive() (*drive, error) { return i.fs.getDrive(driveName(i.path)) }

// parent returns nil for the top of a drive.
func (i *item) parent() *folder {
	if up := parentName(i.path); up != "" {
		return &folder{item{i.fs, up}}
	}
	return nil
}

func (i *item) place() (*sandbox.Place, error) {
	p, err := i.fs.box.Readable(self, i.path)
	return p, fail(err, i.path, errPathNotFound)
}

// times asks for a time of the file; dates of scripts have seconds.
func (i *item) times(missing int, which func(sandbox.Times) time.Time) (time.Time, error) {
	p, err := i.place()
	if err != nil {
		return time.Time{}, err
	}
	defer p.Close()
	t, err := p.Times()
	return which(t).Local().Truncate(time.Second), fail(err, i.path, missing)
}

func created(t sandbox.Times) time.Time  { return t.Created }
func accessed(t sandbox.Times) time.Time { return t.Accessed }
func modified(t sandbox.Times) time.Time { return t.Modified }

func (i *item) attributes(missing int) (int, error) {
	p, err := i.place()
	if err != nil {
		return 0, err
	}
	defer p.Close()
	info, err := p.Info()
	if err != nil {
		return 0, fail(err, i.path, missing)
	}
	n := attributesOf(info, p.Hidden())
	if i.fs.box.Link(i.path) {
		n |= attrAlias
	}
	return n, nil
}

func attributesOf(info fs.FileInfo, hidden bool) int {
	n := attrArchive
	if info.IsDir() {
		n = attrDirectory
	}
	if readOnly(info) {
		n |= attrReadOnly
	}
	if hidden {
		n |= attrHidden
	}
	return n
}

// setAttributes changes ReadOnly. Bits that only the system sets are ignored, as
// documented, and so is Archive; the others can't be changed here.
func (i *item) setAttributes(want, missing int) error {
	p, err := i.fs.box.Writable(self, i.path)
	if err != nil {
		return fail(err, i.path, missing)
	}
	defer p.Close()
	info, err := p.Info()
	if err != nil {
		return fail(err, i.path, missing)
	}
	changed := want ^ attributesOf(info, p.Hidden())
	if changed&(attrHidden|attrSystem) != 0 {
		e := vbscript.NewError(errArgument, i.path)
		e.Description += ": a file is hidden by a dot at the beginning of its name here, and none is the system's"
		return e
	}
	if changed&attrReadOnly == 0 {
		return nil
	}
	mode := info.Mode()&(fs.ModePerm|fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky) | 0o200
	if want&attrReadOnly != 0 {
		mode &^= 0o222
	}
	return fail(p.Chmod(mode), i.path, missing)
}

// typeName returns what Windows calls files of a kind that it knows nothing of.
func typeName(path string) string {
	switch ext := strings.ToUpper(extensionName(path)); ext {
	case "":
		return "File"
	case "TXT":
		return "Text Document"
	default:
		return ext + " File"
	}
}
