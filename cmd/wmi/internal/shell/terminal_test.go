package shell_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cmd/wmi/internal/shell"
)

// A screen is a terminal: keys are read from it, and it keeps what is shown.
type screen struct {
	io.Reader
	bytes.Buffer
}

func (s *screen) Read(p []byte) (int, error) { return s.Reader.Read(p) }

// typed returns a terminal on which somebody presses keys.
func typed(keys string, o shell.TerminalOptions) (*shell.Terminal, *screen) {
	s := &screen{Reader: &pieces{text: keys, size: 3}}
	o.IO = s
	return shell.NewTerminal(o), s
}

// pieces is a reader of some bytes at a time, as keys come.
type pieces struct {
	text string
	size int
}

func (p *pieces) Read(b []byte) (int, error) {
	if p.text == "" {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.size)], p.text)
	p.text = p.text[n:]
	return n, nil
}

// Keys.
const (
	up        = "\x1b[A"
	left      = "\x1b[D"
	home      = "\x01"
	backspace = "\x7f"
	ctrlC     = "\x03"
	ctrlD     = "\x04"
	paste     = "\x1b[200~"
	pasted    = "\x1b[201~"
)

// What keys make of lines.
func TestLine(t *testing.T) {
	for _, c := range []struct {
		name, keys string
		want       []string
	}{
		{"plain", "abc\rdef\r", []string{"abc", "def"}},
		{"editing", "bc" + home + "a\rabx" + backspace + "c" + left + left + "-\r", []string{"abc", "a-bc"}},
		{"history", "one\rtwo\r" + up + up + "\r" + up + "!\r", []string{"one", "two", "one", "one!"}},
		{"given up", "first" + ctrlC + "second\r" + ctrlC + "\x1cthird\r", []string{"^C", "second", "^C", "third"}},
		{"end", "one\r" + ctrlD + "two\r", []string{"one"}},
		{"pasted", paste + "If x Then\r\ty = 1\x03\x1b[201\r" + pasted + "End If\r", []string{"If x Then", "    y = 1[201", "End If"}},
		{"characters", "größe 温度\r", []string{"größe 温度"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, size := range []int{1, 3, 100} {
				s := &screen{Reader: &pieces{c.keys, size}}
				term := shell.NewTerminal(shell.TerminalOptions{IO: s})
				var got []string
				for len(got) <= len(c.want) {
					line, err := term.Line(t.Context(), "> ", false)
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						line = "^C"
					}
					got = append(got, line)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("in pieces of %d: -want +got\n%s", size, diff)
				}
			}
		})
	}
}

// A terminal is raw only while it is read.
func TestRaw(t *testing.T) {
	var calls []string
	term, _ := typed("a\r", shell.TerminalOptions{Raw: func() (func() error, error) {
		calls = append(calls, "raw")
		return func() error { calls = append(calls, "restored"); return nil }, nil
	}})
	for range 2 {
		if _, err := term.Line(t.Context(), "> ", false); err != nil && err != io.EOF {
			t.Error(err)
		}
	}
	if want := []string{"raw", "restored", "raw", "restored"}; !slices.Equal(calls, want) {
		t.Errorf("%q", calls)
	}
}

// escapes are what moves the cursor.
var escapes = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)

// What Tab makes of a line, and what it lists when it is pressed again. | is the cursor.
func TestComplete(t *testing.T) {
	for _, c := range []struct {
		name, line, want string
		list             string // a word that the second Tab lists
	}{
		{"command", ".us|", ".use |", ""},
		{"commands", ".|", ".|", ".namespaces"},
		{"argument", ".show Ta|", ".show Tape|", ""},
		{"key", `.get Disk.|`, `.get Disk.Id="|`, ""},
		{"namespace", `.use root\de|`, `.use root\default|`, ""},
		{"language", ".lang v|", ".lang vbs|", ""},
		{"form", ".output j|", ".output json|", ""},
		{"nothing", ".show Foo|", ".show Foo|", ""},
		{"no argument", ".quit x|", ".quit x|", ""},
		{"keyword", "sel|", "select |", ""},
		{"query", "select * fr|", "select * from |", ""},
		{"class", "select * from Fas|", "select * from FastDisk|", ""},
		{"class in small letters", "select * from fas|", "select * from FastDisk|", ""},
		{"property before from", "select La| from Disk", "select Label| from Disk", ""},
		{"property after comma", "select Id, Sp| from FastDisk", "select Id, Speed| from FastDisk", ""},
		{"property", "select * from Disk where s|", "select * from Disk where Size|", ""},
		{"property after and", "select * from Disk where Id = 'c' and (l|", "select * from Disk where Id = 'c' and (Label|", ""},
		{"properties", "select * from Disk where |", "select * from Disk where |", "Label"},
		{"after class", "select * from Disk w|", "select * from Disk w|", "within"},
		{"operator", "SELECT * FROM Disk WHERE Id LI|", "SELECT * FROM Disk WHERE Id LIKE |", ""},
		{"after value", "select * from Disk where Id = 'c' a|", "select * from Disk where Id = 'c' and |", ""},
		{"null", "select * from Disk where Id is nu|", "select * from Disk where Id is null|", ""},
		{"within", "select * from __InstanceCreationEvent wit|", "select * from __InstanceCreationEvent within |", ""},
		{"class after isa", "select * from __InstanceCreationEvent where TargetInstance isa 'Fas|", "select * from __InstanceCreationEvent where TargetInstance isa 'FastDisk|", ""},
		{"embedded", "select * from __InstanceCreationEvent where TargetInstance isa 'FastDisk' and TargetInstance.Sp|",
			"select * from __InstanceCreationEvent where TargetInstance isa 'FastDisk' and TargetInstance.Speed|", ""},
		{"in a string", "select * from Disk where Id = 'Di|", "select * from Disk where Id = 'Di|", ""},
		{"associators", "associators of {Fas|", "associators of {FastDisk|", ""},
		{"clause", "associators of {Tape.Number=1} where resu|", "associators of {Tape.Number=1} where result|", ""},
		{"class of result", "references of {Tape.Number=1} where ResultClass = Ta|", "references of {Tape.Number=1} where ResultClass = Tape|", ""},
		{"path of an object", "associators of {Tape.Number=1} wh|", "associators of {Tape.Number=1} where |", ""},
		{"of", "REFERENCES O|", "REFERENCES OF {|", ""},
		{"of nothing", "references |", "references of {|", ""},
		{"after select", "select |", "select |", ""},
		{"role", "associators of {Tape.Number=1} where role = x|", "associators of {Tape.Number=1} where role = x|", ""},
		{"many", ". |", ". |", ""},
		{"global", "coun|", "counter|", ""},
		{"function", "x = MonthN|", "x = MonthName|", ""},
		{"second word", "counter = twi|", "counter = Twice|", ""},
		{"property of object", "? disk.la|", "? disk.Label|", ""},
		{"member of object", "disk.SpawnI|", "disk.SpawnInstance_|", ""},
		{"method of object", "x = tape.rew|", "x = tape.Rewind|", ""},
		{"members", "? svc.exec|", "? svc.exec|", "ExecQueryAsync"},
		{"no object", "? counter.x|", "? counter.x|", ""},
		{"member of a call", "? f().Sp|", "? f().Sp|", ""},
		{"string", `x = "coun|`, `x = "coun|`, ""},
		{"query in a string of JScript", `var all = svc.ExecQuery('select * from Fas|`, `var all = svc.ExecQuery('select * from FastDisk|`, ""},
		{"query in a string", `For Each d In svc.ExecQuery("select * from Fas|`, `For Each d In svc.ExecQuery("select * from FastDisk|`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			before, after, _ := strings.Cut(c.line, "|")
			tabs := "\t"
			if c.list != "" {
				tabs = "\t\t\t"
			}
			// The mark shows where the cursor is; it makes the line a remark.
			keys := before + after + strings.Repeat(left, len([]rune(after))) + tabs + "|" + home + "'\r"
			var out strings.Builder
			o := options(t, &out)
			b := o.Languages[0].(*basic)
			if err := b.Run(t.Context(), "Dim counter\nFunction Twice(n)\nTwice = 2 * n\nEnd Function\n"+
				"Set svc = GetObject(\"winmgmts:root\\cimv2\")\nSet disk = svc.Get(\"Disk.Id='c'\")\nSet tape = svc.Get(\"Tape\")"); err != nil {
				t.Fatal(err)
			}
			term, shown := typed(keys, shell.TerminalOptions{Size: func() (int, int) { return 200, 50 }})
			o.Lines = term
			failed, err := shell.New(o).Run(t.Context())
			if failed != 0 || err != nil {
				t.Errorf("%d statements have failed, %v: %s", failed, err, &out)
			}
			lines := term.History().Lines()
			if len(lines) != 1 || lines[0] != "'"+c.want {
				t.Errorf("the line is %q, want %q", lines, c.want)
			}
			if text := escapes.ReplaceAllString(shown.String(), ""); !strings.Contains(text, c.list) {
				t.Errorf("%q is not listed: %q", c.list, text)
			}
		})
	}
}

// A statement over several lines has a prompt of its own, and can be given up.
func TestGiveUp(t *testing.T) {
	var out strings.Builder
	o := options(t, &out)
	term, shown := typed("Sub X\r? 1"+ctrlC+"? 2\r", shell.TerminalOptions{})
	o.Lines = term
	if failed, err := shell.New(o).Run(t.Context()); failed != 0 || err != nil {
		t.Errorf("%d statements have failed, %v", failed, err)
	}
	if out.String() != "2\n" {
		t.Errorf("it shows %q", &out)
	}
	text := escapes.ReplaceAllString(shown.String(), "")
	// To show ^C the line is written once more in its place.
	if want := "vbs root\\cimv2> Sub X\r\n           ...> ? 1? 1^C\r\nvbs root\\cimv2> ? 2\r\n"; !strings.Contains(text, want) {
		t.Errorf("the terminal shows %q", text)
	}
	if want := []string{"Sub X", "? 2"}; !slices.Equal(term.History().Lines(), want) {
		t.Errorf("the history is %q", term.History().Lines())
	}
}

// Lines of a block are kept with their indentation, but not those of a statement that
// begins with a blank.
func TestIndentedHistory(t *testing.T) {
	var out strings.Builder
	o := options(t, &out)
	term, _ := typed("Sub X\r  y = 1\rEnd Sub\r Sub Z\ry = 2\rEnd Sub\r w = 1\r", shell.TerminalOptions{})
	o.Lines = term
	if failed, err := shell.New(o).Run(t.Context()); failed != 0 || err != nil {
		t.Errorf("%d statements have failed, %v", failed, err)
	}
	if want := []string{"Sub X", "  y = 1", "End Sub"}; !slices.Equal(term.History().Lines(), want) {
		t.Errorf("the history is %q", term.History().Lines())
	}
}

func openHistory(t *testing.T, name string) *shell.History {
	t.Helper()
	h, err := shell.OpenHistory(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func TestHistory(t *testing.T) {
	name := filepath.Join(t.TempDir(), "state", "history")
	h := openHistory(t, name)
	for _, line := range []string{"one", "one", "", "  ", `l.ConnectServer("host", "root", "me", "hunter2")`, "pwd = 5", "two"} {
		h.Append(line)
	}
	if want := []string{"one", `l.ConnectServer("host", "root", "me", "hunter2")`, "pwd = 5", "two"}; !slices.Equal(h.Lines(), want) {
		t.Errorf("the history is %q", h.Lines())
	}
	if h.Len() != 4 || h.At(0) != "two" || h.At(3) != "one" {
		t.Errorf("%d lines, %q is the last", h.Len(), h.At(0))
	}
	// Another run appends to the same file, and sees what was there.
	other := openHistory(t, name)
	other.Append("three")
	if want := []string{"one", "two", "three"}; !slices.Equal(other.Lines(), want) {
		t.Errorf("the other history is %q", other.Lines())
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	text, err := os.ReadFile(name)
	if err != nil || string(text) != "one\ntwo\nthree\n" {
		t.Errorf("%q, %v", text, err)
	}
}

// A history that has become long keeps its last lines, also one too long to be read.
func TestLongHistory(t *testing.T) {
	for _, width := range []int{10, 1000} {
		name := filepath.Join(t.TempDir(), "history")
		line := func(i int) string { return strings.Repeat("x", width) + string(rune('a'+i%26)) }
		var b strings.Builder
		for i := range 3000 {
			b.WriteString(line(i) + "\n")
		}
		if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			h := openHistory(t, name)
			if h.Len() != 1000 || h.At(0) != line(2999) || h.At(999) != line(2000) {
				t.Errorf("%d lines of width %d", h.Len(), width)
			}
		}
		if info, err := os.Stat(name); err != nil || info.Size() > int64(1001*(width+2)) {
			t.Errorf("the file has %d bytes", info.Size())
		}
	}
}

// A file that cannot be written is read all the same.
func TestReadOnlyHistory(t *testing.T) {
	name := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(name, []byte("one\n"), 0o400); err != nil {
		t.Fatal(err)
	}
	if f, err := os.OpenFile(name, os.O_RDWR, 0); err == nil {
		f.Close()
		t.Skip("this user may write every file")
	}
	h, err := shell.OpenHistory(name)
	if err == nil {
		t.Error("no error")
	}
	h.Append("two")
	if want := []string{"one", "two"}; !slices.Equal(h.Lines(), want) || h.Close() != nil {
		t.Errorf("%q", h.Lines())
	}
}

// Where nothing can be written there is a history all the same.
func TestNoHistoryFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h, err := shell.OpenHistory(filepath.Join(name, "history"))
	if err == nil {
		t.Error("no error")
	}
	h.Append("one")
	if h.Len() != 1 || h.Close() != nil {
		t.Errorf("%q", h.Lines())
	}
}
