package hotplug

import (
	"strings"
	"testing"
)

func TestParseUevent(t *testing.T) {
	for _, test := range []struct {
		message string
		event   uint16
	}{
		{"add@/devices/pci/usb1/1-1|ACTION=add|DEVPATH=/devices/pci/usb1/1-1|SUBSYSTEM=usb|SEQNUM=7|", arrival},
		{"remove@/devices/pci/usb1/1-1|ACTION=remove|SUBSYSTEM=usb", removal},
		{"change@/devices/virtual/mem/null|ACTION=change|SUBSYSTEM=mem|SYNTH_UUID=0|", changed},
		{"bind@/devices/x", changed},
		{"change@/devices/platform/dock.0|SUBSYSTEM=platform|EVENT=dock|", docking},
		{"change@/devices/platform/dock.0|SUBSYSTEM=platform|EVENT=undock|", changed},
		{"add@/module/loop|SUBSYSTEM=module", 0},
		{"add@/devices/virtual/bdi/0:40|SUBSYSTEM=bdi", 0},
		{"libudev|add@/devices/x", 0},
		{"explode@/devices/x", 0},
		{"", 0}, {"@", 0}, {"||||", 0}, {"add@/devices/x|=|==|x", arrival},
	} {
		event, ok := parseUevent([]byte(strings.ReplaceAll(test.message, "|", "\x00")))
		if event != test.event || ok != (test.event != 0) {
			t.Errorf("%s: %d, %t", test.message, event, ok)
		}
	}
}

func FuzzParseUevent(f *testing.F) {
	f.Add([]byte("add@/devices/pci/usb1/1-1\x00ACTION=add\x00DEVPATH=/devices/pci/usb1/1-1\x00SUBSYSTEM=usb\x00SEQNUM=7\x00"))
	f.Add([]byte("libudev\x00\xfe\xed\xca\xfe"))
	f.Add([]byte("change@/devices/platform/dock.0\x00EVENT=dock"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if event, ok := parseUevent(b); ok && (event < changed || event > docking) || !ok && event != 0 {
			t.Errorf("%q is %d, %t", b, event, ok)
		}
	})
}
