package disk

import (
	"context"
	"iter"
	"os"
	"path"
	"path/filepath"

	"openwmi/cim"
	"openwmi/providers/live"
)

// A partition is a part of a drive.
type partition struct {
	drive *drive
	name  string
}

func (p *partition) line(file string) string { return p.drive.line(p.name, file) }

func (p *partition) id() string { return deviceID(p.name) }

// partitionByID looks a partition up, whose entry points into that of its drive.
func partitionByID(sys *live.System) live.Finder[partition] {
	return func(_ context.Context, v cim.Value) ([]*partition, error) {
		name, ok := deviceName(v.Text())
		if !ok {
			return nil, nil
		}
		target, err := os.Readlink(sys.SysFile("class", "block", name))
		if err != nil {
			return nil, nil
		}
		p := &partition{newDrive(sys, path.Base(path.Dir(filepath.ToSlash(target)))), name}
		if p.line("partition") == "" || !isDrive(sys, p.drive.name) {
			return nil, nil
		}
		return []*partition{p}, nil
	}
}

func (p *partition) size() uint64 { return live.Uint(p.line("size")) * sector }

func (p *partition) start() uint64 { return live.Uint(p.line("start")) * sector }

func allPartitions(sys *live.System) func(context.Context) iter.Seq2[*partition, error] {
	drives := allDrives(sys)
	return func(ctx context.Context) iter.Seq2[*partition, error] {
		return func(yield func(*partition, error) bool) {
			for d, err := range drives(ctx) {
				if err != nil {
					yield(nil, err)
					return
				}
				for _, name := range d.parts() {
					if !yield(&partition{d, name}, nil) {
						return
					}
				}
			}
		}
	}
}

func partitions(sys *live.System) *live.Class[partition] {
	fields := append(device(sys, "Win32_DiskPartition", (*partition).id), []live.Field[partition]{
		text("Name", (*partition).id),
		text("Caption", (*partition).id),
		{Name: "Index", Get: func(p *partition) cim.Value {
			if n := live.Uint(p.line("partition")); n > 0 {
				return cim.Uint32Value(uint32(n - 1))
			}
			return cim.Value{}
		}},
		{Name: "DiskIndex", Get: func(p *partition) cim.Value { return cim.Uint32Value(p.drive.index()) }},
		{Name: "Size", Get: func(p *partition) cim.Value { return cim.Uint64Value(p.size()) }},
		{Name: "StartingOffset", Get: func(p *partition) cim.Value { return cim.Uint64Value(p.start()) }},
		{Name: "BlockSize", Get: func(p *partition) cim.Value {
			if b := p.drive.block(); b > 0 {
				return cim.Uint64Value(b)
			}
			return cim.Value{}
		}},
		{Name: "NumberOfBlocks", Get: func(p *partition) cim.Value {
			if b := p.drive.block(); b > 0 {
				return cim.Uint64Value(p.size() / b)
			}
			return cim.Value{}
		}},
		{Name: "Access", Get: func(p *partition) cim.Value {
			if p.line("ro") == "1" {
				return cim.Uint16Value(1) // Readable
			}
			return cim.Uint16Value(3) // Read/Write Supported
		}},
	}...)
	return &live.Class[partition]{
		Name:   "Win32_DiskPartition",
		All:    allPartitions(sys),
		Find:   map[string]live.Finder[partition]{"DeviceID": partitionByID(sys)},
		Fields: fields,
	}
}
