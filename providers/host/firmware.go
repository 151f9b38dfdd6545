package host

import (
	"os"
	"strconv"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/providers/live"
)

// A firmware is the directory of identifications, which machines without SMBIOS
// do not have.
type firmware struct {
	version string // of the BIOS
}

func bioses(sys *live.System) *live.Class[firmware] {
	name := func(f *firmware) string { return f.version }
	release := func(property, file string, minor bool) live.Field[firmware] {
		return live.Field[firmware]{Name: property, Get: func(*firmware) cim.Value {
			return half(identification(sys, file), minor)
		}}
	}
	return &live.Class[firmware]{
		Name: "Win32_BIOS",
		All: one(func() (*firmware, error) {
			if v := identification(sys, "bios_version"); v != "" {
				return &firmware{v}, nil
			}
			return nil, nil
		}),
		Fields: []live.Field[firmware]{
			text("Name", name), text("Caption", name), text("Description", name),
			text("SoftwareElementID", name), text("Version", name), text("SMBIOSBIOSVersion", name),
			live.Const[firmware]("SoftwareElementState", cim.Uint16Value(3)),  // Running
			live.Const[firmware]("TargetOperatingSystem", cim.Uint16Value(0)), // Unknown
			live.Const[firmware]("PrimaryBIOS", cim.BoolValue(true)),
			live.Const[firmware]("SMBIOSPresent", cim.BoolValue(true)),
			live.Const[firmware]("Status", cim.StringValue("OK")),
			{Name: "BIOSVersion", Get: func(f *firmware) cim.Value { return cim.StringsValue([]string{f.version}) }},
			text("Manufacturer", func(*firmware) string { return identification(sys, "bios_vendor") }),
			text("SerialNumber", func(*firmware) string { return identification(sys, "product_serial") }),
			{Name: "ReleaseDate", Get: func(*firmware) cim.Value {
				t, err := time.Parse("01/02/2006", identification(sys, "bios_date"))
				if err != nil {
					return cim.Value{}
				}
				return live.Time(t)
			}},
			release("SystemBiosMajorVersion", "bios_release", false),
			release("SystemBiosMinorVersion", "bios_release", true),
			release("EmbeddedControllerMajorVersion", "ec_firmware_release", false),
			release("EmbeddedControllerMinorVersion", "ec_firmware_release", true),
		},
	}
}

// half returns one of the numbers in a version such as 1.14.
func half(version string, minor bool) cim.Value {
	text, after, ok := strings.Cut(version, ".")
	if minor {
		text = after
	}
	n, err := strconv.ParseUint(text, 10, 8)
	if !ok || err != nil {
		return cim.Value{}
	}
	return cim.Uint8Value(uint8(n))
}

func baseBoards(sys *live.System) *live.Class[firmware] {
	id := func(property, file string) live.Field[firmware] {
		return text(property, func(*firmware) string { return identification(sys, file) })
	}
	return &live.Class[firmware]{
		Name: "Win32_BaseBoard",
		All: one(func() (*firmware, error) {
			if _, err := os.Stat(sys.SysFile("class", "dmi", "id", "board_name")); err != nil {
				return nil, nil
			}
			return &firmware{}, nil
		}),
		Fields: []live.Field[firmware]{
			live.Const[firmware]("Tag", cim.StringValue("Base Board")),
			live.Const[firmware]("Name", cim.StringValue("Base Board")),
			live.Const[firmware]("Caption", cim.StringValue("Base Board")),
			live.Const[firmware]("Description", cim.StringValue("Base Board")),
			live.Const[firmware]("CreationClassName", cim.StringValue("Win32_BaseBoard")),
			live.Const[firmware]("HostingBoard", cim.BoolValue(true)),
			live.Const[firmware]("PoweredOn", cim.BoolValue(true)),
			live.Const[firmware]("Status", cim.StringValue("OK")),
			id("Manufacturer", "board_vendor"),
			id("Product", "board_name"),
			id("Version", "board_version"),
			id("SerialNumber", "board_serial"),
		},
	}
}
