package wshom

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"openwmi/script/automation"
	"openwmi/script/vbscript"
)

// A specialFolders is the collection of special folders that have an equivalent here:
// their paths, whether or not they exist. "SpecialFolders Property"
type specialFolders struct{ r *Runtime }

var specialFoldersClass = &automation.Class{
	Name: "IWshCollection", Type: (*specialFolders)(nil), Default: "Item", Each: (*specialFolders).each,
	Members: []automation.Member{
		{Signature: "Count()", Get: (*specialFolders).count},
		{Signature: "Item(name)", Get: (*specialFolders).item},
		{Signature: "Length", Get: (*specialFolders).count},
	},
}

// folderNames are the names, in the order of their numbers, and what they are below the
// user's folder.
var folderNames = []struct{ name, below string }{
	{"Desktop", "Desktop"},
	{"Favorites", "Favorites"},
	{"MyDocuments", "Documents"},
	{"Templates", "Templates"},
}

func (s *shell) specialFolders() *specialFolders { return &specialFolders{s.r} }

// home returns the user's folder as the system has it, or the top of all.
func home() string {
	if dir, err := os.UserHomeDir(); err == nil {
		return dir
	}
	return string(filepath.Separator)
}

func (f *specialFolders) paths() []string {
	out := make([]string, len(folderNames))
	for i, n := range folderNames {
		out[i] = f.r.box.Path(filepath.Join(home(), n.below))
	}
	return out
}

func (f *specialFolders) count() int             { return len(folderNames) }
func (f *specialFolders) each() iter.Seq[string] { return slices.Values(f.paths()) }

// item returns a folder by its name, "" for names without a folder, or by its number.
func (f *specialFolders) item(ctx context.Context, name vbscript.Value) (string, error) {
	if name.Type() != vbscript.TypeString {
		i, err := vbscript.ToLong(ctx, name)
		if err != nil {
			return "", err
		}
		return (&collection{f.paths()}).item(int(i))
	}
	text, err := vbscript.ToText(ctx, name)
	for i, n := range folderNames {
		if strings.EqualFold(n.name, text) {
			return f.paths()[i], nil
		}
	}
	return "", err
}
