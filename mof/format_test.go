package mof_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/source"
	"openwmi/mof"
)

func TestFormat(t *testing.T) {
	input, err := os.ReadFile("testdata/format.mof")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/format.golden")
	if err != nil {
		t.Fatal(err)
	}
	tree, list := parse(string(input), mof.Auto)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	got := mof.Format(tree)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("testdata/format.golden", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("UPDATE=1 go test accepts this:\n%s", diff)
	}
	checkFormat(t, tree)
}

// checkFormat formats a tree and checks that the text means the same, has the
// same comments, and is the same when it is formatted again.
func checkFormat(t *testing.T, tree *mof.File) {
	t.Helper()
	text := mof.Format(tree)
	var list source.List
	again := mof.Parse(source.NewFile("formatted "+tree.Source.Name(), text), mof.Options{}, &list)
	if err := list.Err(); err != nil {
		t.Errorf("the formatted text is wrong: %v", err)
		return
	}
	if before, after := dump(tree), dump(again); before != after {
		t.Errorf("the formatted text means something else: %s", cmp.Diff(before, after))
	}
	if diff := cmp.Diff(comments(tree), comments(again)); diff != "" {
		t.Errorf("comments: %s", diff)
	}
	if twice := mof.Format(again); twice != text {
		t.Errorf("formatted again: %s", cmp.Diff(text, twice))
	}
}

func TestFormatCorpus(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("the corpus is not here: ", err)
	}
	check := func(src *source.File) {
		t.Run(src.Name(), func(t *testing.T) {
			var list source.List
			if tree := mof.Parse(src, mof.Options{}, &list); list.Err() == nil {
				checkFormat(t, tree)
			}
		})
	}
	err := filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) == ".zip" || filepath.Ext(path) == ".json" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if src, _, err := source.Decode(path, data); err == nil {
			check(src)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	files, _ := dmtfSchema(t)
	for _, src := range files {
		check(src)
	}
}
