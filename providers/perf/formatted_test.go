package perf

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/wbem"
)

var update = flag.Bool("update", false, "write the files in formatted")

// rawPrefix and formattedPrefix begin the names of the classes.
const (
	rawPrefix       = "Win32_PerfRawData_"
	formattedPrefix = "Win32_PerfFormattedData_"
)

// A file in formatted has the class that each raw class of its namesake in raw leads
// to, and is written by this test: go test -run TestFormattedMOF -update
func TestFormattedMOF(t *testing.T) {
	names, err := filepath.Glob("raw/*.mof")
	if err != nil {
		t.Fatal(err)
	}
	base := live.Join(files, "perf.mof")
	for _, raw := range names {
		svc := providertest.Open(t, nil, live.MOF, base, live.Join(files, filepath.ToSlash(raw)))
		var b strings.Builder
		b.WriteString("// What the classes of " + filepath.ToSlash(raw) + " come to, made by go test -run TestFormattedMOF -update\n\n" +
			"#pragma namespace(\"\\\\\\\\.\\\\root\\\\cimv2\")\n")
		for class, err := range svc.Classes(t.Context(), "Win32_PerfRawData", wbem.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			writeFormatted(&b, class)
		}
		file := filepath.Join("formatted", filepath.Base(raw))
		if *update {
			if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(b.String(), "\n"), strings.Split(string(have), "\n")); diff != "" {
			t.Errorf("%s is not what %s leads to: run with -update (-want +got)\n%s", file, raw, diff)
		}
	}
	if made := live.Join(files, "formatted/*.mof"); bytes.Count(made, []byte("\nclass ")) != bytes.Count(live.Join(files, "raw/*.mof"), []byte("\nclass ")) {
		t.Error("there are formatted classes without raw ones")
	}
}

func writeFormatted(b *strings.Builder, raw *cim.Class) {
	quote := func(s string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	singleton := ""
	if raw.IsSingleton() {
		singleton = "Singleton, "
	}
	fmt.Fprintf(b, "\n[Dynamic, Provider(%q), HiPerf, Cooked, %sAutoCook(1), AutoCook_RawClass(%q), AutoCook_RawDefault(1),\n", CookerName, singleton, raw.Name())
	b.WriteString(` PerfSysTimeStamp("Timestamp_PerfTime"), PerfSysTimeFreq("Frequency_PerfTime"),` + "\n" +
		` Perf100NSTimeStamp("Timestamp_Sys100NS"), Perf100NSTimeFreq("Frequency_Sys100NS"),` + "\n" +
		` PerfObjTimeStamp("Timestamp_Object"), PerfObjTimeFreq("Frequency_Object"),` + "\n")
	fmt.Fprintf(b, " DisplayName(%s), PerfDetail(100),\n Description(%s)]\n", quote(raw.Qualifiers().Value("DisplayName").Text()),
		quote(raw.Qualifiers().Value("Description").Text()))
	fmt.Fprintf(b, "class %s : Win32_PerfFormattedData\n{\n", formattedPrefix+strings.TrimPrefix(raw.Name(), rawPrefix))
	first := true
	for _, p := range raw.Properties() {
		q := p.Qualifiers()
		kind, counts := formulaOf(p, p)
		if !p.IsLocal() || !p.IsKey() && !counts {
			continue
		}
		if !first {
			b.WriteString("\n")
		}
		first = false
		if p.IsKey() {
			fmt.Fprintf(b, "\t[Key, MaxLen(%d), Description(%s)]\n\t%s %s;\n", q.Value("MaxLen").Int(), quote(q.Value("Description").Text()), p.CIMType(), p.Name())
			continue
		}
		more := ""
		if q.True("PerfDefault") {
			more += ", PerfDefault"
		}
		units := kind.units
		if units == "" {
			units = q.Value("Units").Text()
		} else if raw := q.Value("Units").Text(); raw != "" && units == "per second" {
			units = raw + " " + units
		}
		if units != "" {
			more += fmt.Sprintf(", Units(%q)", units)
		}
		fmt.Fprintf(b, "\t[DisplayName(%s), CookingType(%q), DefaultScale(%d), PerfDetail(100)%s,\n\t Description(%s)]\n\t%s %s;\n",
			quote(q.Value("DisplayName").Text()), kind.name, q.Value("DefaultScale").Int(), more, quote(q.Value("Description").Text()), p.CIMType(), p.Name())
	}
	b.WriteString("};\n")
}
