package host

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"openwmi/internal/source"
)

// A Program is the scripts of a file. It never changes, and may be run by several
// sessions at once.
type Program struct {
	Name string // of the file

	parts []part

	// Of a .wsf file.
	libraries []*typeLibrary
	objects   []object
	resources []resource
	usage     usage
}

// part is a script in a language.
type part struct {
	language *Language
	script   any
}

// object is an object that a .wsf file declares.
type object struct {
	id, class string
	events    bool
}

// maxFile bounds what a script file holds, in bytes, and what the scripts of a .wsf file
// have together: those of people are below 1 MB.
const maxFile = 16 << 20

// maxText is the same in UTF-8, which has up to three bytes for one of Windows-1252.
const maxText = 3 * maxFile

// Load reads a file. The language is by its extension (.vbs, .js, .wsf) unless one is
// given. Job chooses the job of a .wsf file, "" the first. The error is a *source.List
// with every syntax error, or tells why the file can't be read.
func Load(name string, language *Language, job string) (*Program, error) {
	text, err := readScript(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, text, language, job)
}

// Parse is Load for the text of a file.
func Parse(name, text string, language *Language, job string) (*Program, error) {
	if len(text) > maxText {
		return nil, tooLarge(name)
	}
	p := &Program{Name: name}
	if language == nil && strings.EqualFold(filepath.Ext(name), ".wsf") {
		if err := p.parseJob(text, job); err != nil {
			return nil, err
		}
		return p, nil
	}
	if language == nil {
		if language = languageOfFile(name); language == nil {
			return nil, fmt.Errorf("there is no script engine for the file extension %q: //E: names one of %s", filepath.Ext(name), languageNames())
		}
	}
	if err := p.add(language, source.NewFile(name, text)); err != nil {
		return nil, err
	}
	return p, nil
}

// add parses a script and adds it.
func (p *Program) add(l *Language, f *source.File) error {
	script, err := l.parse(f)
	if err != nil {
		return numbered(err)
	}
	p.parts = append(p.parts, part{l, script})
	return nil
}

// readScript reads a file as text: UTF-8, UTF-16 with a byte order mark, and what is
// neither as Windows-1252, which old scripts are.
func readScript(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	// A pipe has no size, and some devices no end.
	b, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return "", err
	}
	if len(b) > maxFile {
		return "", tooLarge(name)
	}
	f, _, err := source.Decode(name, b)
	if err != nil {
		return "", err
	}
	return f.Text(), nil
}

func tooLarge(name string) error {
	return fmt.Errorf("%s is larger than the %d MB that a script may have", name, maxFile>>20)
}

// numbered gives the syntax errors of a text the numbers with which scripts see them, as
// HRESULTs. Another error stays as it is.
func numbered(err error) error {
	const facility = 0x800A0000 // FACILITY_CONTROL
	list, ok := err.(*source.List)
	if !ok {
		return err
	}
	var out source.List
	for _, d := range list.All() {
		if d.Code < 0x10000 {
			d.Code += facility
		}
		out.Add(d)
	}
	return out.Err()
}

// join adds the syntax errors of one script to those of others.
func join(list *source.List, err error) error {
	var more *source.List
	if !errors.As(err, &more) {
		return err
	}
	for _, d := range more.All() {
		list.Add(d)
	}
	return nil
}
