package wsman_test

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
	"openwmi/wire/wsman"
)

// Short elements are not as many large objects as there is room for in a message.
func TestWideObjects(t *testing.T) {
	l := newLab(t, wsman.Options{})
	var wide strings.Builder
	for i := range cim.MaxProperties - 8 {
		fmt.Fprintf(&wide, "uint8 P%d; ", i)
	}
	l.compile(`root\cimv2`, "class Wide { "+wide.String()+"}; class Shelf { [key] string Id; Wide Objects[]; };")
	body := func(n int) string {
		return `<p:Shelf xmlns:p="` + wmi + `Shelf"><p:Id>s</p:Id>` + strings.Repeat(`<p:Objects xsi:type="p:Wide_Type"/>`, n) + `</p:Shelf>`
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := failureOf(l.post(message(transfer+"Create", wmi+"Shelf", "", body(10_000))))
	runtime.ReadMemStats(&after)
	if want := strconv.FormatUint(uint64(wbem.QuotaViolation), 10); got.Code != want {
		t.Errorf("%+v, want %s", got, want)
	}
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 300 {
		t.Errorf("it took %d MiB", took)
	}
	l.ask(transfer+"Create", wmi+"Shelf", "", body(100))
}
