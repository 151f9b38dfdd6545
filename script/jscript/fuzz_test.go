package jscript_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"openwmi/internal/source"
	"openwmi/script/internal/scripttest"
	"openwmi/script/jscript"
	"openwmi/script/vbscript"
)

// FuzzParse parses texts: each is a script or has errors with places in it.
func FuzzParse(f *testing.F) {
	scripttest.Seeds(f, 1)
	f.Fuzz(func(t *testing.T, src string) {
		file := source.NewFile("fuzz", src)
		_, err := jscript.Parse(file)
		if err == nil {
			return
		}
		list, ok := errors.AsType[*source.List](err)
		if !ok {
			t.Fatal(err)
		}
		for _, d := range list.All() {
			if !d.IsValid() || d.File.Offset(d.Pos) > len(src) || d.Code == 0 || d.Code == 51 || d.Msg == "" {
				t.Errorf("%v in %q", d, src)
			}
			d.File.Position(d.Pos)
		}
		jscript.Incomplete(err)
	})
}

// FuzzRun runs texts under small limits: each ends, without a panic.
func FuzzRun(f *testing.F) {
	scripttest.Seeds(f, 1)
	f.Fuzz(func(t *testing.T, src string) {
		s, err := jscript.Parse(source.NewFile("fuzz", src))
		if err != nil {
			return
		}
		in := jscript.New(jscript.Options{Host: testHost, Memory: 32 << 20, Depth: 100})
		var out strings.Builder
		in.Set("print", vbscript.FromObject(scripttest.Printer{To: &out, Words: words}))
		in.Set("bag", vbscript.FromObject(&bag{m: map[string]vbscript.Value{}}))
		in.Set("plain", vbscript.FromObject(plain{}))
		in.Set("host", vbscript.FromObject(samples{}))
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		err = in.Run(ctx, s)
		if e, ok := errors.AsType[*vbscript.Error](err); err != nil && (!ok || e.Number&0xFFFF == 51) {
			t.Errorf("error of type %T: %v", err, err)
		}
		if d := time.Since(start); d > time.Minute {
			t.Errorf("it took %v", d)
		}
		if err := in.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}
