package cpu

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/providers/live"
)

// maxEntry bounds an entry of SMBIOS with its texts, in bytes.
const maxEntry = 64 << 10

// A module is a memory device that is there: an entry of type 17, SMBIOS 7.18.
type module struct {
	index uint64
	body  []byte   // from the header on, as long as the header says
	texts []string // which bytes of the body count from 1
}

// errEntry is about an entry that is none.
var errEntry = errors.New("not an entry of SMBIOS")

// parseModule reads an entry: the header, type, length and handle; the rest of as
// many bytes; texts, each with a zero behind it, and one more zero.
func parseModule(index uint64, b []byte) (*module, error) {
	if len(b) < 4 || b[0] != 17 || int(b[1]) < 4 || len(b) < int(b[1]) {
		return nil, errEntry
	}
	m := &module{index: index, body: b[:b[1]]}
	for rest := b[b[1]:]; len(rest) > 0 && rest[0] != 0; {
		text, after, _ := strings.Cut(string(rest), "\x00")
		m.texts = append(m.texts, strings.TrimSpace(text))
		rest = []byte(after)
	}
	return m, nil
}

// u8, u16 and u32 return the number at an offset, zero in an entry that is of an
// older version and shorter.
func (m *module) u8(at int) uint8 {
	if at+1 > len(m.body) {
		return 0
	}
	return m.body[at]
}

func (m *module) u16(at int) uint16 {
	if at+2 > len(m.body) {
		return 0
	}
	return binary.LittleEndian.Uint16(m.body[at:])
}

func (m *module) u32(at int) uint32 {
	if at+4 > len(m.body) {
		return 0
	}
	return binary.LittleEndian.Uint32(m.body[at:])
}

// text returns the text whose number is at an offset.
func (m *module) text(at int) string {
	n := int(m.u8(at))
	if n == 0 || n > len(m.texts) {
		return ""
	}
	return m.texts[n-1]
}

// capacity returns the size in bytes, zero for an empty socket and one that is
// not known.
func (m *module) capacity() uint64 {
	switch size := m.u16(0x0C); {
	case size == 0 || size == 0xFFFF:
		return 0
	case size == 0x7FFF:
		return uint64(m.u32(0x1C)&0x7FFFFFFF) << 20
	case size&0x8000 != 0:
		return uint64(size&0x7FFF) << 10
	default:
		return uint64(size) << 20
	}
}

// modules yields what is in the sockets. The entries are for the superuser:
// AccessDenied.
func modules(sys *live.System) func(context.Context) iter.Seq2[*module, error] {
	dir := sys.SysFile("firmware", "dmi", "entries")
	return func(context.Context) iter.Seq2[*module, error] {
		return func(yield func(*module, error) bool) {
			names, _ := live.ReadNames(dir) // none on a machine without SMBIOS
			names = slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, "17-") })
			slices.SortFunc(names, func(a, b string) int { return int(live.Uint(a[3:])&0xFFFF) - int(live.Uint(b[3:])&0xFFFF) })
			for _, name := range names {
				b, err := live.ReadFile(filepath.Join(dir, name, "raw"), maxEntry)
				if errors.Is(err, fs.ErrPermission) {
					yield(nil, live.Unavailable(err))
					return
				}
				m, err := parseModule(live.Uint(name[3:]), b)
				if err == nil && m.capacity() > 0 && !yield(m, nil) {
					return
				}
			}
		}
	}
}

// formFactors translates SMBIOS 7.18.1.
var formFactors = map[uint8]uint16{1: 1, 2: 0, 3: 7, 4: 2, 6: 3, 7: 4, 8: 6, 9: 8, 0xA: 9, 0xC: 11, 0xD: 12, 0xE: 13}

func memories(sys *live.System) *live.Class[module] {
	text := func(name string, at int) live.Field[module] {
		return live.Field[module]{Name: name, Get: func(m *module) cim.Value { return live.Text(m.text(at)) }}
	}
	// Numbers that are not known are 0, or all ones in 16 bits.
	small := func(name string, at int) live.Field[module] {
		return live.Field[module]{Name: name, Get: func(m *module) cim.Value {
			if n := m.u16(at); n != 0 && n != 0xFFFF {
				return cim.Uint16Value(n)
			}
			return cim.Value{}
		}}
	}
	large := func(name string, at int) live.Field[module] {
		return live.Field[module]{Name: name, Get: func(m *module) cim.Value {
			if n := m.u16(at); n != 0 && n != 0xFFFF {
				return cim.Uint32Value(uint32(n))
			}
			return cim.Value{}
		}}
	}
	return &live.Class[module]{
		Name: "Win32_PhysicalMemory",
		All:  modules(sys),
		Fields: []live.Field[module]{
			{Name: "Tag", Get: func(m *module) cim.Value {
				return cim.StringValue("Physical Memory " + strconv.FormatUint(m.index, 10))
			}},
			live.Const[module]("Name", cim.StringValue("Physical Memory")),
			live.Const[module]("Caption", cim.StringValue("Physical Memory")),
			live.Const[module]("Description", cim.StringValue("Physical Memory")),
			live.Const[module]("CreationClassName", cim.StringValue("Win32_PhysicalMemory")),
			{Name: "Capacity", Get: func(m *module) cim.Value { return cim.Uint64Value(m.capacity()) }},
			small("TotalWidth", 0x08),
			small("DataWidth", 0x0A),
			{Name: "FormFactor", Get: func(m *module) cim.Value {
				if f, ok := formFactors[m.u8(0x0E)]; ok {
					return cim.Uint16Value(f)
				}
				return cim.Value{}
			}},
			text("DeviceLocator", 0x10),
			text("BankLabel", 0x11),
			{Name: "SMBIOSMemoryType", Get: func(m *module) cim.Value {
				if n := m.u8(0x12); n != 0 {
					return cim.Uint32Value(uint32(n))
				}
				return cim.Value{}
			}},
			small("TypeDetail", 0x13),
			large("Speed", 0x15),
			text("Manufacturer", 0x17),
			text("SerialNumber", 0x18),
			text("PartNumber", 0x1A),
			{Name: "Attributes", Get: func(m *module) cim.Value {
				if len(m.body) <= 0x1B {
					return cim.Value{}
				}
				return cim.Uint32Value(uint32(m.u8(0x1B)))
			}},
			large("ConfiguredClockSpeed", 0x20),
			large("MinVoltage", 0x22),
			large("MaxVoltage", 0x24),
			large("ConfiguredVoltage", 0x26),
		},
	}
}
