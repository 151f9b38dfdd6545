package jscript_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/source"
	"openwmi/script/internal/scripttest"
	"openwmi/script/jscript"
	"openwmi/script/vbscript"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

func TestMain(m *testing.M) {
	time.Local = time.FixedZone("", 3600)
	os.Exit(m.Run())
}

// words are how null and its like are printed in the suite.
var words = map[vbscript.Value]string{vbscript.Empty: "undefined", vbscript.Null: "null", vbscript.True: "true", vbscript.False: "false"}

// describe returns an error as the suite shows it.
func describe(err error) string {
	var b strings.Builder
	if list, ok := errors.AsType[*source.List](err); ok {
		for _, d := range list.All() {
			p := d.File.Position(d.Pos)
			fmt.Fprintf(&b, "! %d (%d,%d) %s\n", d.Code, p.Line, p.Column, d.Msg)
		}
		return b.String()
	}
	if e, ok := errors.AsType[*vbscript.Error](err); ok {
		number := fmt.Sprint(e.Number & 0xFFFF)
		if uint32(e.Number)>>16 != 0x800A {
			number = fmt.Sprintf("%#x", uint32(e.Number))
		}
		return fmt.Sprintf("! %s (%d,%d) %s\n", number, e.Position.Line, e.Position.Column, e.Description)
	}
	return err.Error() + "\n"
}

// run runs a script and returns its output, with a last line for an error.
func run(src string, opts jscript.Options) string {
	var b strings.Builder
	script, err := jscript.Parse(source.NewFile("case", src))
	if err != nil {
		return describe(err)
	}
	opts.Now = scripttest.Clock
	if opts.Host == nil {
		opts.Host = testHost
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	in := jscript.New(opts)
	in.Set("print", vbscript.FromObject(scripttest.Printer{To: &b, Words: words}))
	in.Set("bag", vbscript.FromObject(&bag{m: map[string]vbscript.Value{}}))
	in.Set("plain", vbscript.FromObject(plain{}))
	in.Set("host", vbscript.FromObject(samples{}))
	if err := in.Run(ctx, script); err != nil {
		b.WriteString(describe(err))
	}
	if err := in.Close(ctx); err != nil {
		b.WriteString(describe(err))
	}
	return b.String()
}

// TestSuite runs the cases in testdata: "== name", the script, "--", its output. An
// error is a line "! number (line,column) text".
func TestSuite(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	total := 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		cases := strings.Split("\n"+string(data), "\n== ")
		for _, c := range cases[1:] {
			head, rest, _ := strings.Cut(c, "\n")
			src, want, ok := strings.Cut(rest, "\n--\n")
			if !ok {
				if src, ok = strings.CutSuffix(rest, "\n--"); !ok && !*update {
					t.Fatalf("%s: %s has no output", name, head)
				}
			}
			src = strings.TrimRight(src, "\n")
			want = strings.Trim(want, "\n")
			total++
			t.Run(strings.TrimSuffix(filepath.Base(name), ".txt")+"/"+head, func(t *testing.T) {
				got := strings.Trim(run(src, jscript.Options{}), "\n")
				fmt.Fprintf(&out, "== %s\n%s\n--\n%s\n", head, src, got)
				if *update {
					return
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("-want +got:\n%s", d)
				}
			})
		}
		if *update {
			if err := os.WriteFile(name, []byte(out.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d cases", total)
}
