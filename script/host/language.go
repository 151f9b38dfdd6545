package host

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"openwmi/internal/source"
	"openwmi/script/jscript"
	"openwmi/script/vbscript"
)

// A Language is one that scripts are written in.
type Language struct {
	Name string // VBScript or JScript

	extensions []string
	aliases    []string
	parse      func(*source.File) (any, error)
	engine     func(*Session) Engine
}

// Languages are all of them.
var Languages = []*Language{VBScript, JScript}

// The languages.
var (
	VBScript = &Language{
		Name: "VBScript", extensions: []string{".vbs"}, aliases: []string{"vbscript", "vbs", "vbscript.encode"},
		parse:  func(f *source.File) (any, error) { return vbscript.Parse(f) },
		engine: newVBScript,
	}
	JScript = &Language{
		Name: "JScript", extensions: []string{".js"}, aliases: []string{"jscript", "js", "javascript", "ecmascript", "jscript.encode"},
		parse:  func(f *source.File) (any, error) { return jscript.Parse(f) },
		engine: newJScript,
	}
)

// LanguageOf returns the language with a name, as in //E: and in the attribute language
// of a .wsf file, without regard to case.
func LanguageOf(name string) (*Language, error) {
	for _, l := range Languages {
		for _, a := range l.aliases {
			if strings.EqualFold(a, name) {
				return l, nil
			}
		}
	}
	return nil, fmt.Errorf("there is no script engine %q: the languages are %s", name, languageNames())
}

func languageNames() string {
	var names []string
	for _, l := range Languages {
		names = append(names, l.Name)
	}
	return strings.Join(names, " and ")
}

// languageOfFile returns the language of a file by its extension, nil for others.
func languageOfFile(name string) *Language {
	ext := filepath.Ext(name)
	for _, l := range Languages {
		for _, e := range l.extensions {
			if strings.EqualFold(e, ext) {
				return l
			}
		}
	}
	return nil
}

// An Engine runs the scripts of one language in a session. Scripts that run one after
// the other see each other's globals. It belongs to the goroutine of the session.
type Engine interface {
	// Run parses and runs a text; the errors are those of the language.
	Run(ctx context.Context, f *source.File) error
	// Eval returns the value of an expression.
	Eval(ctx context.Context, text string) (vbscript.Value, error)
	// Incomplete reports whether more lines may make a text complete.
	Incomplete(text string) bool
	// Set makes a global for scripts.
	Set(name string, v vbscript.Value)
	// Global returns a global, Empty when there is none.
	Global(name string) vbscript.Value
	// Names returns what a prompt can complete: what scripts have defined and what the
	// language has.
	Names() []string

	run(ctx context.Context, script any) error
	defined(name string) bool
	call(ctx context.Context, name string, args []vbscript.Value) error
	close(ctx context.Context) error
	namespace() vbscript.Namespace
	share(other vbscript.Namespace)
}
