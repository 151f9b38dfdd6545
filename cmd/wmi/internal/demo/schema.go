package demo

import (
	"context"
	"embed"
	"path"

	"openwmi/mof/compile"
	"openwmi/wbem"
)

// The schema of the story: a small greenhouse, with its texts in two languages.
//
//go:embed garden
var files embed.FS

// schema are the files in the order in which they are compiled. What they store
// is in the namespace root\garden, the texts in its locale namespaces.
var schema = []string{"garden/garden.mof", "garden/en-US/garden.mfl", "garden/de-DE/garden.mfl"}

const namespace = `root\garden`

// load compiles a file of the schema.
func load(ctx context.Context, l wbem.Locator, name string) (*compile.Result, error) {
	o := compile.Options{ReadFile: files.ReadFile}
	program, err := compile.Parse(ctx, o, name)
	if err != nil {
		return nil, err
	}
	return program.Store(ctx, l)
}

// shortName is how the story calls a file of the schema.
func shortName(name string) string {
	if dir := path.Base(path.Dir(name)); dir != "garden" {
		return dir + "/" + path.Base(name)
	}
	return path.Base(name)
}
