package providers_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers"
	"openwmi/providers/internal/providertest"
	"openwmi/wbem"
)

func needProc(t testing.TB) {
	t.Helper()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("this system has no /proc")
	}
}

// paths are those of what a query finds, in order.
func paths(t testing.TB, svc wbem.Services, query string) []string {
	t.Helper()
	var all []string
	for _, inst := range providertest.Query(t, svc, query) {
		p, _ := cim.RelPath(inst)
		all = append(all, p.String())
	}
	slices.Sort(all)
	return all
}

// The computer is associated with what it has, each of that with the computer, and
// with nothing of the kind twice.
func TestAssociations(t *testing.T) {
	needProc(t)
	svc := open(t, providers.Options{})
	computers := paths(t, svc, "SELECT * FROM Win32_ComputerSystem")
	if len(computers) != 1 {
		t.Fatalf("there are %d computers", len(computers))
	}
	for _, test := range []struct {
		association, class string
		settled            bool // the objects do not come and go
	}{
		{"Win32_SystemProcesses", "Win32_Process", false},
		{"Win32_SystemUsers", "Win32_UserAccount", true},
		{"Win32_SystemOperatingSystem", "Win32_OperatingSystem", true},
		{"Win32_SystemBIOS", "Win32_BIOS", true},
		{"Win32_SystemTimeZone", "Win32_TimeZone", true},
		{"Win32_SystemPartitions", "Win32_DiskPartition", true},
		{"Win32_ComputerSystemProcessor", "Win32_Processor", true},
	} {
		before := paths(t, svc, "SELECT * FROM "+test.class)
		found := paths(t, svc, "ASSOCIATORS OF {"+computers[0]+"} WHERE AssocClass = "+test.association)
		after := paths(t, svc, "SELECT * FROM "+test.class)
		lasting := slices.DeleteFunc(before, func(p string) bool { return !slices.Contains(after, p) })
		for _, p := range lasting {
			if !slices.Contains(found, p) {
				t.Errorf("%s does not have %s", test.association, p)
			}
		}
		if distinct := slices.Compact(slices.Clone(found)); len(distinct) != len(found) || test.settled && len(found) != len(lasting) {
			t.Errorf("%s has %d objects, %d different ones, of %d", test.association, len(found), len(distinct), len(lasting))
		}
		if len(lasting) == 0 {
			continue
		}
		one := lasting[0]
		if diff := cmp.Diff(computers, paths(t, svc, "ASSOCIATORS OF {"+one+"} WHERE AssocClass = "+test.association)); diff != "" {
			t.Errorf("%s of %s:\n%s", test.association, one, diff)
		}
		links := paths(t, svc, "REFERENCES OF {"+one+"} WHERE ResultClass = "+test.association)
		if len(links) != 1 {
			t.Errorf("%s has %d references to %s", test.association, len(links), one)
			continue
		}
		if _, err := svc.GetInstance(t.Context(), cim.MustParsePath(links[0]), wbem.Options{}); err != nil {
			t.Errorf("%s: %v", links[0], err)
		}
		t.Logf("%-32s %4d", test.association, len(found))
	}
}

// Each network interface has what it is set to.
func TestAdapterSettings(t *testing.T) {
	needProc(t)
	svc := open(t, providers.Options{})
	for _, a := range providertest.Query(t, svc, "SELECT * FROM Win32_NetworkAdapter") {
		p, _ := cim.RelPath(a)
		found := providertest.Query(t, svc, "ASSOCIATORS OF {"+p.String()+"} WHERE ResultClass = Win32_NetworkAdapterConfiguration")
		if len(found) != 1 || providertest.Values(found[0])["Index"] != providertest.Values(a)["DeviceID"] {
			t.Errorf("%s has the settings %v", p, found)
		}
	}
}

// A process is associated with the computer and its program, also when it is named
// by a class above its own.
func TestProcessAssociations(t *testing.T) {
	needProc(t)
	svc := open(t, providers.Options{})
	self := `Win32_Process.Handle="` + strconv.Itoa(os.Getpid()) + `"`
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{self, strings.Replace(self, "Win32_Process", "CIM_Process", 1)} {
		found := paths(t, svc, "ASSOCIATORS OF {"+source+"}")
		for _, want := range []string{"Win32_ComputerSystem.Name=", "CIM_DataFile.Name=\"" + strings.ToLower(exe)} {
			if !slices.ContainsFunc(found, func(p string) bool { return strings.HasPrefix(strings.ToLower(p), strings.ToLower(want)) }) {
				t.Errorf("%s is not associated with %s, but %q", source, want, found)
			}
		}
	}
}

func BenchmarkAssociators(b *testing.B) {
	needProc(b)
	svc := open(b, providers.Options{})
	for name, query := range map[string]string{
		"process":  `ASSOCIATORS OF {Win32_Process.Handle="1"}`,
		"system":   `ASSOCIATORS OF {Win32_OperatingSystem=@}`,
		"computer": `ASSOCIATORS OF {` + paths(b, svc, "SELECT * FROM Win32_ComputerSystem")[0] + `} WHERE AssocClass = Win32_SystemProcesses`,
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				providertest.Query(b, svc, query)
			}
		})
	}
}
