// Package layers holds the import policy of the project as a test.
package layers

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "openwmi"

// layers lists the packages from the lowest to the highest. A package imports
// only from layers below its own, or what stands under within.
var layers = [][]string{
	{"cim", "internal/source", "internal/child", "internal/config", "internal/owner", "internal/peer"},
	{"mof", "wql", "wbem", "cim/cimxml"},
	{"mof/compile", "provider", "internal/audit"},
	{"internal/auth/*"},
	{"internal/auth"},
	{"provider/plugin", "provider/plugin/*"},
	{"internal/kv", "internal/kv/*", "internal/access"},
	{"internal/repository"},
	{"internal/query"},
	{"internal/event"},
	{"internal/event/permanent"},
	{"cimom"},
	{"script/vbscript"},
	{"script/internal/*"},
	{"script/automation", "script/jscript", "script/sandbox"},
	{"script/scrrun"},
	{"script/wshom"},
	{"scripting", "wbem/wbemtest", "consumers", "consumers/*", "providers", "providers/perf", "providers/*", "wire", "wire/*"},
	{"script/wmi"},
	{"script/host"},
	{"internal/server"},
	{"internal/ephemeral"},
	{"cmd/wmi", "cmd/wmi/*", "wmitest"},
}

// within are imports inside one layer.
var within = map[string][]string{
	"provider/plugin":   {"provider/plugin/*"},
	"provider/plugin/*": {"provider/plugin"}, // the samples
	"internal/auth/*":   {"internal/auth/*"},
	"internal/kv":       {"internal/kv/*"},
	"internal/kv/*":     {"internal/kv", "internal/kv/*"},
	"consumers":         {"consumers/internal/*"},
	"consumers/*":       {"consumers", "consumers/*"},
	"providers":         {"providers/*"},
	"providers/*":       {"providers/live", "providers/internal/*"},
	"providers/perf":    {"providers/live", "providers/disk", "providers/process"}, // which it counts
	"wire/*":            {"wire/*"},
	"cmd/wmi":           {"cmd/wmi/*"},
	"cmd/wmi/*":         {"cmd/wmi/*"},
}

// never are imports from lower layers that are forbidden all the same, with the
// reason.
var never = []struct{ from, to, why string }{
	{"scripting", "cimom", "scripting runs over any wbem.Locator"},
	{"scripting", "internal/repository", "scripting runs over any wbem.Locator"},
	{"scripting", "internal/kv", "scripting runs over any wbem.Locator"},
	{"script/*", "cimom", "scripts run over any wbem.Locator"},
	{"wire/*", "cimom", "protocols run over any wbem.Locator"},
	{"consumers", "cimom", "a consumer sees events only"},
	{"providers/live", "cimom", "a provider sees its requests only"},
	{"mof/compile", "internal/kv", "compile works on any wbem.Services"},
	{"internal/kv", "cim", "the byte store knows nothing of objects"},
	{"internal/kv", "wbem", "the byte store knows nothing of objects"},
}

// restricted are modules outside the project that only some packages use.
var restricted = map[string][]string{
	"github.com/cockroachdb/pebble": {"internal/kv", "internal/kv/*"},
	"github.com/spf13":              {"cmd/wmi", "cmd/wmi/*"},
	"github.com/dop251/goja":        {"script/jscript"},
	"github.com/vbauerster":         {"cmd/wmi", "cmd/wmi/*"},
	"github.com/hashicorp/":         {"provider/plugin"},
	"google.golang.org/":            {"provider/plugin", "provider/plugin/*"},
	"github.com/jcmturner/":         {"internal/auth/kerberos"},
}

func match(pattern, pkg string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(pkg, prefix+"/")
	}
	return pattern == pkg
}

func layerOf(pkg string) (int, string) {
	for i, layer := range layers {
		for _, pattern := range layer {
			if match(pattern, pkg) {
				return i, pattern
			}
		}
	}
	return -1, ""
}

func allowed(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, pkg) })
}

// TestImports reads every Go file that is not a test and checks what it
// imports. Tests may import whatever they need.
func TestImports(t *testing.T) {
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		files++
		checkFile(t, path, filepath.ToSlash(rel))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Fatal("no Go files found")
	}
}

func checkFile(t *testing.T, path, pkg string) {
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	own, pattern := layerOf(pkg)
	if own < 0 {
		t.Errorf("%s: package %s is in no layer; add it to the table in internal/layers", path, pkg)
		return
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		for prefix, users := range restricted {
			if strings.HasPrefix(imported, prefix) && !allowed(users, pkg) {
				t.Errorf("%s: only %s may import %s", path, strings.Join(users, ", "), prefix)
			}
		}
		rel, ok := strings.CutPrefix(imported, module+"/")
		if !ok {
			continue
		}
		for _, n := range never {
			if n.from == pkg && n.to == rel {
				t.Errorf("%s: %s must not import %s: %s", path, pkg, rel, n.why)
			}
		}
		layer, _ := layerOf(rel)
		if layer >= own && !(layer == own && allowed(within[pattern], rel)) {
			t.Errorf("%s: %s must not import %s, which is not below it", path, pkg, rel)
		}
	}
}
