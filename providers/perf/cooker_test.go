package perf_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/providers/perf"
	"openwmi/wbem"
)

// A lab is a store for raw classes whose instances are written by hand, and classes
// that are computed from them.
type lab struct {
	wbem.Services
	t *testing.T
	m *cimom.Manager
}

func newLab(t *testing.T, text string) *lab {
	t.Helper()
	m, err := cimom.OpenMemory(cimom.Options{
		Providers: map[string]any{perf.Name: perf.New(perf.Options{}), perf.CookerName: perf.NewCooker()},
		MOF:       bytes.Join([][]byte{live.MOF, perf.MOF}, []byte("\n")),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	svc, err := m.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{svc, t, m}
	l.compile(text)
	return l
}

func (l *lab) compile(text string) {
	l.t.Helper()
	p, err := compile.ParseText(l.t.Context(), compile.Options{Namespace: `root\cimv2`}, "lab.mof", []byte(text))
	if err == nil {
		_, err = p.Store(l.t.Context(), l.m)
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// value returns a property of the only instance of a class, "" for NULL.
func (l *lab) value(class, property string) string {
	l.t.Helper()
	found := providertest.Query(l.t, l.Services, "SELECT * FROM "+class)
	if len(found) != 1 {
		l.t.Fatalf("%s has %d instances", class, len(found))
	}
	return providertest.Values(found[0])[property]
}

// Each counter type, by the numbers that documentation gives it: two samples of
// the counter and its base. Between them 2 s pass by the clock of 1000 a second, 4
// s by that of 100 ns, and 5 s by that of the object, 100 a second.
func TestFormulas(t *testing.T) {
	const full = "18446744073709551615"
	for _, test := range []struct {
		name           string
		number         int
		width          int
		n0, b0, n1, b1 string
		first, second  string // values; the first is since all was 0
	}{
		{"PERF_COUNTER_RAWCOUNT_HEX", 0, 32, "7", "", "5", "", "7", "5"},
		{"PERF_COUNTER_LARGE_RAWCOUNT_HEX", 256, 64, full, "", "5", "", full, "5"},
		{"PERF_COUNTER_RAWCOUNT", 65536, 32, "7", "", "5", "", "7", "5"},
		{"PERF_COUNTER_LARGE_RAWCOUNT", 65792, 64, "7", "", "5", "", "7", "5"},
		{"PERF_COUNTER_DELTA", 4195328, 32, "7", "", "15", "", "", "8"},
		{"PERF_COUNTER_LARGE_DELTA", 4195584, 64, "7", "", "15", "", "7", "8"},
		{"PERF_SAMPLE_COUNTER", 4260864, 32, "7", "", "18", "", "", "5"},
		{"PERF_COUNTER_COUNTER", 272696320, 32, "4294967295", "", "20", "", "", "10"},         // wraps: 21 in 2 s
		{"PERF_COUNTER_COUNTER", 272696320, 32, "100", "", "99", "", "", ""},                  // backwards
		{"PERF_COUNTER_BULK_COUNT", 272696576, 64, "1000", "", "1020", "", "100", "10"},       // 10 s before the first
		{"PERF_COUNTER_BULK_COUNT", 272696576, 64, full, "", "19", "", "", "10"},              // wraps
		{"PERF_COUNTER_BULK_COUNT", 272696576, 64, "1000", "", "999", "", "100", ""},          // backwards
		{"PERF_COUNTER_QUEUELEN_TYPE", 4523008, 32, "1000", "", "7000", "", "", "3"},          // 6000 in 2000
		{"PERF_COUNTER_LARGE_QUEUELEN_TYPE", 4523264, 64, "20000", "", "26000", "", "2", "3"}, // 20000 in 10000
		{"PERF_COUNTER_100NS_QUEUELEN_TYPE", 5571840, 64, "300000000", "", "380000000", "", "3", "2"},
		{"PERF_COUNTER_OBJ_TIME_QUEUELEN_TYPE", 6620416, 64, "4000", "", "5500", "", "4", "3"},
		{"PERF_COUNTER_TIMER", 541132032, 64, "5000", "", "5500", "", "50", "25"},
		{"PERF_100NSEC_TIMER", 542180608, 64, "50000000", "", "80000000", "", "50", "75"},
		{"PERF_OBJ_TIME_TIMER", 543229184, 64, "500", "", "550", "", "50", "10"},
		{"PERF_COUNTER_TIMER_INV", 557909248, 64, "5000", "", "5500", "", "50", "75"},
		{"PERF_100NSEC_TIMER_INV", 558957824, 64, "100000001", "", "140000005", "", "0", "0"}, // more than the time
		{"PERF_100NSEC_TIMER_INV", 558957824, 64, "0", "", "39999999", "", "100", "0"},
		{"PERF_COUNTER_MULTI_TIMER", 574686464, 64, "5000", "4", "8000", "3", "12", "50"},
		{"PERF_100NSEC_MULTI_TIMER", 575735040, 64, "50000000", "2", "80000000", "3", "25", "25"},
		{"PERF_COUNTER_MULTI_TIMER_INV", 591463680, 64, "5000", "2", "6000", "3", "150", "250"},
		{"PERF_100NSEC_MULTI_TIMER_INV", 592512256, 64, "50000000", "2", "210000000", "3", "150", "0"},
		{"PERF_RAW_FRACTION", 537003008, 32, "1", "3", "7", "5", "33", "140"},
		{"PERF_RAW_FRACTION", 537003008, 32, "1", "0", "7", "", "", ""},
		{"PERF_LARGE_RAW_FRACTION", 537003264, 64, full, full, "1", "8", "100", "12"},
		{"PERF_SAMPLE_FRACTION", 549585920, 32, "1", "3", "4", "8", "", "60"},
		{"PERF_PRECISION_SYSTEM_TIMER", 541525248, 64, "1", "8", "2", "11", "12", "33"},
		{"PERF_PRECISION_100NS_TIMER", 542573824, 64, "1", "8", "2", "8", "12", ""}, // no time has passed
		{"PERF_PRECISION_OBJECT_TIMER", 543622400, 64, "1", "2", "9", "4", "50", "400"},
		{"PERF_AVERAGE_TIMER", 805438464, 32, "1000", "2", "7000", "4", "", "3"},
		{"PERF_AVERAGE_TIMER", 805438464, 32, "1000", "2", "7000", "2", "", "0"}, // nothing has happened
		{"PERF_AVERAGE_BULK", 1073874176, 64, "100", "8", "400", "11", "12", "100"},
		{"PERF_AVERAGE_BULK", 1073874176, 64, "100", "8", "100", "8", "12", "0"},
		{"PERF_ELAPSED_TIME", 807666944, 64, "99999", "", "99999", "", "10", "15"},
		{"PERF_ELAPSED_TIME", 807666944, 64, "999999", "", "999999", "", "", ""}, // in the future
		{"PERF_COUNTER_TEXT", 2816, 32, "7", "", "5", "", "", ""},
		{"PERF_AVERAGE_BASE", 1073939458, 32, "7", "", "5", "", "", ""},
	} {
		t.Run(fmt.Sprintf("%s %s", test.name, test.n1), func(t *testing.T) {
			l := newLab(t, fmt.Sprintf(`
				class Raw : Win32_PerfRawData { [key] string Name; [CounterType(%d)] uint%d C; uint%d C_Base; };
				[Dynamic, Provider("HiPerfCooker_v1"), AutoCook_RawClass("raw")]
				class Cooked : Win32_PerfFormattedData { [key] string Name; uint64 C; [CookingType("%s"), Counter("C")] uint64 D; string E; };`,
				test.number, test.width, test.width, strings.ToLower(test.name)))
			sample := func(perf, sys, object int, n, b string) {
				l.compile(fmt.Sprintf(`instance of Raw { Name = "one"; Timestamp_PerfTime = %d; Frequency_PerfTime = 1000;
					Timestamp_Sys100NS = %d; Frequency_Sys100NS = 10000000; Timestamp_Object = %d; Frequency_Object = 100; C = %s; C_Base = %s; };`,
					perf, sys, object, n, cmp.Or(b, "NULL")))
			}
			sample(10000, 5e8, 100999, test.n0, test.b0)
			if got := l.value("Cooked", "C"); got != test.first {
				t.Errorf("since the start: %q, want %q", got, test.first)
			}
			sample(12000, 5e8+4e7, 101499, test.n1, test.b1)
			if got := l.value("Cooked", "C"); got != test.second {
				t.Errorf("%q, want %q", got, test.second)
			}
			if c, d := l.value("Cooked", "C"), l.value("Cooked", "D"); c != d {
				t.Errorf("by its name it is %q, by its number %q", d, c)
			}
		})
	}
}

const sampleOf = `instance of Raw { Name = "%s"; Timestamp_PerfTime = %d; Frequency_PerfTime = 1000; C = %d; };`

const rateClasses = `class Raw : Win32_PerfRawData { [key] string Name; [CounterType(272696576)] uint64 C; };
	[Dynamic, Provider("HiPerfCooker_v1"), AutoCook_RawClass("Raw")] class Cooked : Win32_PerfFormattedData { [key] string Name; %s C; };`

// Samples belong to the class that was asked for, as it is; an instance that is
// gone is forgotten, and a clock that begins anew begins anew.
func TestHistory(t *testing.T) {
	l := newLab(t, fmt.Sprintf(rateClasses, "uint64")+`
		[Dynamic, Provider("HiPerfCooker_v1"), AutoCook_RawClass("Raw")] class Other : Win32_PerfFormattedData { [key] string Name; uint64 C; };`)
	check := func(step string, c int, at int, want map[string]string) {
		t.Helper()
		l.compile(fmt.Sprintf(sampleOf, "A", at, c))
		for class, v := range want {
			if got := l.value(class, "C"); got != v {
				t.Errorf("%s: %s.C = %q, want %q", step, class, got, v)
			}
		}
	}
	check("since the start", 1000, 10000, map[string]string{"Cooked": "100"})
	check("a second later", 1300, 11000, map[string]string{"Cooked": "300", "Other": "118"})
	check("too soon for one of them", 1309, 11090, map[string]string{"Cooked": "283", "Other": "118"})
	check("a second again", 2309, 12000, map[string]string{"Cooked": "1009", "Other": "1009"})
	check("the clock begins anew", 50, 1000, map[string]string{"Cooked": "50", "Other": "50"})
	check("it goes on", 70, 2000, map[string]string{"Cooked": "20"})

	if err := l.DeleteInstance(t.Context(), cim.MustParsePath(`Raw.Name="A"`), wbem.Options{}); err != nil {
		t.Fatal(err)
	}
	if n := len(providertest.Query(t, l.Services, "SELECT * FROM Cooked")); n != 0 {
		t.Fatalf("%d instances", n)
	}
	check("it was gone", 80, 4000, map[string]string{"Cooked": "20"})

	l.compile(`[Dynamic, Provider("HiPerfCooker_v1"), AutoCook_RawClass("Raw"), Description("x")] class Cooked : Win32_PerfFormattedData { [key] string Name; uint32 C; };`)
	check("the class is another one", 180, 5000, map[string]string{"Cooked": "36"})
}

// The times may be other properties than those of Win32_Perf.
func TestOtherTimes(t *testing.T) {
	l := newLab(t, `class Raw { [key] string Name; uint64 At; uint64 PerSecond; [CounterType(272696576)] uint64 C; };
		[Dynamic, Provider("HiPerfCooker_v1"), AutoCook_RawClass("Raw"), PerfSysTimeStamp("at"), PerfSysTimeFreq("PerSecond")]
		class Cooked { [key] string Name; uint64 C; };
		instance of Raw { Name = "A"; At = 500; PerSecond = 100; C = 50; };`)
	if got := l.value("Cooked", "C"); got != "10" {
		t.Errorf("since the start: %q", got)
	}
	l.compile(`instance of Raw { Name = "A"; At = 700; PerSecond = 100; C = 56; };`)
	if got := l.value("Cooked", "C"); got != "3" {
		t.Errorf("two seconds later: %q", got)
	}
}

// Values that a property has no room for are NULL, whatever its default is.
func TestRoom(t *testing.T) {
	for typ, want := range map[string]string{"uint32": "", "sint32": "", "uint64": "4294967296", "sint64": "4294967296", "real64": "", "string": ""} {
		l := newLab(t, fmt.Sprintf(rateClasses, typ))
		l.compile(`[Dynamic, Provider("HiPerfCooker_v1"), AutoCook_RawClass("Raw")] class Preset { [key] string Name; [Counter("C")] uint32 D = 7; };`)
		l.compile(fmt.Sprintf(sampleOf, "A", 1000, int64(1<<32)))
		if got := l.value("Cooked", "C"); got != want {
			t.Errorf("%s: %q, want %q", typ, got, want)
		}
		if got := l.value("Preset", "D"); got != "" {
			t.Errorf("instead of the default: %q, want NULL", got)
		}
	}
}

// What is wrong with a class that is to be computed is said.
func TestWrongClass(t *testing.T) {
	l := newLab(t, `
		[Dynamic, Provider("HiPerfCooker_v1")] class NoRaw : Win32_PerfFormattedData { [key] string Name; };
		[Dynamic, Provider("HiPerfCooker_v1"), AutoCook_RawClass("Nothing")] class Lost : Win32_PerfFormattedData { [key] string Name; };
		class Raw { [key] string Name; string C; [CounterType(65536)] string D; uint64 E; };
		instance of Raw { Name = "A"; C = "text"; D = "5"; E = 5; };
		[Dynamic, Provider("HiPerfCooker_v1"), AutoCook_RawClass("Raw")] class Odd {
			[key] string Name; uint64 C; [CookingType("PERF_COUNTER_RAWCOUNT")] uint64 D; [CookingType("COOKER_UNHEARD_OF")] uint64 E; [Counter("Nothing")] uint64 F; };`)
	for class, want := range map[string]wbem.Status{"NoRaw": wbem.ProviderNotCapable, "Lost": wbem.InvalidClass} {
		for _, err := range l.Instances(t.Context(), class, wbem.Options{}) {
			if cim.StatusOf(err) != want {
				t.Errorf("%s: %v, want %v", class, err, want)
			}
		}
	}
	found := providertest.Query(t, l.Services, "SELECT * FROM Odd")
	if len(found) != 1 || len(providertest.Values(found[0])) != 1 {
		t.Errorf("of a class whose counters are none: %v", found)
	}
}

// Many callers at once do not disturb each other.
func TestConcurrent(t *testing.T) {
	l := newLab(t, fmt.Sprintf(rateClasses, "uint64"))
	for i := range 50 {
		l.compile(fmt.Sprintf(sampleOf, fmt.Sprint("I", i), 1000, 500))
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			text := "SELECT * FROM Cooked"
			if i%2 == 1 {
				text = "SELECT * FROM Cooked WHERE Name = 'I7' OR Name = 'i7' OR Name = 'none'"
			}
			for range 20 {
				for obj, err := range l.Query(t.Context(), "WQL", text, wbem.Options{}) {
					if err != nil {
						t.Error(err)
						return
					}
					if v, _ := obj.(*cim.Instance).Get("C"); v.Uint() != 500 {
						t.Errorf("C = %v, want 500", v)
					}
				}
			}
		})
	}
	all.Wait()
}

// Statistics are of the last values of a counter, each of a sample of its own.
func TestStatistics(t *testing.T) {
	l := newLab(t, `class Raw : Win32_PerfRawData { [key] string Name; [CounterType(65536)] uint64 C; };
		[Dynamic, Provider("HiPerfCooker_v1"), AutoCook_RawClass("Raw")] class Cooked : Win32_PerfFormattedData {
			[key] string Name;
			[Counter("C"), CookingType("COOKER_AVERAGE"), SampleWindow(3)] uint64 Mean;
			[Counter("C"), CookingType("cooker_min"), SampleWindow(3)] uint32 Min;
			[Counter("C"), CookingType("COOKER_MAX"), SampleWindow(2)] uint64 Max;
			[Counter("C"), CookingType("COOKER_RANGE"), SampleWindow(99999)] uint64 Range;
			[Counter("C"), CookingType("COOKER_VARIANCE")] uint64 Variance;
		};`)
	for i, test := range []struct {
		at, c int
		want  string
	}{
		{1000, 10, "10 10 10 0 0"},
		{2000, 13, "11 10 13 3 2"},
		{2050, 999, "11 10 13 3 2"}, // too soon
		{3000, 4, "9 4 13 9 14"},
		{4000, 5, "7 4 5 9 13"},
		{5000, 6, "5 4 6 9 11"},
	} {
		l.compile(fmt.Sprintf(sampleOf, "A", test.at, test.c))
		v := providertest.Values(providertest.Query(t, l.Services, "SELECT * FROM Cooked")[0])
		if got := strings.Join([]string{v["Mean"], v["Min"], v["Max"], v["Range"], v["Variance"]}, " "); got != test.want {
			t.Errorf("%d: %s, want %s", i, got, test.want)
		}
	}
}

// The class that documentation gives as an example can be compiled, and answers.
func TestDocumented(t *testing.T) {
	needProc(t)
	const file = "../../../shared/corpus/mof/msdocs/WmiSdk/obtaining-statistical-performance-data.L44.mof"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("the corpus is not there: %v", err)
	}
	l := newLab(t, string(text))
	v := providertest.Values(providertest.Query(t, l.Services, "SELECT * FROM Win32_PerfFormattedData_MemoryStatistics")[0])
	if v["Average"] == "" || v["Average"] != v["Min"] || v["Max"] != v["Min"] || v["Range"] != "0" || v["Variance"] != "0" {
		t.Errorf("of one sample: %v", v)
	}
	if got := l.value("Win32_PerfFormattedData_MemoryStatistics", "Average"); got == "" {
		t.Error("a second time it does not answer")
	}
}

// The class in the notes works as it stands there.
func TestNotes(t *testing.T) {
	needProc(t)
	l := newLab(t, `
		[Dynamic, Provider("HiPerfCooker_v1"), AutoCook_RawClass("Win32_PerfRawData_PerfOS_Memory"), Singleton]
		class Paging : Win32_PerfFormattedData {
			[Counter("PagesPersec")] uint32 Rate;
			[Counter("AvailableBytes"), CookingType("PERF_COUNTER_LARGE_RAWCOUNT")] uint64 Left;
		};`)
	inst, err := l.GetInstance(t.Context(), cim.MustParsePath("Paging=@"), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := inst.Get("Left"); v.Uint() < 1<<20 {
		t.Errorf("Left = %v", v)
	}
}
