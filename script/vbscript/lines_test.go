package vbscript_test

import (
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/script/vbscript"
)

// A lineCase is a case of one line in testdata: "expression => Type value" or
// "expression => ! number"; statements may stand before the expression and ";;".
type lineCase struct {
	line              int
	src, before, expr string
	want              string
}

// lineCases yields the cases with the names of their files.
func lineCases(t *testing.T) iter.Seq2[string, lineCase] {
	files, err := filepath.Glob("testdata/*.lines")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	return func(yield func(string, lineCase) bool) {
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for n, line := range strings.Split(string(data), "\n") {
				if line == "" || line[0] == '\'' {
					continue
				}
				src, want, ok := strings.Cut(line, " => ")
				if !ok {
					t.Fatalf("%s:%d: no =>", name, n+1)
				}
				before, expr, ok := strings.Cut(src, " ;; ")
				if !ok {
					before, expr = "", src
				}
				if !yield(filepath.Base(name), lineCase{n + 1, src, before, expr, strings.TrimSpace(want)}) {
					return
				}
			}
		}
	}
}

// TestLines runs the cases of one line.
func TestLines(t *testing.T) {
	total := 0
	for name, c := range lineCases(t) {
		total++
		text := c.before + "\nresult_ = Empty\nresult_ = " + c.expr + "\nPrint TypeName(result_), result_\n"
		got := strings.TrimSpace(run(text, vbscript.Options{}))
		if strings.HasPrefix(got, "!") {
			got = strings.TrimSpace(got[:strings.IndexByte(got, '(')])
		}
		if got != c.want {
			t.Errorf("%s:%d: %s => %s, want %s", name, c.line, c.src, got, c.want)
		}
	}
	t.Logf("%d cases", total)
}
