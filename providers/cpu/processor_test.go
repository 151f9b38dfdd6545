package cpu_test

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/cpu"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/wbem"
)

func rows(t *testing.T, sys *live.System) map[string]map[string]string {
	t.Helper()
	svc := providertest.Open(t, map[string]any{cpu.Name: cpu.New(sys)}, live.MOF, cpu.MOF)
	found := map[string]map[string]string{}
	for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_Processor") {
		values := providertest.Values(inst)
		found[values["DeviceID"]] = values
		if err := inst.Check(); err != nil {
			t.Error(err)
		}
		path, _ := cim.RelPath(inst)
		if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
			t.Error(err)
		}
	}
	return found
}

func TestMachine(t *testing.T) {
	const c = "devices/system/cpu/"
	files := map[string]string{c + "online": "0-2,5\n"}
	for n, chip := range map[string]string{"0": "0", "1": "0", "2": "1", "5": "1"} {
		files[c+"cpu"+n+"/topology/physical_package_id"] = chip
	}
	for n, siblings := range map[string]string{"0": "0-1", "1": "0-1", "2": "2", "5": "5"} {
		files[c+"cpu"+n+"/topology/thread_siblings_list"] = siblings
		files[c+"cpu"+n+"/cache/index0/level"], files[c+"cpu"+n+"/cache/index0/size"] = "1", "32K"
		files[c+"cpu"+n+"/cache/index1/level"], files[c+"cpu"+n+"/cache/index1/size"] = "2", "512K"
		files[c+"cpu"+n+"/cache/index1/shared_cpu_list"] = siblings
	}
	files[c+"cpu0/cpufreq/cpuinfo_max_freq"], files[c+"cpu0/cpufreq/scaling_cur_freq"] = "3600000\n", "800123\n"
	sys := &live.System{
		Computer: "PC",
		Sys:      providertest.Tree(t, files),
		Proc: providertest.Tree(t, map[string]string{"cpuinfo": "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 158\nmodel name\t: Test CPU @ 3: fast\n" +
			"stepping\t: 10\ncpu MHz\t\t: 1234.5\nflags\t\t: fpu vmx ept\n\nprocessor\t: 2\ncpu family\t: 70000\nmodel\t: x\ncpu MHz\t: 99.9\nflags:\n"}),
	}
	got := rows(t, sys)
	for id, v := range got {
		for name, want := range map[string]string{
			"CreationClassName": "Win32_Processor", "SystemCreationClassName": "Win32_ComputerSystem", "SystemName": "PC", "Availability": "3", "CpuStatus": "1",
			"StatusInfo": "3", "ProcessorType": "3", "Role": "CPU", "Status": "OK", "NumberOfLogicalProcessors": "2", "ThreadCount": "2",
		} {
			if v[name] != want {
				t.Errorf("%s of %s is %s, want %s", name, id, v[name], want)
			}
			delete(v, name)
		}
		delete(v, "Architecture")
		delete(v, "AddressWidth")
		delete(v, "DataWidth")
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("the caption is that of another processor")
	}
	want := map[string]map[string]string{
		"CPU0": {"DeviceID": "CPU0", "Name": "Test CPU @ 3: fast", "Caption": "x86_64 Family 6 Model 158 Stepping 10", "Description": "x86_64 Family 6 Model 158 Stepping 10",
			"Manufacturer": "GenuineIntel", "Stepping": "10", "Level": "6", "Revision": "40458", "NumberOfCores": "1", "NumberOfEnabledCore": "1",
			"MaxClockSpeed": "3600", "CurrentClockSpeed": "800", "L2CacheSize": "512", "VMMonitorModeExtensions": "TRUE", "SecondLevelAddressTranslationExtensions": "TRUE"},
		"CPU1": {"DeviceID": "CPU1", "NumberOfCores": "2", "NumberOfEnabledCore": "2", "CurrentClockSpeed": "99", "L2CacheSize": "1024",
			"VMMonitorModeExtensions": "FALSE", "SecondLevelAddressTranslationExtensions": "FALSE"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("processors differ:\n%s", diff)
	}
}

// The processors are those that lscpu prints.
func TestAgainstLSCPU(t *testing.T) {
	if _, err := os.Stat("/sys/devices/system/cpu"); err != nil {
		t.Skip("this system has no /sys")
	}
	chips := map[string]bool{}
	cores := map[string]bool{}
	threads := 0
	for line := range strings.Lines(providertest.Run(t, "lscpu", "-p=CPU,CORE,SOCKET")) {
		f := strings.Split(strings.TrimSpace(line), ",")
		if strings.HasPrefix(line, "#") || len(f) != 3 {
			continue
		}
		chips[f[2]], cores[f[1]] = true, true
		threads++
	}
	got := rows(t, nil)
	total := map[string]uint64{}
	for _, v := range got {
		for _, name := range []string{"NumberOfCores", "NumberOfLogicalProcessors"} {
			total[name] += live.Uint(v[name])
		}
	}
	if len(got) != len(chips) || total["NumberOfCores"] != uint64(len(cores)) || total["NumberOfLogicalProcessors"] != uint64(threads) {
		t.Errorf("there are %d chips and %v, lscpu says %d, %d and %d", len(got), total, len(chips), len(cores), threads)
	}
}
