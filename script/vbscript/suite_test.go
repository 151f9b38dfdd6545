package vbscript_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/source"
	"openwmi/script/internal/scripttest"
	"openwmi/script/vbscript"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// words are how null and its like are printed in the suite.
var words = map[vbscript.Value]string{vbscript.Null: "Null"}

// run runs a script and returns its output, with a last line for an error.
func run(src string, opts vbscript.Options) string {
	var b strings.Builder
	failed := func(err error) string {
		var list *source.List
		if errors.As(err, &list) {
			for _, d := range list.All() {
				p := d.File.Position(d.Pos)
				fmt.Fprintf(&b, "! %d (%d,%d)\n", d.Code, p.Line, p.Column)
			}
			return b.String()
		}
		var e *vbscript.Error
		if errors.As(err, &e) {
			fmt.Fprintf(&b, "! %d (%d,%d)\n", e.Number, e.Position.Line, e.Position.Column)
			return b.String()
		}
		return b.String() + err.Error() + "\n"
	}
	script, err := vbscript.Parse(source.NewFile("case", src))
	if err != nil {
		return failed(err)
	}
	opts.Now = scripttest.Clock
	if opts.Host == nil {
		opts.Host = testHost
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	in := vbscript.New(opts)
	in.Set("Print", vbscript.FromObject(scripttest.Printer{To: &b, Words: words}))
	if err := in.Run(ctx, script); err != nil {
		return failed(err)
	}
	if err := in.Close(ctx); err != nil {
		return failed(err)
	}
	return b.String()
}

// A scriptCase is a case in testdata: "== name", the script, "--", its output. An error
// is a line "! number (line,column)".
type scriptCase struct{ name, src, want string }

// scriptCases yields the cases with the names of their files.
func scriptCases(t *testing.T) iter.Seq2[string, scriptCase] {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	return func(yield func(string, scriptCase) bool) {
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range strings.Split("\n"+string(data), "\n== ")[1:] {
				head, rest, _ := strings.Cut(c, "\n")
				src, want, ok := strings.Cut(rest, "\n--\n")
				if !ok {
					if src, ok = strings.CutSuffix(rest, "\n--"); !ok {
						t.Fatalf("%s: %s has no output", name, head)
					}
				}
				if !yield(filepath.Base(name), scriptCase{head, src, strings.Trim(want, "\n")}) {
					return
				}
			}
		}
	}
}

// TestSuite runs the cases that are whole scripts.
func TestSuite(t *testing.T) {
	total := 0
	out := make(map[string]*strings.Builder)
	for name, c := range scriptCases(t) {
		total++
		if out[name] == nil {
			out[name] = new(strings.Builder)
		}
		t.Run(strings.TrimSuffix(name, ".txt")+"/"+c.name, func(t *testing.T) {
			got := strings.Trim(run(c.src, vbscript.Options{}), "\n")
			fmt.Fprintf(out[name], "== %s\n%s\n--\n%s\n", c.name, c.src, got)
			if *update {
				return
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
	if *update {
		for name, b := range out {
			if err := os.WriteFile(filepath.Join("testdata", name), []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("%d cases", total)
}

// TestCovered checks that each function and constant of the language is in some case.
func TestCovered(t *testing.T) {
	var all strings.Builder
	for _, c := range lineCases(t) {
		all.WriteString(c.src + "\n")
	}
	for _, c := range scriptCases(t) {
		all.WriteString(c.src + "\n")
	}
	used := make(map[string]bool)
	for _, word := range regexp.MustCompile(`\w+`).FindAllString(all.String(), -1) {
		used[strings.ToLower(word)] = true
	}
	for _, name := range vbscript.Builtins() {
		if !used[strings.ToLower(name)] {
			t.Errorf("no case uses %s", name)
		}
	}
}
