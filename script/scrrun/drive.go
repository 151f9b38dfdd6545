package scrrun

import (
	"iter"
	"strings"

	"openwmi/script/automation"
	"openwmi/script/sandbox"
	"openwmi/script/vbscript"
)

// A drive is a Drive: a letter that stands for a folder of the system. What it tells
// about the file system there needs no permission, since it tells of no file. "Drive
// Object"
type drive struct {
	fs     *fileSystem
	letter string
}

// A volume is what the system says about a file system.
type volume struct {
	total, free, available uint64 // bytes; available is what this user may take of free
	system                 string // such as NTFS or ext4
	name                   string
	serial                 uint32
	kind                   int
}

// Kinds of drives. "DriveType Property"
const (
	driveRemovable = 1
	driveFixed     = 2
	driveNetwork   = 3
	driveCDROM     = 4
	driveRAMDisk   = 5
)

var driveClass = &automation.Class{
	Name: "Drive", Type: (*drive)(nil), Default: "Path",
	Members: []automation.Member{
		{Signature: "AvailableSpace", Get: (*drive).availableSpace},
		{Signature: "DriveLetter", Get: (*drive).driveLetter},
		{Signature: "DriveType", Get: (*drive).driveType},
		{Signature: "FileSystem", Get: (*drive).fileSystem},
		{Signature: "FreeSpace", Get: (*drive).freeSpace},
		{Signature: "IsReady", Get: (*drive).isReady},
		{Signature: "Path", Get: (*drive).path},
		{Signature: "RootFolder", Get: (*drive).rootFolder},
		{Signature: "SerialNumber", Get: (*drive).serialNumber},
		{Signature: "ShareName", Get: (*drive).shareName},
		{Signature: "TotalSize", Get: (*drive).totalSize},
		{Signature: "VolumeName", Get: (*drive).volumeName, Put: (*drive).setVolumeName},
	},
}

func (d *drive) volume() (volume, error) {
	native, err := d.fs.box.Native(d.letter + `:\`)
	if err != nil {
		return volume{}, err
	}
	v, err := volumeOf(native)
	return v, fail(err, d.path(), 71)
}

func (d *drive) availableSpace() (float64, error) {
	v, err := d.volume()
	return float64(v.available), err
}

func (d *drive) freeSpace() (float64, error) {
	v, err := d.volume()
	return float64(v.free), err
}

func (d *drive) totalSize() (float64, error) {
	v, err := d.volume()
	return float64(v.total), err
}

func (d *drive) driveType() (int, error) {
	v, err := d.volume()
	return v.kind, err
}

func (d *drive) fileSystem() (string, error) {
	v, err := d.volume()
	return v.system, err
}

func (d *drive) serialNumber() (int32, error) {
	v, err := d.volume()
	return int32(v.serial), err
}

func (d *drive) volumeName() (string, error) {
	v, err := d.volume()
	return v.name, err
}

func (d *drive) setVolumeName(string) error {
	e := vbscript.NewError(errPermission, d.path())
	e.Description += ": the name of a file system is not a script's to change"
	return e
}

func (d *drive) isReady() bool {
	_, err := d.volume()
	return err == nil
}

func (d *drive) driveLetter() string { return d.letter }
func (d *drive) path() string        { return d.letter + ":" }
func (d *drive) shareName() string   { return "" } // no drive is a share here
func (d *drive) rootFolder() *folder { return &folder{item{d.fs, d.letter + `:\`}} }

// letters returns the letters of the drives.
func (f *fileSystem) letters() []string {
	if l := f.box.Letters(); len(l) > 0 {
		return l
	}
	return systemLetters()
}

// letter returns the letter of a drive that is named as c, c: or c:\, else "".
func letter(spec string) string {
	spec = strings.TrimRight(spec, `\/`)
	if len(spec) == 1 {
		spec += ":"
	}
	if v := sandbox.Volume(spec); v == spec {
		return strings.ToUpper(strings.TrimSuffix(v, ":"))
	}
	return ""
}

// getDrive returns a drive: error 5 for what names none, 68 for one that is not there.
// "GetDrive Method"
func (f *fileSystem) getDrive(spec string) (*drive, error) {
	name := letter(spec)
	if name == "" {
		return nil, vbscript.NewError(errArgument, spec)
	}
	for _, l := range f.letters() {
		if l == name {
			return &drive{f, l}, nil
		}
	}
	return nil, vbscript.NewError(errNoDrive, spec)
}

func (f *fileSystem) driveExists(spec string) bool {
	if v := sandbox.Volume(spec); v != "" {
		spec = v
	}
	_, err := f.getDrive(spec)
	return err == nil
}

// Drives are all drives. "Drives Collection"
type drives struct{ fs *fileSystem }

var drivesClass = &automation.Class{
	Name: "Drives", Type: (*drives)(nil), Default: "Item", Each: (*drives).each,
	Members: []automation.Member{
		{Signature: "Count", Get: (*drives).count},
		{Signature: "Item(key)", Get: (*drives).item},
	},
}

func (f *fileSystem) drives() *drives              { return &drives{f} }
func (c *drives) count() int                       { return len(c.fs.letters()) }
func (c *drives) item(spec string) (*drive, error) { return c.fs.getDrive(spec) }
func (c *drives) each() iter.Seq[*drive] {
	return func(yield func(*drive) bool) {
		for _, l := range c.fs.letters() {
			if !yield(&drive{c.fs, l}) {
				return
			}
		}
	}
}
