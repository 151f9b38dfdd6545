package mof_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/internal/source"
	"openwmi/mof"
)

// texts are files which include each other by name.
type texts map[string]string

func (f texts) parse(name string, opt mof.Options, list *source.List) *mof.File {
	opt.Include = func(_ *source.File, path string) (*source.File, error) {
		text, ok := f[path]
		if !ok {
			return nil, fmt.Errorf("%s: %w", path, os.ErrNotExist)
		}
		return source.NewFile(path, text), nil
	}
	return mof.Parse(source.NewFile(name, f[name]), opt, list)
}

func TestIncludes(t *testing.T) {
	files := texts{
		"a.mof": "class A {};\n#pragma include (\"b.mof\")\nclass C { uint8 x = 300; };", // mof.md#38
		"b.mof": "#include(\"c.mof\")\nclass B { string; };",
		"c.mof": "instance of A as $a {}; instance of A { x = $b; };\n#include(\"d.mof\")",
		"d.mof": "instance of A as $b {}; instance of A as $A { x = $c; };",
	}
	var list source.List
	tree := files.parse("a.mof", mof.Options{}, &list)
	var names []string
	var walk func(f *mof.File)
	walk = func(f *mof.File) {
		names = append(names, f.Source.Name())
		for _, d := range f.Decls {
			if p, ok := d.(*mof.Pragma); ok && p.File != nil {
				walk(p.File)
			}
		}
	}
	walk(tree)
	if diff := cmp.Diff([]string{"a.mof", "b.mof", "c.mof", "d.mof"}, names); diff != "" {
		t.Error(diff)
	}

	info := mof.Check(tree, mof.Auto, &list)
	var got []string
	for _, d := range list.All() {
		got = append(got, d.Error())
	}
	for _, d := range info.Undefined {
		got = append(got, d.Error())
	}
	want := []string{
		`b.mof:2:17: expected the name of a property or method, found ";"`,
		`d.mof:1:43: the alias $A is already given to something else in c.mof:1:19`,
		`a.mof:3:21: 300 does not fit uint8`,
		`d.mof:1:51: nothing has the alias $c`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if d, ok := info.Alias("B").(*mof.InstanceDecl); !ok || d.Class.Name != "A" {
		t.Errorf("alias B is %v", info.Alias("B"))
	}
	if d := info.Alias("c"); d != nil {
		t.Errorf("alias c is %v", d)
	}
}

func TestIncludeErrors(t *testing.T) {
	deep := texts{}
	for i := range 70 {
		deep[fmt.Sprintf("%d.mof", i)] = fmt.Sprintf("#include(\"%d.mof\") class C%d {};", i+1, i)
	}
	deep["70.mof"] = ""
	wide := texts{"0.mof": strings.Repeat(`#include("x.mof")`, 16500), "x.mof": ""}
	for _, test := range []struct {
		name  string
		files texts
		want  string
	}{
		{"mof.md#37: a missing file", texts{"0.mof": "#include (\"missing.mof\")\nclass A {};"}, "1:11 ErrorInvalidIncludeFile"},
		{"a file in itself", texts{"0.mof": `#include("1.mof")`, "1.mof": "\n#include(\"0.mof\")"}, "2:10 ErrorInvalidIncludeFile"},
		{"too deep", deep, "1:10 ErrorInvalidIncludeFile"},
		{"too many", wide, "1:278521 ErrorInvalidIncludeFile"},
	} {
		t.Run(test.name, func(t *testing.T) {
			list := source.List{Max: 1}
			test.files.parse("0.mof", mof.Options{}, &list)
			if diff := cmp.Diff(test.want, diagnostics(&list)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIncludesNotFollowed(t *testing.T) {
	tree, list := parse(`#include("x.mof")`, mof.Auto)
	if d := tree.Decls[0].(*mof.Pragma); d.File != nil || list.Err() != nil {
		t.Errorf("%v %v", d.File, list.Err())
	}
}
