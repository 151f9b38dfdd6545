package software_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/providers/software"
	"openwmi/wbem"
)

func open(t testing.TB, o software.Options) wbem.Services {
	t.Helper()
	return providertest.Open(t, map[string]any{software.Name: software.New(o)}, live.MOF, software.MOF)
}

// rows returns the products that a query finds, by number and version, after
// each was found by its path.
func rows(t *testing.T, svc wbem.Services, query string) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	for _, inst := range providertest.Query(t, svc, query) {
		values := providertest.Values(inst)
		found[values["IdentifyingNumber"]+" "+values["Version"]] = values
		path, _ := cim.RelPath(inst)
		if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
			t.Error(err)
		}
	}
	return found
}

const status = `Package: bash
Status: install ok installed
Architecture: amd64
Version: 5.2-2
Maintainer: Ann Lee <ann@example.org>
Description: GNU Bash
 It is a
 .
 Package: inside
Homepage: http://bash

Package: gone
Status: deinstall ok config-files
Version: 1

Status: install ok half-configured
Version: 1:2` + "\r" + `
Package: half
Description:   ` + "\xff" + `x

Package: libc6
Status: hold ok installed
Architecture: amd64
Version: 2.36

Package: libc6
Status: install ok installed
Architecture: i386
Version: 2.36

Package: noversion
Status: install ok installed

Package: ../../etc/passwd
Status: install ok installed
Version: 1


garbage without a colon
Package: never
Status: purge ok not-installed
Version: 3

Package: last
Status: install ok installed
Version: 9`

func TestDpkg(t *testing.T) {
	dir := providertest.Tree(t, map[string]string{"status": status, "info/bash.list": "/.\n", "info/libc6:i386.list": ""})
	when := time.Date(2025, 3, 4, 5, 6, 7, 0, time.Local)
	for _, name := range []string{"bash.list", "libc6:i386.list"} {
		if err := os.Chtimes(filepath.Join(dir, "info", name), when, when); err != nil {
			t.Fatal(err)
		}
	}
	svc := open(t, software.Options{Dpkg: dir})
	date := live.Time(when).String()
	want := map[string]map[string]string{
		"bash:amd64 5.2-2": {"Name": "bash", "Caption": "GNU Bash", "Description": "GNU Bash", "Vendor": "Ann Lee <ann@example.org>", "URLInfoAbout": "http://bash",
			"InstallDate": "20250304", "InstallDate2": date},
		"half 1:2":         {"Name": "half", "InstallState": "-6", "Caption": "\uFFFDx", "Description": "\uFFFDx"},
		"libc6:amd64 2.36": {"Name": "libc6"},
		"libc6:i386 2.36":  {"Name": "libc6", "InstallDate": "20250304", "InstallDate2": date},
		"last 9":           {"Name": "last"},
	}
	for key, v := range want {
		v["IdentifyingNumber"], v["Version"], _ = strings.Cut(key, " ")
		v["AssignmentType"] = "1"
		if v["InstallState"] == "" {
			v["InstallState"] = "5"
		}
	}
	if diff := cmp.Diff(want, rows(t, svc, "SELECT * FROM Win32_Product")); diff != "" {
		t.Errorf("products differ:\n%s", diff)
	}
	for query, want := range map[string]string{
		"WHERE Name = 'libc6'":                               "libc6:amd64 libc6:i386",
		"WHERE Name = 'BASH' AND Version = '5.2-2'":          "bash:amd64",
		"WHERE Name = 'inside' OR Name = 'gone'":             "",
		"WHERE Name = 'never' OR Name = '../../etc/passwd'":  "",
		"WHERE Name = ''":                                    "",
		"WHERE IdentifyingNumber = 'libc6:i386'":             "libc6:i386",
		"WHERE IdentifyingNumber = 'libc6'":                  "",
		"WHERE IdentifyingNumber = 'last'":                   "last",
		"WHERE IdentifyingNumber = ':' OR Name LIKE 'b_sh'":  "bash:amd64",
		"WHERE Vendor LIKE 'Ann%'":                           "bash:amd64",
		"WHERE InstallState <> 5":                            "half",
		"WHERE Name = 'last' OR IdentifyingNumber = 'half'":  "half last",
		"WHERE InstallDate > '20250101' AND Name = 'libc6'":  "libc6:i386",
		"WHERE Name = 'libc6' AND IdentifyingNumber = 'x:y'": "",
	} {
		var got []string
		for _, v := range rows(t, svc, "SELECT * FROM Win32_Product "+query) {
			got = append(got, v["IdentifyingNumber"])
		}
		slices.Sort(got)
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s found %q, want %q", query, got, want)
		}
	}
}

// Products are the packages that dpkg-query lists.
func TestAgainstDpkg(t *testing.T) {
	if _, err := os.Stat("/var/lib/dpkg/status"); err != nil {
		t.Skip("this system has no packages of dpkg")
	}
	svc := open(t, software.Options{})
	compare := func() string {
		want := map[string]string{}
		for line := range strings.Lines(providertest.Run(t, "dpkg-query", "-W", "-f", `${db:Status-Status}\t${Package}:${Architecture}\t${Version}\t${Maintainer}\n`)) {
			f := strings.Split(strings.TrimSpace(line), "\t")
			if f[0] != "config-files" && f[0] != "not-installed" && len(f) == 4 {
				want[f[1]] = f[2] + " " + f[3]
			}
		}
		got := map[string]string{}
		for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_Product") {
			v := providertest.Values(inst)
			got[v["IdentifyingNumber"]] = v["Version"] + " " + v["Vendor"]
		}
		return cmp.Diff(want, got)
	}
	diff := compare()
	for try := 0; diff != "" && try < 3; try++ {
		diff = compare() // a package may have been installed between the two
	}
	if diff != "" {
		t.Errorf("products differ from dpkg-query:\n%s", diff)
	}
}

// script writes a program that stands in for rpm.
func script(t testing.TB, text string) string {
	t.Helper()
	if _, err := exec.LookPath("/bin/sh"); err != nil {
		t.Skip("this system has no /bin/sh")
	}
	name := filepath.Join(t.TempDir(), "rpm")
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestRpm(t *testing.T) {
	// The last argument is the name; only rpm -q has one.
	rpm := script(t, `
for last; do :; done
list() {
	printf 'bash\t5.2-3\tx86_64\tFedora\t86400\thttp://bash\tThe shell\tof GNU\n'
	printf 'Kernel\t6.1-1\tx86_64\t(none)\t(none)\t(none)\tLinux\n'
	printf 'Kernel\t1:6.2-1\tx86_64\t(none)\t-5\t(none)\tLinux\n'
	printf 'gpg-pubkey\t1-1\t(none)\t(none)\t1\t(none)\tkey\n'
	printf 'short\t1\n\t\t\t\t\t\t\nodd\t1\t(none)\t\t\t\t\n'
}
case $1 in
-qa) list;;
-q) list | grep "^$last	" || { echo "package $last is not installed"; exit 1; };;
esac`)
	svc := open(t, software.Options{Dpkg: t.TempDir(), Rpm: rpm})
	want := map[string]map[string]string{
		"bash.x86_64 5.2-3": {"Name": "bash", "Caption": "The shell\tof GNU", "Description": "The shell\tof GNU", "Vendor": "Fedora", "URLInfoAbout": "http://bash",
			"InstallDate": time.Unix(86400, 0).Format("20060102"), "InstallDate2": live.Time(time.Unix(86400, 0)).String()},
		"Kernel.x86_64 6.1-1":   {"Name": "Kernel", "Caption": "Linux", "Description": "Linux"},
		"Kernel.x86_64 1:6.2-1": {"Name": "Kernel", "Caption": "Linux", "Description": "Linux"},
		"odd 1":                 {"Name": "odd"},
	}
	for key, v := range want {
		v["IdentifyingNumber"], v["Version"], _ = strings.Cut(key, " ")
		v["AssignmentType"], v["InstallState"] = "1", "5"
	}
	if diff := cmp.Diff(want, rows(t, svc, "SELECT * FROM Win32_Product")); diff != "" {
		t.Errorf("products differ:\n%s", diff)
	}
	for query, want := range map[string]int{
		"WHERE Name = 'kernel'": 2, "WHERE Name = 'Kernel' AND Version = '6.1-1'": 1, "WHERE Name = '--eval' OR Name = 'a b' OR Name = 'none'": 0,
		"WHERE IdentifyingNumber = 'bash.x86_64'": 1, "WHERE IdentifyingNumber = 'odd'": 1, "WHERE Name = ''": 0,
	} {
		if got := rows(t, svc, "SELECT * FROM Win32_Product "+query); len(got) != want {
			t.Errorf("%s found %d products, want %d", query, len(got), want)
		}
	}
}

// What is wrong with the database or the program is NotAvailable.
func TestNotAvailable(t *testing.T) {
	empty := providertest.Tree(t, map[string]string{"status": ""})
	for name, o := range map[string]software.Options{
		"neither":       {Dpkg: t.TempDir(), Rpm: "/none/rpm"},
		"empty":         {Dpkg: empty, Rpm: "/none/rpm"},
		"rpm fails":     {Dpkg: empty, Rpm: script(t, "echo no database >&2; exit 1")},
		"rpm prints on": {Dpkg: empty, Rpm: script(t, "exec cat /dev/zero")},
		"rpm is killed": {Dpkg: empty, Rpm: script(t, "kill -9 $$")},
		"no program":    {Dpkg: empty, Rpm: script(t, "")[:1] + "etc"},
	} {
		svc := open(t, o)
		n := 0
		for _, err := range svc.Instances(t.Context(), "Win32_Product", wbem.Options{}) {
			n++
			if cim.StatusOf(err) != wbem.NotAvailable {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d results", name, n)
		}
	}
	if n := len(rows(t, open(t, software.Options{Dpkg: empty, Rpm: script(t, "")}), "SELECT * FROM Win32_Product")); n != 0 {
		t.Errorf("%d products of an rpm that has none", n)
	}
}

// FuzzStatus reads any file as the database of dpkg.
func FuzzStatus(f *testing.F) {
	f.Add([]byte(status), "bash")
	f.Add([]byte("\n\n\nPackage: a\n\nVersion: 1\n:\n"), "a\n")
	f.Add([]byte("Package: a\nVersion: 1\nStatus: a b c\x00"), "")
	dir := f.TempDir()
	svc := open(f, software.Options{Dpkg: dir, Rpm: "/none/rpm"})
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		if err := os.WriteFile(filepath.Join(dir, "status"), append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		for inst, err := range svc.Instances(t.Context(), "Win32_Product", wbem.Options{}) {
			if err != nil {
				t.Fatal(err)
			}
			path, ok := cim.RelPath(inst)
			if err := inst.Check(); err != nil || !ok {
				t.Errorf("%v: %v", inst, err)
			}
			if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		path := cim.Path{Class: "Win32_Product", Keys: []cim.Key{
			cim.NewKey("IdentifyingNumber", cim.StringValue(name)), cim.NewKey("Name", cim.StringValue(name)), cim.NewKey("Version", cim.StringValue(name))}}
		_, _ = svc.GetInstance(t.Context(), path, wbem.Options{})
	})
}

// BenchmarkDpkg reads a database of 5 MB.
func BenchmarkDpkg(b *testing.B) {
	var text strings.Builder
	filler := strings.Repeat(" A line of the description of the package, as long as these are.\n", 10)
	n := 0
	for ; text.Len() < 5<<20; n++ {
		fmt.Fprintf(&text, "Package: package%d\nStatus: install ok installed\nPriority: optional\nSection: misc\nInstalled-Size: 100\nMaintainer: A <a@b.c>\nArchitecture: amd64\nVersion: 1.%d\nDepends: libc6 (>= 2.36), libgcc-s1 (>= 3.0), libstdc++6 (>= 11)\nDescription: a package\n%sHomepage: https://example.org/\n\n", n, n, filler)
	}
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "status"), []byte(text.String()), 0o644); err != nil {
		b.Fatal(err)
	}
	svc := open(b, software.Options{Dpkg: dir})
	for name, query := range map[string]string{
		"all": "SELECT Name, Version FROM Win32_Product", "name": "SELECT * FROM Win32_Product WHERE Name = 'package4000'", "like": "SELECT Name FROM Win32_Product WHERE Name LIKE '%4000'",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if len(providertest.Query(b, svc, query)) == 0 {
					b.Fatal("no products")
				}
			}
		})
	}
}
