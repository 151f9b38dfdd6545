// Package scripttest has what the tests of both languages and of the objects of scripts
// share: a host, the procedure that prints, and the seeds of fuzz tests.
package scripttest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"openwmi/internal/source"
	"openwmi/script/vbscript"
)

// A Host makes objects of the classes Test.Bag, by Bag, and Test.Fail, which fails.
type Host struct {
	Bag func(server string) vbscript.Object
}

var _ vbscript.Host = Host{}

// CreateObject implements vbscript.Host.
func (h Host) CreateObject(_ context.Context, class, server string) (vbscript.Object, error) {
	switch strings.ToLower(class) {
	case "test.bag":
		return h.Bag(server), nil
	case "test.fail":
		return nil, errors.New("it broke")
	}
	return nil, vbscript.NewError(429, class)
}

// GetObject implements vbscript.Host: every path is a bag, which tells its arguments.
func (h Host) GetObject(_ context.Context, path, class string) (vbscript.Object, error) {
	return h.Bag(path + "|" + class), nil
}

// MsgBox implements vbscript.Host: it answers with the length of the prompt and the
// buttons.
func (Host) MsgBox(_ context.Context, prompt string, buttons int, _ string) (int, error) {
	return len(prompt) + buttons, nil
}

// InputBox implements vbscript.Host: it answers what is preset, but "cancel" cancels.
func (Host) InputBox(_ context.Context, prompt, _, preset string) (string, bool, error) {
	return preset, prompt != "cancel", nil
}

// A Printer is the object that prints: calling it writes a line.
type Printer struct {
	To *strings.Builder
	// Words are how a language shows what has no text, or another one.
	Words map[vbscript.Value]string
}

// TypeName implements vbscript.Object.
func (Printer) TypeName() string { return "Printer" }

// Get implements vbscript.Object.
func (p Printer) Get(ctx context.Context, name string, args vbscript.Args) (vbscript.Value, error) {
	if name != "" {
		return vbscript.Empty, vbscript.NewError(438, name)
	}
	for i := range args.Len() {
		if i > 0 {
			p.To.WriteByte(' ')
		}
		v, err := vbscript.Resolve(ctx, args.At(i))
		if err != nil {
			return v, err
		}
		s, ok := "", false
		switch v.Type() { // those that Words can have
		case vbscript.TypeEmpty, vbscript.TypeNull, vbscript.TypeBoolean:
			s, ok = p.Words[v]
		}
		if !ok {
			s, ok = v.Text()
		}
		if !ok {
			return vbscript.Empty, vbscript.NewError(13, "")
		}
		p.To.WriteString(s)
	}
	p.To.WriteByte('\n')
	return vbscript.Empty, nil
}

// Put implements vbscript.Object.
func (Printer) Put(_ context.Context, name string, _ vbscript.Args, _ vbscript.Value, _ bool) error {
	return vbscript.NewError(438, name)
}

// Clock is the time in the tests.
func Clock() time.Time { return time.Date(2024, 2, 29, 13, 5, 9, 250e6, time.UTC) }

// Run runs VBScript in which P notes its argument. It returns what was noted, and at the
// end the error with its number. Done, if not nil, is called when the script has ended.
func Run(ctx context.Context, t *testing.T, in *vbscript.Interp, text string, done func() error) string {
	t.Helper()
	parsed, err := vbscript.Parse(source.NewFile("test.vbs", `Dim out : Sub P(x) : out = out & x & "|" : End Sub`+"\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	err = in.Run(ctx, parsed)
	out := strings.TrimSuffix(in.Global("out").String(), "|")
	if done != nil {
		if err := done(); err != nil {
			t.Error(err)
		}
	}
	var e *vbscript.Error
	if errors.As(err, &e) {
		out += fmt.Sprintf("!%d %s", e.Number, e.Description)
	} else if err != nil {
		t.Error(err)
	}
	return out
}

// Seeds adds the scripts of the suite under testdata to a fuzz test: in NAME.txt each
// begins behind a line == and ends before one with --. It takes about one in n: many seeds
// leave a fuzz test no time for anything else.
func Seeds(f *testing.F, n int) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatal("no scripts: ", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range strings.Split("\n"+string(data), "\n== ")[1:] {
			if len(c)%n != 0 {
				continue
			}
			_, rest, _ := strings.Cut(c, "\n")
			src, _, _ := strings.Cut(rest, "\n--")
			f.Add(src)
		}
	}
}
