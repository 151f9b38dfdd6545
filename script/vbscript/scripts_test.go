package vbscript_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/internal/source"
	"openwmi/script/vbscript"
)

// TestScripts parses the scripts in the folders of $OPENWMI_SCRIPTS and prints how
// many do not parse, and why.
func TestScripts(t *testing.T) {
	dirs := os.Getenv("OPENWMI_SCRIPTS")
	if dirs == "" {
		t.Skip("OPENWMI_SCRIPTS names no folders of scripts")
	}
	total, bad := 0, 0
	for _, dir := range filepath.SplitList(dirs) {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.EqualFold(filepath.Ext(path), ".vbs") {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			file, _, err := source.Decode(path, data)
			if err != nil {
				t.Log(err)
				return nil
			}
			total++
			if _, err := vbscript.Parse(file); err != nil {
				bad++
				var d *source.Diagnostic
				if errors.As(err, &d) {
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
