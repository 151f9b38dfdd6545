//go:build unix

package declared_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"openwmi/cim"
	"openwmi/mof/compile"
	"openwmi/providers/declared"
	"openwmi/providers/internal/providertest"
	"openwmi/wbem"
)

const registration = `
instance of __Win32Provider as $Declared { Name = "OpenWMI_Declared"; CLSID = "builtin:OpenWMI_Declared"; };
instance of __InstanceProviderRegistration
{
	Provider = $Declared; SupportsGet = TRUE; SupportsEnumeration = TRUE; QuerySupportLevels = {"WQL:UnarySelect"};
};
`

// A logBuffer is a log that can be read.
type logBuffer struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newProvider(t testing.TB, c *declared.Config) (*declared.Provider, *logBuffer) {
	t.Helper()
	log := &logBuffer{}
	p, err := declared.New(c, declared.Options{Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return p, log
}

// open compiles classes into a store. They may run a shell, and read what is below
// a directory.
func open(t testing.TB, c *declared.Config, mof string) (wbem.Services, *logBuffer) {
	t.Helper()
	p, log := newProvider(t, c)
	svc := providertest.Open(t, map[string]any{declared.Name: p}, []byte("#pragma namespace(\"\\\\\\\\.\\\\root\\\\cimv2\")\n"+registration+mof))
	return svc, log
}

// class declares one with the qualifiers and properties.
func class(name, qualifiers, properties string) string {
	return fmt.Sprintf("[Dynamic, Provider(\"OpenWMI_Declared\"), %s] class %s { %s };\n", qualifiers, name, properties)
}

// shell is a command of /bin/sh.
func shell(script string) string {
	return fmt.Sprintf(`Command{"/bin/sh", "-c", "%s"}`, strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(script))
}

var anything = &declared.Config{Programs: []string{"/bin/sh"}}

// rows returns the instances of a class, a line each.
func rows(t testing.TB, svc wbem.Services, class string) (string, error) {
	t.Helper()
	var lines []string
	for inst, err := range svc.Instances(t.Context(), class, wbem.Options{}) {
		if err != nil {
			return strings.Join(lines, "\n"), err
		}
		if err := inst.Check(); err != nil {
			t.Error(err)
		}
		lines = append(lines, line(inst))
	}
	return strings.Join(lines, "\n"), nil
}

func line(inst *cim.Instance) string {
	var parts []string
	for i, p := range inst.Class().Properties() {
		v := inst.At(i)
		if v.IsNull() {
			continue
		}
		texts := []string{}
		for _, e := range append(v.Elems(), v)[:max(1, v.Len())] {
			if e.Type().IsText() {
				texts = append(texts, fmt.Sprintf("%q", e.Text()))
			} else if !e.Type().IsArray() {
				texts = append(texts, e.String())
			}
		}
		text := strings.Join(texts, ",")
		if v.Type().IsArray() {
			text = "{" + text + "}"
		}
		parts = append(parts, p.Name()+"="+text)
	}
	return strings.Join(parts, " ")
}

// The examples of the note do what it says.
func TestNote(t *testing.T) {
	note, err := os.ReadFile(filepath.Join("..", "..", "doc", "declared.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	c := &declared.Config{Commands: [][]string{}, Files: []string{dir + "/"}, Programs: []string{dir + "/program"}}
	sections := strings.Split(string(note), "\n## ")
	block := func(section, kind string) string {
		_, after, ok := strings.Cut(section, "```"+kind+"\n")
		text, _, closed := strings.Cut(after, "```")
		if !ok || !closed {
			return ""
		}
		return text
	}
	if got := block(sections[0], "mof"); strings.TrimSpace(got) != strings.TrimSpace(registration) {
		t.Errorf("the registration of the note is\n%s", got)
	}
	config := filepath.Join(dir, "declared.json")
	if err := os.WriteFile(config, []byte(block(sections[0], "json")), 0o600); err != nil {
		t.Fatal(err)
	}
	if listed, err := declared.ReadConfig(config); err != nil || len(listed.Programs) != 2 || len(listed.Commands) != 2 || len(listed.Files) != 2 {
		t.Errorf("the configuration is %+v, %v", listed, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "program"), []byte("#!/bin/sh\ncat \"$0.text\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	shown := 0
	for _, section := range sections[1:] {
		mof, output, want := block(section, "mof"), block(section, "output"), block(section, "rows")
		if mof == "" {
			continue
		}
		title, _, _ := strings.Cut(section, "\n")
		t.Run(title, func(t *testing.T) {
			// The program and the file of the note need not be here.
			_, after, ok := strings.Cut(mof, `Command{"`)
			if !ok {
				_, after, _ = strings.Cut(mof, `File("`)
			}
			name, _, _ := strings.Cut(after, `"`)
			target := filepath.Join(dir, "program.text")
			if ok {
				mof = strings.ReplaceAll(mof, `"`+name+`"`, `"`+filepath.Join(dir, "program")+`"`)
			} else {
				mof = strings.ReplaceAll(mof, name, target)
			}
			if err := os.WriteFile(target, []byte(output), 0o644); err != nil {
				t.Fatal(err)
			}
			_, after, _ = strings.Cut(mof, "\nclass ")
			class, _, _ := strings.Cut(after, "\n")
			svc, log := open(t, c, mof)
			got, err := rows(t, svc, class)
			if err != nil || got != strings.TrimSpace(want) {
				t.Errorf("%s\n%v\n%s", got, err, log)
			}
			// By its key each of them is found too.
			for inst, err := range svc.Instances(t.Context(), class, wbem.Options{}) {
				if err != nil {
					t.Fatal(err)
				}
				path, _ := cim.RelPath(inst)
				if found, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil || line(found) != line(inst) {
					t.Errorf("%s: %v", path, err)
				}
			}
		})
		shown++
	}
	if shown != 5 {
		t.Errorf("the note has %d examples", shown)
	}
}

// compileAgain puts classes into a store that is open.
func compileAgain(t *testing.T, svc wbem.Services, text string) error {
	t.Helper()
	p, err := compile.ParseText(t.Context(), compile.Options{}, "x.mof", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Store(t.Context(), oneNamespace{svc})
	return err
}

// oneNamespace is a locator of one namespace, which stays open.
type oneNamespace struct{ wbem.Services }

func (o oneNamespace) Connect(context.Context, string, wbem.ConnectOptions) (wbem.Services, error) {
	return o, nil
}

func (oneNamespace) Close() error { return nil }

// A class that is put again is read again.
func TestChangedClass(t *testing.T) {
	svc, _ := open(t, anything, class("C", shell("echo a=1")+`, Format("keyvalue"), CacheSeconds(1000)`, "[Key] string A;"))
	if got, err := rows(t, svc, "C"); got != `A="1"` || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if err := compileAgain(t, svc, class("C", shell("echo a=2")+`, Format("keyvalue")`, "[Key] string A;")); err != nil {
		t.Fatal(err)
	}
	if got, err := rows(t, svc, "C"); got != `A="2"` || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}

// What is wrong with a class is said with the name of the qualifier.
func TestInvalidClass(t *testing.T) {
	key := "[Key] string A;"
	format := `, Format("keyvalue")`
	for _, c := range []struct{ qualifiers, properties, want string }{
		{`Format("json")`, key, "class C: qualifier Command"},
		{`Command{"/bin/sh"}, File("/x")` + format, key, "qualifier Command"},
		{`Command{"sh"}` + format, key, "qualifier Command"},
		{`Command(1)` + format, key, "qualifier Command"},
		{`File("x")` + format, key, "qualifier File"},
		{`File("/a/../b")` + format, key, "qualifier File"},
		{`File{"/a"}` + format, key, "qualifier File"},
		{`File("/x")`, key, "qualifier Format"},
		{`File("/x"), Format("xml")`, key, "qualifier Format"},
		{`File("/x"), Format("json"), Root("a.b")`, key, "qualifier Root"},
		{`File("/x"), Format("json"), Root("$.a..b")`, key, "qualifier Root"},
		{`File("/x"), Format("csv"), Root("$")`, key, "qualifier Root"},
		{`File("/x"), Format("csv"), Separator("ab")`, key, "qualifier Separator"},
		{`File("/x"), Format("csv"), Separator("\n")`, key, "qualifier Separator"},
		{`File("/x"), Format("json"), Separator(",")`, key, "qualifier Separator"},
		{`File("/x"), Format("json"), Columns{"a"}`, key, "qualifier Columns"},
		{`File("/x"), Format("regexp")`, key, "qualifier Pattern"},
		{`File("/x"), Format("regexp"), Pattern("(a)")`, key, "qualifier Pattern"},
		{`File("/x"), Format("regexp"), Pattern("(?P<a>")`, key, "qualifier Pattern"},
		{`File("/x"), Timeout("soon")` + format, key, "qualifier Timeout"},
		{`File("/x"), MaxRows(-1)` + format, key, "qualifier MaxRows"},
		{`File("/x"), Lookup{"/bin/sh", "x"}` + format, key, "qualifier Lookup"},
		{`File("/x"), Lookup{"/bin/sh", "{B}"}` + format, key + " string B;", "qualifier Lookup"},
		{`File("/x"), Lookup{"{A}", "{A}"}` + format, key, "qualifier Lookup"},
		{`File("/x"), Lookup{"sh", "{A}"}` + format, key, "qualifier Lookup"},
		{`File("/x")` + format, key + ` [Split(",")] string B;`, "property C.B: qualifier Split"},
		{`File("/x")` + format, key + ` [Source("b")] string B[];`, "property C.B: qualifier Split"},
		{`File("/x")` + format, key + ` [Source("b")] object B;`, "property C.B: qualifier Source"},
		{`File("/x")` + format, key + ` [Source(1)] string B;`, "property C.B: qualifier Source"},
		{`File("/x")` + format, key + ` [TimeFormat("unix")] string B;`, "property C.B: qualifier TimeFormat"},
		{`File("/x")` + format, key + ` [TimeFormat("noon")] datetime B;`, "property C.B: qualifier TimeFormat"},
	} {
		svc, _ := open(t, anything, class("C", c.qualifiers, c.properties))
		_, err := rows(t, svc, "C")
		if cim.StatusOf(err) != wbem.InvalidClass || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v, want %s", c.qualifiers, c.properties, err, c.want)
		}
	}
}
