//go:build unix

package declared_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/internal/config"
	"openwmi/provider"
	"openwmi/providers/declared"
	"openwmi/providers/internal/providertest"
	"openwmi/wbem"
)

const keyA = "[Key] string A; string B;"

// Only what the configuration lists is run and read.
func TestAllowed(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"in/f": "a=in", "in/deep/f": "a=deep", "out": "a=out", "alone": "a=alone"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"in/away": "../out", "in/near": "f"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "in/pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := &declared.Config{
		Files:    []string{dir + "/in/", dir + "/alone", "/bin/none"},
		Programs: []string{"/bin/none"},
		Commands: [][]string{{"/bin/sh", "-c", "echo a=listed"}, {"/bin/sh", "-c", `echo a="$0"`, "{A}"}},
	}
	for _, tc := range []struct {
		qualifiers string
		want       string
		status     wbem.Status
	}{
		{`File("` + dir + `/in/f")`, `A="in"`, 0},
		{`File("` + dir + `/in/deep/f")`, `A="deep"`, 0},
		{`File("` + dir + `/in/near")`, `A="in"`, 0},
		{`File("` + dir + `/alone")`, `A="alone"`, 0},
		{`File("` + dir + `/out")`, "", wbem.AccessDenied},
		{`File("` + dir + `/in/away")`, "", wbem.ProviderFailure},
		{`File("` + dir + `/in/pipe")`, "", wbem.NotAvailable},
		{`File("` + dir + `/in/deep")`, "", wbem.NotAvailable},
		{`File("` + dir + `/in/none")`, "", wbem.NotAvailable},
		{`File("` + dir + `/in")`, "", wbem.AccessDenied},
		{`File("` + dir + `/aloneness")`, "", wbem.AccessDenied},
		{`File("/bin/none")`, "", wbem.NotAvailable},
		{shell("echo a=listed"), `A="listed"`, 0},
		{shell("echo a=other"), "", wbem.AccessDenied},
		{`Command{"/bin/sh", "-c", "echo a=listed", "more"}`, "", wbem.AccessDenied},
		{`Command{"/bin/none", "x"}`, "", wbem.NotAvailable},
		{`Command{"/bin/echo", "a=1"}`, "", wbem.AccessDenied},
	} {
		svc, _ := open(t, c, class("C", tc.qualifiers+`, Format("keyvalue")`, keyA))
		got, err := rows(t, svc, "C")
		if err != nil && cim.StatusOf(err) != tc.status || err == nil && tc.status != 0 || got != tc.want {
			t.Errorf("%s: %q, %v", tc.qualifiers, got, err)
		}
	}
	// Nothing is allowed where nothing is configured.
	svc, _ := open(t, nil, class("C", shell("echo a=1")+`, Format("keyvalue")`, keyA)+class("D", `File("/etc/passwd"), Format("csv")`, keyA))
	for _, name := range []string{"C", "D"} {
		if _, err := rows(t, svc, name); cim.StatusOf(err) != wbem.AccessDenied {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A lookup gets keys as whole arguments, and nothing else of a query.
func TestLookup(t *testing.T) {
	dir := t.TempDir()
	record := filepath.Join(dir, "calls")
	lookup := `Lookup{"/bin/sh", "-c", "echo \"$1|$2\" >> ` + record + `; case $1 in none) exit 1;; liar) echo a=other; echo n=1;; *) echo \"a=$1\"; echo n=$2; echo b=found;; esac", "sh", "{A}", "{n}"}`
	all := `Command{"/bin/sh", "-c", "echo all >> ` + record + `; echo a=x; echo n=1; echo; echo a=y; echo n=2"}`
	svc, _ := open(t, anything, class("C", all+", "+lookup+`, Format("keyvalue")`, "[Key] string A; [Key] uint8 N; string B;"))
	calls := func() string {
		b, _ := os.ReadFile(record)
		_ = os.Remove(record)
		return strings.ReplaceAll(strings.TrimSpace(string(b)), "\n", " ")
	}
	for _, c := range []struct{ where, want, calls string }{
		{"", `A="x" N=1;A="y" N=2`, "all"},
		{"A='x' AND N=1", `A="x" B="found" N=1`, "x|1"},
		{"A='x'", `A="x" N=1`, "all"},
		{"(A='x' OR A='y') AND N=3", `A="x" B="found" N=3;A="y" B="found" N=3`, "x|3 y|3"},
		{"A='none' AND N=1", "", "none|1"},
		{"A='liar' AND N=1", "", "liar|1"},
		{"A='$(id); `id` | > x *' AND N=1", `A="$(id); ` + "`id` | > x *" + `" B="found" N=1`, "$(id); `id` | > x *|1"},
		{"A='x' AND N=1 AND B='nothing'", "", "x|1"},
	} {
		query := "SELECT * FROM C"
		if c.where != "" {
			query += " WHERE " + c.where
		}
		var lines []string
		for _, inst := range providertest.Query(t, svc, query) {
			lines = append(lines, line(inst))
		}
		if got := strings.Join(lines, ";"); got != c.want {
			t.Errorf("%s: %s, want %s", c.where, got, c.want)
		}
		if got := calls(); got != c.calls {
			t.Errorf("%s: called %q, want %q", c.where, got, c.calls)
		}
	}
	inst, err := svc.GetInstance(t.Context(), cim.MustParsePath(`C.A="x",N=7`), wbem.Options{})
	if err != nil || line(inst) != `A="x" B="found" N=7` {
		t.Errorf("%v, %v", inst, err)
	}
	calls()
	for path, want := range map[string]wbem.Status{
		`C.A="none",N=1`: wbem.NotFound, `C.A="liar",N=1`: wbem.NotFound, `C.A="-x",N=1`: wbem.InvalidParameter, `C.A="",N=1`: wbem.InvalidParameter,
		`C.A="` + strings.Repeat("x", 5000) + `",N=1`: wbem.InvalidParameter,
	} {
		if _, err := svc.GetInstance(t.Context(), cim.MustParsePath(path), wbem.Options{}); cim.StatusOf(err) != want {
			t.Errorf("%.40s: %v", path, err)
		}
	}
	if got := calls(); strings.Contains(got, "-x") || strings.Contains(got, "xx") {
		t.Errorf("called %q", got)
	}
}

// What goes wrong is a status for the caller, and words in the log.
func TestFailures(t *testing.T) {
	for _, c := range []struct {
		qualifiers string
		rows       string
		status     wbem.Status
		log        string
	}{
		{shell(`printf 'a=1\n\na=2\nb\n'`) + `, Format("keyvalue")`, `A="1"`, wbem.ProviderFailure, `class C: /bin/sh: line 4, column 2: there is no`},
		{shell(`printf 'a,n\nx,1\ny,many\n'`) + `, Format("csv")`, `A="x" N=1`, wbem.ProviderFailure, `class C: /bin/sh: line 3, column 3: property N: `},
		{shell(`printf 'a,n\nx\n'`) + `, Format("csv")`, "", wbem.ProviderFailure, `line 2, column 1: wrong number of fields`},
		{shell(`printf 'n\n1\n'`) + `, Format("csv")`, "", wbem.ProviderFailure, `line 2, column 1: property A: there is no value, and it is a key`},
		{shell(`printf '[{"a":"x","n":1},\n {"a":"y","n":300}]'`) + `, Format("json")`, `A="x" N=1`, wbem.ProviderFailure, `line 2, column 2: property N: `},
		{shell(`printf '[{"a":"x"},\n {"a":}]'`) + `, Format("json")`, `A="x"`, wbem.ProviderFailure, `line 2, column 7: invalid character`},
		{shell(`printf '[{"a":"x"},\n'`) + `, Format("json")`, `A="x"`, wbem.ProviderFailure, `line 2, column 1: the text ends too early`},
		{shell(`printf '[{"a":"x"}] 1'`) + `, Format("json")`, `A="x"`, wbem.ProviderFailure, `more behind the end`},
		{shell(`printf '{"b":[]}'`) + `, Format("json"), Root("$.c")`, "", wbem.ProviderFailure, `there is no member`},
		{shell(`printf '[]'`) + `, Format("json"), Root("$.c")`, "", wbem.ProviderFailure, `here is no object with a member`},
		{shell(`printf '[[1]]'`) + `, Format("json")`, "", wbem.ProviderFailure, `line 1, column 2: a row is an object, not`},
		{shell(`printf '7'`) + `, Format("json")`, "", wbem.ProviderFailure, `rows are an array of objects`},
		{shell(`printf '{"a":"x"}\n\n{"a":"y"} {}\n'`) + `, Format("jsonlines")`, `A="x"`, wbem.ProviderFailure, `line 3, column 11: there is more`},
		{shell(`printf '{"a":"x"}\n{"a"\n'`) + `, Format("jsonlines")`, `A="x"`, wbem.ProviderFailure, `line 2, column 5: the text ends too early`},
		{shell(`printf 'null\n'`) + `, Format("jsonlines")`, "", wbem.ProviderFailure, `a row is an object`},
		{shell(`echo a=1; echo oh dear >&2; exit 3`) + `, Format("keyvalue")`, `A="1"`, wbem.ProviderFailure, `class C: /bin/sh: exit status 3`},
		{shell(`echo a=1; echo oh dear >&2; exit 3`) + `, Format("keyvalue")`, `A="1"`, wbem.ProviderFailure, `oh dear`},
		{shell(`exit 4`) + `, Format("json")`, "", wbem.ProviderFailure, `exit status 4`},
		{shell(`kill -9 $$`) + `, Format("csv")`, "", wbem.ProviderFailure, `signal: killed`},
		{shell(`while :; do echo a=1; done`) + `, Format("keyvalue"), MaxOutput(100)`, "", wbem.QuotaViolation, ""},
		{shell(`while :; do echo a=1; echo; done`) + `, Format("keyvalue"), MaxRows(2)`, `A="1"` + "\n" + `A="1"`, wbem.QuotaViolation, ""},
		{shell(`head -c 2000000 /dev/zero`) + `, Format("regexp"), Pattern("(?P<a>x)")`, "", wbem.ProviderFailure, `line 1: the line has more than 1048576 bytes`},
		{shell(`sleep 1000`) + `, Format("keyvalue"), Timeout(1)`, "", wbem.ProviderTimedOut, ""},
		{shell(`sleep 1000 & exec >&-; wait`) + `, Format("regexp"), Pattern("(?P<a>x)"), Timeout(1)`, "", wbem.ProviderTimedOut, ""},
	} {
		svc, log := open(t, anything, class("C", c.qualifiers, "[Key] string A; uint8 N;"))
		got, err := rows(t, svc, "C")
		if cim.StatusOf(err) != c.status || got != c.rows {
			t.Errorf("%s: %q, %v", c.qualifiers, got, err)
		}
		if err != nil && c.status == wbem.ProviderFailure && strings.Contains(err.Error(), "/bin/sh") {
			t.Errorf("%s: the caller sees %v", c.qualifiers, err)
		}
		if said := log.String(); c.status != wbem.ProviderFailure {
			continue
		} else if p, want := said+failure(t, c.qualifiers), c.log; !strings.Contains(p, want) {
			t.Errorf("%s: %s\nwant %s", c.qualifiers, p, want)
		}
	}
}

// failure returns what the provider itself says, which the object manager logs.
func failure(t *testing.T, qualifiers string) string {
	t.Helper()
	svc, _ := open(t, anything, class("C", qualifiers, "[Key] string A; uint8 N;"))
	c, err := svc.GetClass(t.Context(), "C", wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, log := newProvider(t, anything)
	for _, err := range p.Instances(t.Context(), &provider.Request{Class: c}) {
		if err != nil {
			return err.Error() + log.String()
		}
	}
	return ""
}

// A program is gone, with all that it has started, when nobody reads it any more.
func TestProgramEnds(t *testing.T) {
	for name, leave := range map[string]func(context.CancelFunc) bool{
		"the caller breaks": func(context.CancelFunc) bool { return true },
		"the context ends":  func(cancel context.CancelFunc) bool { cancel(); return false },
	} {
		t.Run(name, func(t *testing.T) {
			svc, _ := open(t, anything, class("C", shell(`sleep 1000 & echo a=$!; echo; echo a=x; echo; wait`)+`, Format("keyvalue")`, keyA))
			c, err := svc.GetClass(t.Context(), "C", wbem.Options{})
			if err != nil {
				t.Fatal(err)
			}
			p, _ := newProvider(t, &declared.Config{Programs: anything.Programs, MaxProcesses: 1})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			pid := ""
			for inst, err := range p.Instances(ctx, &provider.Request{Class: c}) {
				if err != nil {
					if !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
					break
				}
				if v, _ := inst.Get("A"); pid == "" {
					pid = v.Text()
				}
				if leave(cancel) {
					break
				}
			}
			n, err := strconv.Atoi(pid)
			if err != nil {
				t.Fatal(err)
			}
			for end := time.Now().Add(time.Minute); alive(n); {
				if time.Now().After(end) {
					t.Fatal("what the program has started is still there")
				}
			}
			// And another may run.
			for _, err := range p.Instances(t.Context(), &provider.Request{Class: c}) {
				if err != nil {
					t.Error(err)
				}
				break
			}
		})
	}
}

// alive reports whether a process runs: one that nobody has waited for does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !strings.Contains(string(b), ") Z ")
}

// Programs have few variables, and no input.
func TestEnvironment(t *testing.T) {
	c := &declared.Config{Programs: anything.Programs, Environment: map[string]string{"SITE": "north"}}
	svc, _ := open(t, c, class("C", shell(`env; cat; pwd | sed s/^/dir=/`)+`, Format("keyvalue")`, `[Source("SITE"), Key] string A; [Source("LC_ALL")] string B; [Source("HOME")] string H; [Source("dir")] string D;`))
	if got, err := rows(t, svc, "C"); err != nil || got != `A="north" B="C" D="/"` {
		t.Errorf("%s, %v", got, err)
	}
}

// What was read is used again for some time, by all.
func TestCache(t *testing.T) {
	record := filepath.Join(t.TempDir(), "calls")
	svc, _ := open(t, anything, class("C", shell(`echo x >> `+record+`; echo a=1; echo; echo a=2`)+`, Format("keyvalue"), CacheSeconds(3600)`, keyA))
	for range 3 {
		if got, err := rows(t, svc, "C"); err != nil || got != "A=\"1\"\nA=\"2\"" {
			t.Errorf("%s, %v", got, err)
		}
	}
	if _, err := svc.GetInstance(t.Context(), cim.MustParsePath(`C.A="2"`), wbem.Options{}); err != nil {
		t.Error(err)
	}
	if _, err := svc.GetInstance(t.Context(), cim.MustParsePath(`C.A="3"`), wbem.Options{}); cim.StatusOf(err) != wbem.NotFound {
		t.Error(err)
	}
	if b, _ := os.ReadFile(record); string(b) != "x\n" {
		t.Errorf("it was run %d times", len(b)/2)
	}
}

func TestConfig(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                                "",
		`{"programs": ["sh"]}`:              "programs[0]",
		`{"programs": ["/bin/../sh"]}`:      "programs[0]",
		`{"commands": [[]]}`:                "commands[0]",
		`{"commands": [["sh"]]}`:            "commands[0]",
		`{"files": ["/a/", "b"]}`:           "files[1]",
		`{"files": ["/"]}`:                  "files[0]",
		`{"environment": {"A=B": ""}}`:      "environment",
		`{"maxProcesses": -1}`:              "negative",
		`{"timeLimit": "soon"}`:             "line 1, column",
		`{"program": []}`:                   "line 1, column",
		`{"timeLimit": "1m", "rowLimit":1}`: "",
	} {
		name := filepath.Join(t.TempDir(), "declared.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := declared.ReadConfig(name)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), name)) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := declared.New(&declared.Config{TimeLimit: config.Duration(-1)}, declared.Options{}); err == nil {
		t.Error("a negative limit")
	}
	// The limits of the configuration are above those of classes.
	c := &declared.Config{Programs: anything.Programs, RowLimit: 1}
	svc, _ := open(t, c, class("C", shell(`echo a=1; echo; echo a=2`)+`, Format("keyvalue"), MaxRows(5)`, keyA))
	if _, err := rows(t, svc, "C"); cim.StatusOf(err) != wbem.QuotaViolation {
		t.Errorf("rows: %v", err)
	}
}
