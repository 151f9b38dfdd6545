package cpu_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/cpu"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/wbem"
)

// entry returns an entry of SMBIOS type 17 of a length, with numbers of 16 bits at
// offsets, and texts.
func entry(length int, words map[int]uint16, texts ...string) string {
	b := make([]byte, length)
	b[0], b[1] = 17, byte(length)
	for at, w := range words {
		binary.LittleEndian.PutUint16(b[at:], w)
	}
	return string(b) + strings.Join(texts, "\x00") + "\x00\x00"
}

func TestMemory(t *testing.T) {
	const d = "firmware/dmi/entries/"
	sys := &live.System{Computer: "PC", Sys: providertest.Tree(t, map[string]string{
		d + "0-0/raw": "x",
		d + "17-0/raw": entry(0x28, map[int]uint16{
			0x08: 72, 0x0A: 64, 0x0C: 0x7FFF, 0x0E: 9, 0x10: 0x0201, 0x12: 0x801A, 0x15: 3200, 0x17: 0x0403, 0x1A: 0x0205,
			0x1C: 0x8000, 0x1E: 0, 0x20: 2933, 0x22: 1200, 0x24: 0xFFFF, 0x26: 1200,
		}, "DIMM A1", "BANK 0", "ACME ", "S\xff", "P1"),
		d + "17-1/raw":  entry(0x28, nil, "empty"),
		d + "17-2/raw":  entry(0x15, map[int]uint16{0x0C: 0x8200, 0x0E: 0xFF, 0x10: 0x0909}),
		d + "17-3/raw":  entry(0x15, map[int]uint16{0x0C: 0xFFFF}),
		d + "17-4/raw":  "\x11\xff\x00\x00 too short",
		d + "17-5/raw":  "",
		d + "17-10/raw": entry(0x15, map[int]uint16{0x0C: 512, 0x12: 0})[:0x15],
		d + "17-6/x":    "",
	})}
	svc := providertest.Open(t, map[string]any{cpu.Name: cpu.New(sys)}, live.MOF, cpu.MOF)
	got := map[string]map[string]string{}
	for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_PhysicalMemory") {
		values := providertest.Values(inst)
		for _, name := range []string{"Name", "Caption", "Description"} {
			if values[name] != "Physical Memory" {
				t.Errorf("%s is %s", name, values[name])
			}
			delete(values, name)
		}
		delete(values, "CreationClassName")
		got[values["Tag"]] = values
		if err := inst.Check(); err != nil {
			t.Error(err)
		}
		path, _ := cim.RelPath(inst)
		if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
			t.Error(err)
		}
	}
	want := map[string]map[string]string{
		"Physical Memory 0": {
			"Tag": "Physical Memory 0", "Capacity": "34359738368", "TotalWidth": "72", "DataWidth": "64", "FormFactor": "8", "DeviceLocator": "DIMM A1",
			"BankLabel": "BANK 0", "SMBIOSMemoryType": "26", "TypeDetail": "128", "Speed": "3200", "Manufacturer": "ACME", "SerialNumber": "S\uFFFD",
			"PartNumber": "P1", "Attributes": "2", "ConfiguredClockSpeed": "2933", "MinVoltage": "1200", "ConfiguredVoltage": "1200",
		},
		"Physical Memory 2":  {"Tag": "Physical Memory 2", "Capacity": "524288"},
		"Physical Memory 10": {"Tag": "Physical Memory 10", "Capacity": "536870912"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modules differ:\n%s", diff)
	}
}
