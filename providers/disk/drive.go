package disk

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"openwmi/cim"
	"openwmi/providers/live"
)

// sector is the unit in which /sys gives sizes, whatever the disk has.
const sector = 512

// A drive is a disk: what has a device behind it and is not optical.
type drive struct {
	sys   *live.System
	name  string        // below /sys/block
	index func() uint32 // among all of them, by name
}

func (d *drive) line(elem ...string) string {
	return live.ReadLine(d.sys.SysFile(append([]string{"block", d.name}, elem...)...))
}

// deviceID returns the path of a device. A slash in its name is an exclamation
// mark in /sys.
func deviceID(name string) string { return "/dev/" + strings.ReplaceAll(name, "!", "/") }

// deviceName is the reverse of deviceID.
func deviceName(id string) (string, bool) {
	name, ok := strings.CutPrefix(id, "/dev/")
	name = strings.ReplaceAll(name, "/", "!")
	return name, ok && name != "" && name != "." && name != ".."
}

func isDrive(sys *live.System, name string) bool {
	if strings.HasPrefix(name, "sr") {
		return false
	}
	_, err := os.Stat(sys.SysFile("block", name, "device"))
	return err == nil
}

// listDrives returns the names of all drives, in order.
func listDrives(sys *live.System) ([]string, error) {
	names, err := live.ReadNames(sys.SysFile("block"))
	if err != nil {
		return nil, live.Unavailable(err)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !isDrive(sys, n) })
	slices.Sort(names)
	return names, nil
}

func indexer(sys *live.System, name string) func() uint32 {
	return sync.OnceValue(func() uint32 {
		names, _ := listDrives(sys)
		return uint32(max(slices.Index(names, name), 0))
	})
}

func newDrive(sys *live.System, name string) *drive {
	return &drive{sys: sys, name: name, index: indexer(sys, name)}
}

func (d *drive) id() string { return deviceID(d.name) }

func (d *drive) size() uint64 { return live.Uint(d.line("size")) * sector }

func (d *drive) block() uint64 { return live.Uint(d.line("queue", "logical_block_size")) }

func (d *drive) isRemovable() bool { return d.line("removable") == "1" }

// model returns what the disk calls itself, or else its name.
func (d *drive) model() string {
	if m := d.line("device", "model"); m != "" {
		return m
	}
	return d.name
}

// first returns the first of some files that says anything.
func (d *drive) first(files ...string) string {
	for _, f := range files {
		if s := d.line(strings.Split(f, "/")...); s != "" {
			return s
		}
	}
	return ""
}

// interfaceType returns the bus of the disk, by the words of Windows, which has
// SCSI for virtual disks and NVMe.
func (d *drive) interfaceType() string {
	target, err := filepath.EvalSymlinks(d.sys.SysFile("block", d.name))
	if err != nil {
		return ""
	}
	for elem := range strings.SplitSeq(filepath.ToSlash(target), "/") {
		switch {
		case strings.HasPrefix(elem, "usb"):
			return "USB"
		case strings.HasPrefix(elem, "ata"):
			return "IDE"
		case strings.HasPrefix(elem, "virtio"), strings.HasPrefix(elem, "nvme"), strings.HasPrefix(elem, "host"):
			return "SCSI"
		}
	}
	return ""
}

// address returns one of the four numbers of a SCSI device: host, channel, target
// and unit.
func (d *drive) address(i int) (uint64, bool) {
	target, err := os.Readlink(d.sys.SysFile("block", d.name, "device"))
	parts := strings.Split(filepath.Base(target), ":")
	if err != nil || len(parts) != 4 {
		return 0, false
	}
	return live.Uint(parts[i]), true
}

// parts returns the names of the partitions, in order of their numbers.
func (d *drive) parts() []string {
	names, err := live.ReadNames(d.sys.SysFile("block", d.name))
	if err != nil {
		return nil
	}
	names = slices.DeleteFunc(names, func(n string) bool {
		_, err := os.Stat(d.sys.SysFile("block", d.name, n, "partition"))
		return err != nil || !strings.HasPrefix(n, d.name)
	})
	slices.Sort(names)
	return names
}

func driveByID(sys *live.System) live.Finder[drive] {
	return func(_ context.Context, v cim.Value) ([]*drive, error) {
		name, ok := deviceName(v.Text())
		if !ok || !isDrive(sys, name) {
			return nil, nil
		}
		return []*drive{newDrive(sys, name)}, nil
	}
}

func allDrives(sys *live.System) func(context.Context) iter.Seq2[*drive, error] {
	return func(context.Context) iter.Seq2[*drive, error] {
		return func(yield func(*drive, error) bool) {
			names, err := listDrives(sys)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, name := range names {
				if !yield(newDrive(sys, name), nil) {
					return
				}
			}
		}
	}
}

func drives(sys *live.System) *live.Class[drive] {
	address := func(name string, i int, value func(uint64) cim.Value) live.Field[drive] {
		return live.Field[drive]{Name: name, Get: func(d *drive) cim.Value {
			if n, ok := d.address(i); ok {
				return value(n)
			}
			return cim.Value{}
		}}
	}
	u16 := func(n uint64) cim.Value { return cim.Uint16Value(uint16(n)) }
	fields := append(device(sys, "Win32_DiskDrive", (*drive).id), []live.Field[drive]{
		text("Name", (*drive).id),
		text("Model", (*drive).model),
		text("Caption", (*drive).model),
		live.Const[drive]("Description", cim.StringValue("Disk drive")),
		live.Const[drive]("Status", cim.StringValue("OK")),
		text("Manufacturer", func(d *drive) string { return d.line("device", "vendor") }),
		text("SerialNumber", func(d *drive) string { return d.first("serial", "device/serial") }),
		text("FirmwareRevision", func(d *drive) string { return d.first("device/firmware_rev", "device/rev") }),
		text("InterfaceType", (*drive).interfaceType),
		{Name: "Index", Get: func(d *drive) cim.Value { return cim.Uint32Value(d.index()) }},
		{Name: "Size", Get: func(d *drive) cim.Value { return cim.Uint64Value(d.size()) }},
		{Name: "MediaLoaded", Get: func(d *drive) cim.Value { return cim.BoolValue(d.size() > 0) }},
		{Name: "BytesPerSector", Get: func(d *drive) cim.Value {
			if b := d.block(); b > 0 {
				return cim.Uint32Value(uint32(b))
			}
			return cim.Value{}
		}},
		{Name: "TotalSectors", Get: func(d *drive) cim.Value {
			if b := d.block(); b > 0 {
				return cim.Uint64Value(d.size() / b)
			}
			return cim.Value{}
		}},
		text("MediaType", func(d *drive) string {
			if d.isRemovable() {
				return "Removable Media"
			}
			return "Fixed hard disk media"
		}),
		{Name: "Capabilities", Get: func(d *drive) cim.Value {
			can := []uint64{3} // Random Access
			if d.line("ro") == "0" {
				can = append(can, 4) // Supports Writing
			}
			if d.isRemovable() {
				can = append(can, 7) // Supports Removable Media
			}
			return cim.NumbersValue(cim.TypeUint16, can)
		}},
		{Name: "Partitions", Get: func(d *drive) cim.Value { return cim.Uint32Value(uint32(len(d.parts()))) }},
		address("SCSIPort", 0, u16),
		address("SCSIBus", 1, func(n uint64) cim.Value { return cim.Uint32Value(uint32(n)) }),
		address("SCSITargetId", 2, u16),
		address("SCSILogicalUnit", 3, u16),
	}...)
	return &live.Class[drive]{
		Name:   "Win32_DiskDrive",
		All:    allDrives(sys),
		Find:   map[string]live.Finder[drive]{"DeviceID": driveByID(sys)},
		Fields: fields,
	}
}
