package host_test

import (
	"bytes"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/providers/host"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/scripting"
	"openwmi/wbem"
)

func open(t testing.TB, o host.Options) wbem.Services {
	t.Helper()
	return providertest.Open(t, map[string]any{host.Name: host.New(o)}, live.MOF, host.MOF)
}

// only returns the values of the one instance of a class.
func only(t testing.TB, svc wbem.Services, class string) map[string]string {
	t.Helper()
	found := providertest.Query(t, svc, "SELECT * FROM "+class)
	if len(found) != 1 {
		t.Fatalf("there are %d instances of %s", len(found), class)
	}
	if err := found[0].Check(); err != nil {
		t.Error(err)
	}
	path, _ := cim.RelPath(found[0])
	if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
		t.Error(err)
	}
	return providertest.Values(found[0])
}

const meminfo = "MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     600 kB\nSwapTotal:        50 kB\nSwapFree:          40 kB\nHugePages_Total:       0\n"

func machine(t *testing.T) *live.System {
	return &live.System{
		Computer: "PC",
		Proc: providertest.Tree(t, map[string]string{
			"uptime": "12.34 20.00\n", "stat": "cpu 1\nbtime 1700000000\n", "meminfo": meminfo,
			"sys/kernel/osrelease": "6.1.0-test\n", "sys/kernel/pid_max": "32768\n", "sys/kernel/arch": "x86_64\n",
			"sys/kernel/hostname": "pc.example.org\n", "cpuinfo": "processor\t: 0\nflags\t\t: fpu nx hypervisor\n\nprocessor\t: 1\n",
			"self/mounts": "none /x tmpfs rw 0 0\n/dev/sda2 / ext4 rw 0 0\n", "1/x": "", "20/x": "", "bus/x": "",
		}),
		Sys: providertest.Tree(t, map[string]string{
			"devices/system/cpu/online":                            "0-1,3\n",
			"devices/system/cpu/cpu0/topology/physical_package_id": "0\n",
			"devices/system/cpu/cpu1/topology/physical_package_id": "0\n",
			"devices/system/cpu/cpu3/topology/physical_package_id": "1\n",
			"class/dmi/id/sys_vendor":                              "ACME\n",
			"class/dmi/id/product_name":                            "Anvil \xff 9\n",
			"class/dmi/id/product_serial":                          "S1\n",
			"class/dmi/id/chassis_type":                            "10\n",
			"class/dmi/id/bios_version":                            "V1.2\n",
			"class/dmi/id/bios_vendor":                             "ACME BIOS\n",
			"class/dmi/id/bios_date":                               "02/29/2024\n",
			"class/dmi/id/bios_release":                            "1.300\n",
			"class/dmi/id/ec_firmware_release":                     "4.5\n",
			"class/dmi/id/board_name":                              "B9\n",
			"class/dmi/id/board_vendor":                            "ACME\n",
		}),
		Etc: providertest.Tree(t, map[string]string{
			"os-release":   "# x\nPRETTY_NAME='Test OS 1'\nBUILD_ID=77\nVENDOR_NAME=\"ACME\"\n",
			"locale.conf":  "LANG=de_DE.UTF-8\n",
			"machine-info": "PRETTY_HOSTNAME=\"The PC\"\n",
			"localtime":    "->/usr/share/zoneinfo/Europe/Berlin",
			"environment":  "# all\nexport PATH=\"/bin:/usr/bin\"\nEMPTY=\nbad line\n=x\nNAME=a=b\n",
		}),
	}
}

func TestMachine(t *testing.T) {
	now := time.Date(2024, 2, 29, 23, 4, 5, 0, time.FixedZone("CET", 3600))
	root := t.TempDir()
	svc := open(t, host.Options{System: machine(t), Now: func() time.Time { return now }, Root: root})
	installed := cim.DatetimeValue(datetime(t, born(t, root).In(now.Location()))).String()
	boot := cim.DatetimeValue(datetime(t, time.Unix(1700000000, 0).In(now.Location()))).String()
	bios := "V1.2"
	for class, want := range map[string]map[string]string{
		"Win32_OperatingSystem": {
			"Name": "Test OS 1|/|/dev/sda2", "Caption": "Test OS 1", "Description": "The PC", "Status": "OK", "Version": "6.1.0-test",
			"BuildNumber": "77", "Manufacturer": "ACME", "OSType": "36", "OSArchitecture": "64-bit", "Primary": "TRUE", "Distributed": "FALSE",
			"LastBootUpTime": boot, "InstallDate": installed, "LocalDateTime": "20240229230405.000000+060", "CurrentTimeZone": "60", "Locale": "0407", "OSLanguage": "1031",
			"TotalVisibleMemorySize": "1000", "FreePhysicalMemory": "600", "TotalVirtualMemorySize": "1050", "FreeVirtualMemory": "640",
			"SizeStoredInPagingFiles": "50", "FreeSpaceInPagingFiles": "40", "NumberOfProcesses": "2", "MaxNumberOfProcesses": "32768",
			"SystemDevice": "/dev/sda2", "SystemDrive": "/", "WindowsDirectory": "/", "DataExecutionPrevention_Available": "TRUE",
			"CreationClassName": "Win32_OperatingSystem", "CSCreationClassName": "Win32_ComputerSystem", "CSName": "PC",
		},
		"Win32_ComputerSystem": {
			"Name": "PC", "Caption": "PC", "CreationClassName": "Win32_ComputerSystem", "Status": "OK", "DNSHostName": "pc", "Domain": "example.org",
			"Manufacturer": "ACME", "Model": "Anvil \uFFFD 9", "SystemType": "x64-based PC", "PCSystemType": "2", "HypervisorPresent": "TRUE",
			"NumberOfLogicalProcessors": "3", "NumberOfProcessors": "2", "TotalPhysicalMemory": "1024000", "CurrentTimeZone": "60", "DaylightInEffect": "FALSE",
		},
		"Win32_BIOS": {
			"Name": bios, "Caption": bios, "Description": bios, "SoftwareElementID": bios, "Version": bios, "SMBIOSBIOSVersion": bios,
			"SoftwareElementState": "3", "TargetOperatingSystem": "0", "PrimaryBIOS": "TRUE", "SMBIOSPresent": "TRUE", "Status": "OK",
			"BIOSVersion": "{V1.2}", "Manufacturer": "ACME BIOS", "SerialNumber": "S1", "ReleaseDate": "20240229000000.000000+000",
			"SystemBiosMajorVersion": "1", "EmbeddedControllerMajorVersion": "4", "EmbeddedControllerMinorVersion": "5",
		},
		"Win32_BaseBoard": {
			"Tag": "Base Board", "Name": "Base Board", "Caption": "Base Board", "Description": "Base Board", "CreationClassName": "Win32_BaseBoard",
			"HostingBoard": "TRUE", "PoweredOn": "TRUE", "Status": "OK", "Manufacturer": "ACME", "Product": "B9",
		},
		"Win32_LocalTime": {
			"Year": "2024", "Quarter": "1", "Month": "2", "WeekInMonth": "5", "Day": "29", "DayOfWeek": "4", "Hour": "23", "Minute": "4", "Second": "5",
		},
		"Win32_UTCTime": {
			"Year": "2024", "Quarter": "1", "Month": "2", "WeekInMonth": "5", "Day": "29", "DayOfWeek": "4", "Hour": "22", "Minute": "4", "Second": "5",
		},
	} {
		if diff := cmp.Diff(want, only(t, svc, class)); diff != "" {
			t.Errorf("%s differs:\n%s", class, diff)
		}
	}

	env := map[string]string{}
	for _, v := range providertest.Query(t, svc, "SELECT * FROM Win32_Environment") {
		values := providertest.Values(v)
		env[values["Name"]] = values["VariableValue"] + " " + values["UserName"] + " " + values["SystemVariable"]
	}
	if diff := cmp.Diff(map[string]string{"PATH": "/bin:/usr/bin <SYSTEM> TRUE", "EMPTY": " <SYSTEM> TRUE", "NAME": "a=b <SYSTEM> TRUE"}, env); diff != "" {
		t.Errorf("the environment differs:\n%s", diff)
	}
	v, err := svc.GetInstance(t.Context(), cim.MustParsePath(`Win32_Environment.Name="path",UserName="<SYSTEM>"`), wbem.Options{})
	if err != nil || providertest.Values(v)["VariableValue"] != "/bin:/usr/bin" {
		t.Errorf("PATH: %v, %v", v, err)
	}
}

// born returns when a directory was made, as stat(1) has it.
func born(t *testing.T, dir string) time.Time {
	text := strings.TrimSpace(providertest.Run(t, "stat", "-c", "%w", dir))
	at, err := time.Parse("2006-01-02 15:04:05.999999999 -0700", text)
	if err != nil {
		t.Skipf("stat says that %s was made %q", dir, text)
	}
	return at
}

func datetime(t *testing.T, at time.Time) cim.Datetime {
	d, err := cim.NewDatetime(at)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A machine without SMBIOS, names or numbers has NULL there, and no instances of
// what needs one.
func TestBareMachine(t *testing.T) {
	sys := &live.System{Computer: "PC", Sys: t.TempDir(), Etc: t.TempDir(), Proc: providertest.Tree(t, map[string]string{
		"uptime": "1 1", "meminfo": "MemTotal: many kB\nMemFree", "stat": "btime x", "sys/kernel/pid_max": "99999999999999999999",
		"cpuinfo": "flags", "sys/kernel/hostname": "(none)", "sys/kernel/arch": "vax",
	})}
	svc := open(t, host.Options{System: sys})
	got := only(t, svc, "Win32_OperatingSystem")
	if got["Name"] != "Linux|/|" || got["Caption"] != "Linux" {
		t.Errorf("it is %q, %q", got["Name"], got["Caption"])
	}
	for _, name := range []string{"LastBootUpTime", "FreePhysicalMemory", "FreeVirtualMemory", "MaxNumberOfProcesses", "Locale", "OSArchitecture"} {
		if v, ok := got[name]; ok {
			t.Errorf("%s = %s", name, v)
		}
	}
	for name, v := range only(t, svc, "Win32_ComputerSystem") {
		switch name {
		case "NumberOfProcessors", "NumberOfLogicalProcessors", "Model", "PCSystemType", "SystemType", "Domain":
			t.Errorf("%s = %s", name, v)
		}
	}
	for _, class := range []string{"Win32_BIOS", "Win32_BaseBoard", "Win32_Environment"} {
		if n := len(providertest.Query(t, svc, "SELECT * FROM "+class)); n != 0 {
			t.Errorf("there are %d instances of %s", n, class)
		}
	}
}

func TestTimeZones(t *testing.T) {
	for _, test := range []struct {
		zone, at string
		want     map[string]string
	}{
		{"Europe/Berlin", "2024-01-15", map[string]string{
			"StandardName": "CET", "DaylightName": "CEST", "Bias": "60", "DaylightBias": "-60", "Caption": "(UTC+01:00) Europe/Berlin",
			"DaylightMonth": "3", "DaylightDay": "5", "DaylightDayOfWeek": "0", "DaylightHour": "2",
			"StandardMonth": "10", "StandardDay": "5", "StandardDayOfWeek": "0", "StandardHour": "3"}},
		{"America/New_York", "2024-07-15", map[string]string{
			"StandardName": "EST", "DaylightName": "EDT", "Bias": "-300", "DaylightBias": "-60", "Caption": "(UTC-05:00) Europe/Berlin",
			"DaylightMonth": "3", "DaylightDay": "2", "DaylightDayOfWeek": "0", "DaylightHour": "2",
			"StandardMonth": "11", "StandardDay": "1", "StandardDayOfWeek": "0", "StandardHour": "2"}},
		{"Australia/Lord_Howe", "2024-01-15", map[string]string{
			"Bias": "630", "DaylightBias": "-30", "DaylightMonth": "10", "DaylightDay": "1", "StandardMonth": "4", "StandardDay": "1"}},
		{"Asia/Kolkata", "2024-01-15", map[string]string{
			"StandardName": "IST", "Bias": "330", "DaylightBias": "0", "DaylightMonth": "0", "StandardMonth": "0", "DaylightHour": "0"}},
		{"UTC", "2024-01-15", map[string]string{"StandardName": "UTC", "Bias": "0", "DaylightMonth": "0"}},
	} {
		loc, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Skipf("this system has no time zones: %v", err)
		}
		now, err := time.ParseInLocation("2006-01-02", test.at, loc)
		if err != nil {
			t.Fatal(err)
		}
		got := only(t, open(t, host.Options{System: machine(t), Now: func() time.Time { return now }}), "Win32_TimeZone")
		if got["StandardBias"] != "0" || got["StandardYear"] != "0" || got["SettingID"] != "Europe/Berlin" {
			t.Errorf("%s: %v", test.zone, got)
		}
		for name, want := range test.want {
			if got[name] != want {
				t.Errorf("%s at %s: %s = %s, want %s", test.zone, test.at, name, got[name], want)
			}
		}
	}
}

// What there is one of has the path CLASS=@, in a script too, and no other.
// model.md#10
func TestSingletons(t *testing.T) {
	m, err := cimom.OpenMemory(cimom.Options{Server: "HERE", Providers: map[string]any{host.Name: host.New(host.Options{System: machine(t)})}, MOF: bytes.Join([][]byte{live.MOF, host.MOF}, []byte("\n"))})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	svc, err := m.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	locator := scripting.NewLocator(m)
	for class, want := range map[string]bool{"Win32_OperatingSystem": true, "Win32_LocalTime": true, "Win32_UTCTime": true, "Win32_ComputerSystem": false, "Win32_TimeZone": false, "Win32_BIOS": false} {
		path := class + "=@"
		inst, err := svc.GetInstance(t.Context(), cim.MustParsePath(path), wbem.Options{})
		if !want {
			if cim.StatusOf(err) != wbem.InvalidObjectPath {
				t.Errorf("%s: %v", path, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if p, _ := cim.RelPath(inst); p.String() != path {
			t.Errorf("%s has the path %s", path, p)
		}
		if _, err := svc.GetInstance(t.Context(), cim.MustParsePath(class+`.Name="x"`), wbem.Options{}); cim.StatusOf(err) != wbem.InvalidObjectPath {
			t.Errorf("%s by a name: %v", class, err)
		}
		if found := providertest.Query(t, svc, "SELECT * FROM "+class+" WHERE __RELPATH = '"+path+"'"); len(found) != 1 {
			t.Errorf("%d instances have the path %s", len(found), path)
		}
		o, err := locator.GetObject("winmgmts:" + path)
		if err != nil {
			t.Errorf("winmgmts:%s: %v", path, err)
			continue
		}
		if p := o.(*scripting.Object).Path(); !p.IsSingleton() || p.RelPath() != path {
			t.Errorf("winmgmts:%s is %s", path, p.RelPath())
		}
	}
}

// This machine is what other programs say it is.
func TestAgainstTools(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("this system has no /proc")
	}
	svc := open(t, host.Options{})
	os, pc := only(t, svc, "Win32_OperatingSystem"), only(t, svc, "Win32_ComputerSystem")
	t.Run("uname", func(t *testing.T) {
		if want := strings.TrimSpace(providertest.Run(t, "uname", "-r")); os["Version"] != want {
			t.Errorf("Version = %s, want %s", os["Version"], want)
		}
	})
	t.Run("free", func(t *testing.T) {
		f := strings.Fields(providertest.Run(t, "free", "-k"))
		for i := range f {
			if f[i] == "Mem:" && f[i+1] != os["TotalVisibleMemorySize"] || f[i] == "Swap:" && f[i+1] != os["SizeStoredInPagingFiles"] {
				t.Errorf("%s is %s there, %s and %s here", f[i], f[i+1], os["TotalVisibleMemorySize"], os["SizeStoredInPagingFiles"])
			}
		}
	})
	t.Run("nproc", func(t *testing.T) {
		if want := strings.TrimSpace(providertest.Run(t, "nproc", "--all")); runtime.GOOS == "linux" && pc["NumberOfLogicalProcessors"] > want {
			t.Errorf("NumberOfLogicalProcessors = %s, want up to %s", pc["NumberOfLogicalProcessors"], want)
		}
	})
	t.Run("uptime", func(t *testing.T) {
		since, err := time.ParseInLocation(time.DateTime, strings.TrimSpace(providertest.Run(t, "uptime", "-s")), time.Local)
		if err != nil {
			t.Skipf("uptime does not say since when: %v", err)
		}
		boot, err := cim.ParseDatetime(os["LastBootUpTime"])
		if err != nil {
			t.Fatal(err)
		}
		if at, _ := boot.Time(); at.Sub(since).Abs() > 3*time.Second {
			t.Errorf("LastBootUpTime = %v, want %v", at, since)
		}
	})
}
