package portable_test

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/cpu"
	"openwmi/providers/disk"
	"openwmi/providers/host"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/providers/network"
	"openwmi/providers/portable"
	"openwmi/providers/process"
	"openwmi/wbem"
)

var mof = [][]byte{live.MOF, cpu.MOF, disk.MOF, host.MOF, network.MOF, process.MOF}

// open returns root\cimv2 with the classes of this package in the place of those of
// Linux.
func open(t testing.TB, o portable.Options) wbem.Services {
	t.Helper()
	none := &live.System{Proc: t.TempDir(), Sys: t.TempDir(), Etc: t.TempDir()}
	set := map[string]any{}
	add := func(name string, p *live.Provider, classes ...live.Source) {
		p.Replace(classes...)
		set[name] = p
	}
	add(cpu.Name, cpu.New(none), portable.Processors(o))
	add(disk.Name, disk.New(none), portable.LogicalDisks(o))
	add(host.Name, host.New(host.Options{System: none}), portable.OperatingSystems(o), portable.Computers(o))
	add(network.Name, network.New(network.Options{System: none}), portable.Adapters(o), portable.Configurations(o))
	add(process.Name, process.New(process.Options{System: none}).Provider, portable.Processes(o))
	return providertest.Open(t, set, mof...)
}

// onLinux returns it with those of Linux.
func onLinux(t testing.TB) wbem.Services {
	t.Helper()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("this system has no /proc, and nothing to compare with")
	}
	return providertest.Open(t, map[string]any{
		cpu.Name: cpu.New(nil), disk.Name: disk.New(nil), host.Name: host.New(host.Options{}),
		network.Name: network.New(network.Options{}), process.Name: process.New(process.Options{}),
	}, mof...)
}

var classes = []string{"Win32_Process", "Win32_OperatingSystem", "Win32_ComputerSystem", "Win32_Processor", "Win32_LogicalDisk",
	"Win32_NetworkAdapter", "Win32_NetworkAdapterConfiguration"}

// The instances are what their classes say, and a get by the path of each finds it.
func TestInstances(t *testing.T) {
	svc := open(t, portable.Options{})
	for _, class := range classes {
		n, missed := 0, 0
		for inst, err := range svc.Instances(t.Context(), class, wbem.Options{}) {
			if err != nil {
				t.Fatalf("%s: %v", class, err)
			}
			if err := inst.Check(); err != nil {
				t.Errorf("%s: %v", class, err)
			}
			if n++; n > 20 {
				continue
			}
			path, _ := cim.RelPath(inst)
			if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); cim.StatusOf(err) == wbem.NotFound {
				missed++ // it may have ended
			} else if err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		if n == 0 || missed > 5 {
			t.Errorf("%s: %d instances, %d of which have no path", class, n, missed)
		}
	}
	for _, err := range svc.Instances(t.Context(), "Win32_Thread", wbem.Options{}) {
		if cim.StatusOf(err) != wbem.NotAvailable {
			t.Errorf("a class that nothing stands in for: %v", err)
		}
	}
}

// table returns some properties of the instances of a class by their keys.
func table(t *testing.T, svc wbem.Services, class string, properties []string) map[string]string {
	t.Helper()
	rows := map[string]string{}
	for _, inst := range providertest.Query(t, svc, "SELECT * FROM "+class) {
		path, _ := cim.RelPath(inst)
		values := providertest.Values(inst)
		var row []string
		for _, p := range properties {
			row = append(row, p+"="+values[p])
		}
		// Of a program that was deleted the kernel says so behind its path.
		rows[path.String()] = strings.ReplaceAll(strings.Join(row, " "), " (deleted)", "")
	}
	return rows
}

// What does not change is what the providers of Linux say.
func TestAgainstLinux(t *testing.T) {
	linux, svc := onLinux(t), open(t, portable.Options{})
	for class, properties := range map[string]string{
		"Win32_Process":                     "ProcessId ParentProcessId Name CommandLine ExecutablePath ThreadCount CreationClassName CSName",
		"Win32_OperatingSystem":             "OSType OSArchitecture Version TotalVisibleMemorySize TotalVirtualMemorySize CSName Primary CurrentTimeZone",
		"Win32_ComputerSystem":              "Name Caption DNSHostName SystemType NumberOfLogicalProcessors NumberOfProcessors TotalPhysicalMemory DaylightInEffect",
		"Win32_Processor":                   "Name Manufacturer Level NumberOfCores NumberOfLogicalProcessors Architecture AddressWidth",
		"Win32_NetworkAdapter":              "Index InterfaceIndex Name NetConnectionID Caption MACAddress NetEnabled",
		"Win32_NetworkAdapterConfiguration": "Index Description IPEnabled MACAddress MTU IPAddress IPSubnet",
	} {
		var wrong []string
		for range 10 { // what changes and changes back looks different, but not each time
			if wrong = compare(t, linux, svc, class, strings.Fields(properties)); len(wrong) == 0 {
				break
			}
		}
		for _, w := range wrong {
			t.Error(w)
		}
	}
	want := table(t, linux, "Win32_LogicalDisk", []string{"DriveType", "FileSystem", "Size"})
	for path, row := range table(t, svc, "Win32_LogicalDisk", []string{"DriveType", "FileSystem", "Size"}) {
		if want[path] != "" && want[path] != row { // gopsutil has more of them
			t.Errorf("%s is %s, on Linux %s", path, row, want[path])
		}
	}
}

// compare says how the instances that are the same before and after differ. Processes
// come and go.
func compare(t *testing.T, linux, svc wbem.Services, class string, properties []string) (wrong []string) {
	t.Helper()
	before, got, after := table(t, linux, class, properties), table(t, svc, class, properties), table(t, linux, class, properties)
	compared := 0
	for path, want := range before {
		if after[path] != want {
			continue
		}
		compared++
		if diff := cmp.Diff(want, got[path]); diff != "" {
			wrong = append(wrong, path+" (-Linux +portable):\n"+diff)
		}
	}
	if compared == 0 {
		t.Errorf("%s: nothing was compared", class)
	}
	return wrong
}

// This process knows itself.
func TestSelf(t *testing.T) {
	svc := open(t, portable.Options{})
	pid := strconv.Itoa(os.Getpid())
	for _, where := range []string{"Handle = '" + pid + "'", "ProcessId = " + pid, "ParentProcessId = " + strconv.Itoa(os.Getppid()) + " AND ProcessId = " + pid} {
		found := providertest.Query(t, svc, "SELECT * FROM Win32_Process WHERE "+where)
		if len(found) != 1 {
			t.Fatalf("%s: %d processes", where, len(found))
		}
		for _, property := range []string{"CreationDate", "UserModeTime", "KernelModeTime", "WorkingSetSize"} {
			if v, _ := found[0].Get(property); v.IsNull() {
				t.Errorf("%s is not known", property)
			}
		}
	}
	for _, path := range []string{`Win32_Process.Handle="0x1"`, `Win32_Process.Handle="99999999999"`, `Win32_Process.Handle="-1"`, `Win32_Process.Handle=""`} {
		if _, err := svc.GetInstance(t.Context(), cim.MustParsePath(path), wbem.Options{}); cim.StatusOf(err) != wbem.NotFound {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// call runs a method and returns what it returns.
func call(t *testing.T, svc wbem.Services, pid int, method string) (code uint64, out *cim.Instance) {
	t.Helper()
	path := cim.MustParsePath(`Win32_Process.Handle="` + strconv.Itoa(pid) + `"`)
	out, err := svc.ExecMethod(t.Context(), path, method, nil, wbem.Options{})
	if err != nil {
		t.Fatalf("%s: %v", method, err)
	}
	v, _ := out.Get("ReturnValue")
	return v.Uint(), out
}

func TestMethods(t *testing.T) {
	program, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip("this system has no sleep to end")
	}
	cmd := exec.Command(program, "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()

	allowed := errors.New("no")
	svc := open(t, portable.Options{Control: func(r *provider.Request, method string) error {
		if method != "Terminate" || r.Caller == nil {
			t.Errorf("it is asked for %s by %v", method, r.Caller)
		}
		return allowed
	}})
	code, out := call(t, svc, cmd.Process.Pid, "GetOwner")
	if user, _ := out.Get("User"); code != 0 || user.Text() == "" {
		t.Errorf("GetOwner returns %d, %v", code, user)
	}
	if code, _ := call(t, open(t, portable.Options{}), cmd.Process.Pid, "Terminate"); code != 2 {
		t.Errorf("without Control Terminate returns %d", code)
	}
	if code, _ := call(t, svc, cmd.Process.Pid, "Terminate"); code != 2 {
		t.Errorf("a Terminate that is not allowed returns %d", code)
	}
	allowed = nil
	if code, _ := call(t, svc, cmd.Process.Pid, "Terminate"); code != 0 {
		t.Errorf("Terminate returns %d", code)
	}
	<-ended
	if _, err := svc.GetInstance(t.Context(), cim.MustParsePath(`Win32_Process.Handle="`+strconv.Itoa(cmd.Process.Pid)+`"`), wbem.Options{}); cim.StatusOf(err) != wbem.NotFound {
		t.Errorf("it is still there: %v", err)
	}
}
