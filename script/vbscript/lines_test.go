package vbscript_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/script/vbscript"
)

// TestLines runs the cases of one line in testdata: "expression => Type value" or
// "expression => ! number"; statements may stand before the expression and ";;".
func TestLines(t *testing.T) {
	files, err := filepath.Glob("testdata/*.lines")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	total := 0
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
			total++
			before, expr, ok := strings.Cut(src, " ;; ")
			if !ok {
				before, expr = "", src
			}
			text := before + "\nresult_ = Empty\nresult_ = " + expr + "\nPrint TypeName(result_), result_\n"
			got := strings.TrimSpace(run(text, vbscript.Options{}))
			if strings.HasPrefix(got, "!") {
				got = strings.TrimSpace(got[:strings.IndexByte(got, '(')])
			}
			if got != strings.TrimSpace(want) {
				t.Errorf("%s:%d: %s => %s, want %s", filepath.Base(name), n+1, src, got, want)
			}
		}
	}
	t.Logf("%d cases", total)
}
