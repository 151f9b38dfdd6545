package vbscript_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"openwmi/internal/source"
	"openwmi/script/internal/scripttest"
	"openwmi/script/vbscript"
)

func seeds(f *testing.F) {
	scripttest.Seeds(f, 3)
	files, _ := filepath.Glob("testdata/*.lines")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		// One seed a file: many seeds leave no time for anything else.
		var b strings.Builder
		b.WriteString("On Error Resume Next\n")
		for _, line := range strings.Split(string(data), "\n") {
			if src, _, ok := strings.Cut(line, " => "); ok {
				_, expr, ok := strings.Cut(src, " ;; ")
				if !ok {
					expr = src
				}
				b.WriteString("x = " + expr + "\n")
			}
		}
		f.Add(b.String())
	}
}

// FuzzParse checks that no text makes the parser panic, and that errors have places.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 1<<16 {
			return
		}
		_, err := vbscript.Parse(source.NewFile("fuzz", src))
		var list *source.List
		if err != nil && !errors.As(err, &list) {
			t.Fatal(err)
		}
		if err != nil {
			for _, d := range list.All() {
				if d.Pos < 1 || int(d.End) > len(src)+2 || d.Code == 0 {
					t.Errorf("%v at %d to %d", d.Msg, d.Pos, d.End)
				}
			}
		}
	})
}

// FuzzRun checks that limits hold whatever a script does.
func FuzzRun(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 1<<14 {
			return
		}
		script, err := vbscript.Parse(source.NewFile("fuzz", src))
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		in := vbscript.New(vbscript.Options{Host: testHost, Memory: 1 << 20, Steps: 20000, Depth: 50, Nesting: 4, Now: scripttest.Clock})
		var b strings.Builder
		in.Set("Print", vbscript.FromObject(scripttest.Printer{To: &b, Words: words}))
		start := time.Now()
		err = errors.Join(in.Run(ctx, script), in.Close(ctx))
		if took := time.Since(start); took > time.Minute {
			t.Fatalf("took %v: %v", took, err)
		}
	})
}
