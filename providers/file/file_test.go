//go:build linux

package file_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/disk"
	"openwmi/providers/file"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/providers/process"
	"openwmi/wbem"
)

func open(t testing.TB, o file.Options) wbem.Services {
	t.Helper()
	return providertest.Open(t, map[string]any{
		file.Name: file.New(o), disk.Name: disk.New(o.System), process.Name: process.New(process.Options{System: o.System}),
	}, live.MOF, disk.MOF, process.MOF, file.MOF)
}

// A fixture is a tree that is the whole system.
type fixture struct {
	file.Options

	mu   sync.Mutex // guards seen
	seen []string   // what Visible was asked for
}

const mountinfo = `1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:1 / /proc rw - proc proc rw
3 1 8:2 / /home rw - xfs /dev/sdb1 rw
4 1 0:2 / /net ro - nfs4 server:/net ro
6 1 0:4 / /sshfs rw - fuse.sshfs2 me rw
5 1 0:3 / /run\040time rw - tmpfs tmpfs rw
`

func newFixture(t testing.TB, files map[string]string) *fixture {
	t.Helper()
	proc := providertest.Tree(t, map[string]string{"self/mountinfo": mountinfo})
	f := &fixture{Options: file.Options{Root: providertest.Tree(t, files), System: &live.System{Proc: proc, Computer: "PC"}}}
	f.path(t, "/") // what the test directory lets others do
	return f
}

// path returns where a name is on this system.
func (f *fixture) path(t testing.TB, name string) string {
	t.Helper()
	if err := os.Chmod(f.Root, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(f.Root, name)
}

// watched records what is looked at.
func (f *fixture) watched() file.Options {
	o := f.Options
	o.Visible = func(_ *provider.Request, name string) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.seen = append(f.seen, name)
		return nil
	}
	return o
}

// looked returns what was looked at since the last time, each once.
func (f *fixture) looked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := slices.Compact(slices.Sorted(slices.Values(f.seen)))
	f.seen = nil
	return seen
}

func names(insts []*cim.Instance) []string {
	list := []string{}
	for _, inst := range insts {
		v, _ := inst.Get("Name")
		list = append(list, v.Text())
	}
	slices.Sort(list)
	return list
}

func TestValues(t *testing.T) {
	f := newFixture(t, map[string]string{
		"etc/resolv.conf": "nameserver\n", "etc/.profile": "", "etc/a.tar.gz": "", "etc/end.": "", "etc/plain": "", "net/x": "", "home/u/y": "",
		"etc/link": "->resolv.conf",
	})
	when := time.Date(2024, 5, 6, 7, 8, 9, 123456000, time.UTC)
	if err := os.Chtimes(f.path(t, "etc/resolv.conf"), when.Add(time.Hour), when); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(f.path(t, "etc/resolv.conf"), 0o440); err != nil {
		t.Fatal(err)
	}
	svc := open(t, f.Options)
	get := func(path string) map[string]string {
		t.Helper()
		inst, err := svc.GetInstance(t.Context(), cim.MustParsePath(path), wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := inst.Check(); err != nil {
			t.Error(err)
		}
		return providertest.Values(inst)
	}
	got := get(`CIM_DataFile.Name="/etc/resolv.conf"`)
	for _, name := range []string{"CreationDate", "InstallDate", "Compressed", "Encrypted", "AccessMask"} {
		delete(got, name) // depend on the file system, and on who runs the test
	}
	datetime := func(at time.Time) string { d, _ := cim.NewDatetime(at.Local()); return d.String() }
	want := map[string]string{
		"Name": "/etc/resolv.conf", "Caption": "/etc/resolv.conf", "Description": "/etc/resolv.conf", "Path": "/etc/",
		"FileName": "resolv", "Extension": "conf", "Drive": "/", "FSName": "ext4", "FileType": "File", "FileSize": "11",
		"LastModified": datetime(when), "LastAccessed": datetime(when.Add(time.Hour)),
		"Readable": "TRUE", "Writeable": "FALSE", "Hidden": "FALSE", "Status": "OK", "CreationClassName": "CIM_LogicalFile",
		"CSCreationClassName": "Win32_ComputerSystem", "FSCreationClassName": "Win32_FileSystem", "CSName": "PC",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct{ path, want string }{
		{`CIM_DataFile.Name="/etc/.profile"`, ".profile||/etc/|/|File|TRUE|TRUE|ext4"},
		{`CIM_DataFile.Name="/etc/a.tar.gz"`, "a.tar|gz|/etc/|/|File|FALSE|TRUE|ext4"},
		{`CIM_DataFile.Name="/etc/end."`, "end.||/etc/|/|File|FALSE|TRUE|ext4"},
		{`CIM_DataFile.Name="/etc/link"`, "link||/etc/|/|Symbolic Link|FALSE|TRUE|ext4"},
		{`CIM_DataFile.Name="/net/x"`, "x||/net/|/net|File|FALSE|FALSE|nfs4"},
		{`CIM_DataFile.Name="/home/u/y"`, "y||/home/u/|/home|File|FALSE|TRUE|xfs"},
		{`Win32_Directory.Name="/home"`, "home||/|/home|File Folder|FALSE|TRUE|xfs"},
		{`Win32_Directory.Name="/"`, "|||/|File Folder|FALSE|TRUE|ext4"},
		{`CIM_LogicalFile.Name="/home/u"`, "u||/home/|/home|File Folder|FALSE|TRUE|xfs"},
	} {
		v := get(c.path)
		if _, ok := v["FileSize"]; ok == (v["FileType"] == "File Folder") {
			t.Errorf("%s: FileSize = %q", c.path, v["FileSize"])
		}
		if got := strings.Join([]string{v["FileName"], v["Extension"], v["Path"], v["Drive"], v["FileType"], v["Hidden"], v["Writeable"], v["FSName"]}, "|"); got != c.want {
			t.Errorf("%s: %s, want %s", c.path, got, c.want)
		}
	}
}

func TestNotFound(t *testing.T) {
	f := newFixture(t, map[string]string{"etc/passwd": "", "bin": "->etc", "proc/1/stat": "", "etc/\xff": ""})
	svc := open(t, f.Options)
	for _, path := range []string{
		`CIM_DataFile.Name="/etc/none"`, `CIM_DataFile.Name="/none/passwd"`, `CIM_DataFile.Name="/etc"`, `Win32_Directory.Name="/etc/passwd"`,
		`CIM_DataFile.Name="/bin/passwd"`, `CIM_DataFile.Name="/etc/passwd/x"`, `CIM_DataFile.Name="/etc/../etc/passwd"`,
		`CIM_DataFile.Name="//etc/passwd"`, `CIM_DataFile.Name="/etc/passwd/"`, `CIM_DataFile.Name="etc/passwd"`, `CIM_DataFile.Name=""`,
		`CIM_DataFile.Name="C:\\etc\\passwd"`, `CIM_DataFile.Name="/etc/PASSWD"`, `Win32_Directory.Name="/proc"`, `CIM_DataFile.Name="/proc/1/stat"`,
		`Win32_Directory.Name="/etc/"`, `Win32_Directory.Name="/../"`, `CIM_DataFile.Name="/` + strings.Repeat("x", 300) + `"`,
		`CIM_DataFile.Name="/` + strings.Repeat("x/", 3000) + `"`,
		`CIM_DirectoryContainsFile.GroupComponent="Win32_Directory.Name=\"/\"",PartComponent="CIM_DataFile.Name=\"/etc/passwd\""`,
		`CIM_DirectoryContainsFile.GroupComponent="x",PartComponent="CIM_DataFile.Name=\"/etc/passwd\""`,
		`Win32_SubDirectory.GroupComponent="Win32_Directory.Name=\"/\"",PartComponent="Win32_Directory.Name=\"/\""`,
		`Win32_LogicalDiskRootDirectory.GroupComponent="Win32_LogicalDisk.DeviceID=\"/etc\"",PartComponent="Win32_Directory.Name=\"/etc\""`,
		`CIM_ProcessExecutable.Antecedent="CIM_DataFile.Name=\"/etc/passwd\"",Dependent="Win32_Process.Handle=\"../1\""`,
	} {
		if _, err := svc.GetInstance(t.Context(), cim.MustParsePath(path), wbem.Options{}); cim.StatusOf(err) != wbem.NotFound {
			t.Errorf("%.80s: %v", path, err)
		}
	}
	for _, where := range []string{`Name='C:\\x'`, `Path='\\etc\\'`, `Path='/etc'`, `Path='etc/'`, `Path='//'`, `Drive='C:'`, `Drive='/proc'`, `Path='/proc/1/'`, `Name='/none'`} {
		if found := providertest.Query(t, svc, "SELECT Name FROM CIM_DataFile WHERE "+where); len(found) != 0 {
			t.Errorf("%s: %q", where, names(found))
		}
	}
}

// What a condition says decides what is looked at.
func TestPushDown(t *testing.T) {
	files := map[string]string{"up": "->/"}
	for _, name := range []string{
		"etc/passwd", "etc/passwd.old", "etc/hosts", "etc/ssh/config", "etc/X11/rc", "var/log/syslog", "var/log/apt/term.log", "var/lib/x",
		"home/u/passwd", "net/far", "sshfs/endless", "proc/1/stat", "run time/x",
	} {
		files[name] = ""
	}
	f := newFixture(t, files)
	svc := open(t, f.watched())
	for _, c := range []struct {
		query string
		want  string
		seen  []string // nil is anything
	}{
		{"CIM_DataFile WHERE Name='/etc/passwd'", "/etc/passwd", []string{"/etc/passwd"}},
		{"CIM_DataFile WHERE Name='/etc/passwd' OR Name='/etc/hosts'", "/etc/hosts /etc/passwd", []string{"/etc/hosts", "/etc/passwd"}},
		{"CIM_DataFile WHERE Path='/etc/' AND FileName='passwd' AND Extension=''", "/etc/passwd", []string{"/etc", "/etc/passwd"}},
		{"CIM_DataFile WHERE Path='/etc/' AND FileName='PASSWD'", "/etc/passwd /etc/passwd.old", nil},
		{"CIM_DataFile WHERE Path='/etc/X11/'", "/etc/X11/rc", []string{"/etc/X11", "/etc/X11/rc"}},
		{"CIM_DataFile WHERE Path='/run time/'", "/run time/x", nil},
		{"Win32_Directory WHERE Path='/var/'", "/var/lib /var/log", []string{"/var", "/var/lib", "/var/log"}},
		{"Win32_Directory WHERE Path='/'", "/etc /home /net /run time /sshfs /var", nil},
		{"CIM_LogicalFile WHERE Path='/var/log/'", "/var/log/apt /var/log/syslog", nil},
		{"CIM_DataFile WHERE Path LIKE '/var/log/%' AND FileSize=0", "/var/log/apt/term.log /var/log/syslog",
			[]string{"/", "/etc", "/home", "/net", "/run time", "/sshfs", "/up", "/var", "/var/lib", "/var/log", "/var/log/apt", "/var/log/apt/term.log", "/var/log/syslog"}},
		{"CIM_DataFile WHERE Name LIKE '/VAR/LOG/%.log'", "/var/log/apt/term.log", nil},
		{"CIM_DataFile WHERE Drive='/home'", "/home/u/passwd", []string{"/home", "/home/u", "/home/u/passwd"}},
		{"CIM_DataFile WHERE Drive='/net'", "/net/far", nil},
		{"Win32_Directory WHERE Drive='/home'", "/home /home/u", nil},
		{"CIM_DataFile WHERE Extension='LOG'", "/var/log/apt/term.log", nil},
		{"CIM_DataFile WHERE FileName='passwd'", "/etc/passwd /etc/passwd.old /home/u/passwd", nil},
		{"CIM_DataFile", "/etc/X11/rc /etc/hosts /etc/passwd /etc/passwd.old /etc/ssh/config /home/u/passwd /run time/x /up /var/lib/x /var/log/apt/term.log /var/log/syslog", nil},
		{"Win32_Directory", "/ /etc /etc/X11 /etc/ssh /home /home/u /net /run time /sshfs /var /var/lib /var/log /var/log/apt", nil},
	} {
		f.looked()
		if got := strings.Join(names(providertest.Query(t, svc, "SELECT * FROM "+c.query)), " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.query, got, c.want)
		}
		if seen := f.looked(); c.seen != nil && !slices.Equal(seen, c.seen) {
			t.Errorf("%s looked at %q", c.query, seen)
		}
	}
}

func TestAssociations(t *testing.T) {
	f := newFixture(t, map[string]string{"a/b/c": "", "a/d": "", "e": ""})
	svc := open(t, f.Options)
	for _, c := range []struct{ query, want string }{
		{`ASSOCIATORS OF {Win32_Directory.Name="/a"}`, "/ /a/b /a/d"},
		{`ASSOCIATORS OF {Win32_Directory.Name="/a"} WHERE AssocClass=CIM_DirectoryContainsFile`, "/a/d"},
		{`ASSOCIATORS OF {Win32_Directory.Name="/a"} WHERE AssocClass=Win32_SubDirectory ResultRole=PartComponent`, "/a/b"},
		{`ASSOCIATORS OF {Win32_Directory.Name="/a"} WHERE AssocClass=Win32_SubDirectory ResultRole=GroupComponent`, "/"},
		{`ASSOCIATORS OF {CIM_DataFile.Name="/a/b/c"} WHERE ResultClass=Win32_Directory`, "/a/b"},
		{`ASSOCIATORS OF {Win32_Directory.Name="/"} WHERE AssocClass=CIM_DirectoryContainsFile`, "/e"},
		{`ASSOCIATORS OF {Win32_LogicalDisk.DeviceID="/"} WHERE ResultClass=Win32_Directory`, "/"},
		{`ASSOCIATORS OF {Win32_Directory.Name="/"} WHERE AssocClass=Win32_LogicalDiskRootDirectory`, "/"},
	} {
		if got := strings.Join(names(providertest.Query(t, svc, c.query)), " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.query, got, c.want)
		}
	}
	// What is in one directory is found without looking at others, nor at what is of the
	// other kind where the file system tells them apart.
	svc = open(t, f.watched())
	near := func(seen []string) bool {
		return !slices.ContainsFunc(seen, func(s string) bool { return !slices.Contains([]string{"/a", "/a/b", "/a/d"}, s) })
	}
	found := providertest.Query(t, svc, `SELECT * FROM Win32_SubDirectory WHERE GroupComponent='\\\\HERE\\root\\cimv2:Win32_Directory.Name="/a"'`)
	if seen := f.looked(); len(found) != 1 || !near(seen) {
		t.Fatalf("%v after looking at %q", found, seen)
	}
	providertest.Query(t, svc, `ASSOCIATORS OF {Win32_Directory.Name="/a"} WHERE AssocClass=CIM_DirectoryContainsFile`)
	if seen := f.looked(); !near(seen) {
		t.Errorf("ASSOCIATORS OF looks at %q", seen)
	}
	// By its keys too.
	if path, ok := cim.RelPath(found[0]); !ok {
		t.Error("it has no path")
	} else if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
		t.Error(err)
	}
}

// The program of this very process.
func TestExecutable(t *testing.T) {
	svc := open(t, file.Options{})
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Skip("this system has no /proc")
	}
	query := `ASSOCIATORS OF {Win32_Process.Handle="` + strconv.Itoa(os.Getpid()) + `"} WHERE AssocClass=CIM_ProcessExecutable`
	if got := names(providertest.Query(t, svc, query)); !slices.Equal(got, []string{exe}) {
		t.Errorf("%q, want %s", got, exe)
	}
	query = `REFERENCES OF {CIM_DataFile.Name="` + exe + `"} WHERE ResultClass=CIM_ProcessExecutable`
	if found := providertest.Query(t, svc, query); len(found) == 0 {
		t.Error("the file is nobody's program")
	}
}

// The machine's own files are what stat says.
func TestAgainstStat(t *testing.T) {
	svc := open(t, file.Options{})
	compared := 0
	for _, inst := range providertest.Query(t, svc, "SELECT * FROM CIM_LogicalFile WHERE Path='/etc/'") {
		get := func(name string) string { v, _ := inst.Get(name); return v.String() }
		var s unix.Stat_t
		if err := unix.Lstat(get("Name"), &s); err != nil {
			continue
		}
		size := strconv.FormatInt(s.Size, 10)
		if s.Mode&unix.S_IFMT == unix.S_IFDIR {
			size = "NULL"
		}
		modified, _ := inst.Get("LastModified")
		d, _ := modified.Datetime()
		at, _ := d.Time()
		got := fmt.Sprint(get("FileSize"), " ", at.UnixMicro())
		if want := fmt.Sprint(size, " ", time.Unix(s.Mtim.Unix()).UnixMicro()); got != want {
			t.Errorf("%s: %s, stat says %s", get("Name"), got, want)
		}
		compared++
	}
	listed := len(strings.Fields(providertest.Run(t, "find", "/etc", "-mindepth", "1", "-maxdepth", "1", "-printf", "x ")))
	if compared != listed || compared == 0 {
		t.Errorf("%d files in /etc, find says %d", compared, listed)
	}
	root, err := svc.GetInstance(t.Context(), cim.MustParsePath(`Win32_Directory.Name="/"`), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := root.Get("FSName"); v.Text() != strings.TrimSpace(providertest.Run(t, "findmnt", "-n", "-o", "FSTYPE", "/")) {
		t.Errorf("/ is %s", v)
	}
}

// A walk ends as soon as nobody wants it, and goes only so deep.
func TestWalk(t *testing.T) {
	f := newFixture(t, map[string]string{"a/x": "", "b/x": ""})
	deep := f.path(t, "deep") + strings.Repeat("/d", 200)
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	svc := open(t, f.Options)
	if n := len(providertest.Query(t, svc, "SELECT Name FROM Win32_Directory WHERE Name LIKE '/deep/%'")); n != 128 {
		t.Errorf("%d directories below /deep", n)
	}
	name := strings.TrimPrefix(deep, f.Root)
	if _, err := svc.GetInstance(t.Context(), cim.MustParsePath(`Win32_Directory.Name="`+name+`"`), wbem.Options{}); err != nil {
		t.Error(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	p := file.New(f.Options)
	class, err := svc.GetClass(t.Context(), "Win32_Directory", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range p.Instances(ctx, &provider.Request{Class: class, Caller: self(t)}) {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			break
		}
		if n++; n == 3 {
			cancel()
		}
	}
	if n != 3 {
		t.Errorf("%d directories after the end", n)
	}
	before := descriptors(t)
	for range p.Instances(t.Context(), &provider.Request{Class: class, Caller: self(t)}) {
		break
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors, before %d", after, before)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("this system has no /proc")
	}
	return len(entries)
}
