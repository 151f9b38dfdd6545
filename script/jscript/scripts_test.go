package jscript_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/internal/source"
	"openwmi/script/jscript"
)

// TestScripts parses the scripts in the folders of $OPENWMI_SCRIPTS, batch files that are
// scripts as well included, and prints how many do not parse, and why.
func TestScripts(t *testing.T) {
	dirs := os.Getenv("OPENWMI_SCRIPTS")
	if dirs == "" {
		t.Skip("OPENWMI_SCRIPTS names no folders of scripts")
	}
	total, bad := 0, 0
	for _, dir := range filepath.SplitList(dirs) {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			ext := strings.ToLower(filepath.Ext(path))
			if ext != ".js" && (ext != ".bat" || !bytes.HasPrefix(bytes.ToLower(data), []byte("@if (@"))) {
				return nil
			}
			file, _, err := source.Decode(path, data)
			if err != nil {
				t.Log(err)
				return nil
			}
			total++
			if _, err := jscript.Parse(file); err != nil {
				bad++
				if d, ok := errors.AsType[*source.Diagnostic](err); ok {
					t.Logf("%v\n\t%s", err, d.File.LineText(d.File.Line(d.Pos)))
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d scripts, %d do not parse", total, bad)
}
