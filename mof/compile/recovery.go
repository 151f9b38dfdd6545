package compile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"openwmi/internal/source"
	"openwmi/mof"
)

// A Recovery is the list of the files from which a store can be rebuilt, in a
// directory of its own: the file autorecover.list has a line for each, in the
// order in which they were first added, and a private copy of each is beside
// it, so that nothing depends on where the originals were. mof.md 7, Decision
//
// A line is the name of the copy, a blank, and the path of the original.
type Recovery struct {
	Dir string
}

const recoveryList = "autorecover.list"

// A Recoverable is a file in the list.
type Recoverable struct {
	Original string // absolute path
	Copy     string // path of the copy, with everything in it that the original includes
}

// Files returns the list in order. Rebuilding a store is compiling the copies in
// this order, with no other options than the zero value.
func (r *Recovery) Files() ([]Recoverable, error) {
	data, err := os.ReadFile(filepath.Join(r.Dir, recoveryList))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var files []Recoverable
	for line := range strings.Lines(string(data)) {
		name, original, ok := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if !ok || name == "" || filepath.Base(name) != name {
			return nil, fmt.Errorf("%s: %.80q is not the name of a copy and a path", filepath.Join(r.Dir, recoveryList), line)
		}
		files = append(files, Recoverable{original, filepath.Join(r.Dir, name)})
	}
	return files, nil
}

// add puts a file with its text on the list, or replaces its copy.
func (r *Recovery) add(original string, text []byte) error {
	original, err := filepath.Abs(original)
	if err != nil {
		return err
	}
	if strings.ContainsAny(original, "\r\n") {
		return fmt.Errorf("%q: a path with line ends cannot be in the list of files that rebuild a store", original)
	}
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return err
	}
	files, err := r.Files()
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.Original == original {
			return replaceFile(f.Copy, text)
		}
	}
	sum := sha256.Sum256([]byte(original))
	name := hex.EncodeToString(sum[:8]) + ".mof"
	if err := replaceFile(filepath.Join(r.Dir, name), text); err != nil {
		return err
	}
	var list bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&list, "%s %s\n", filepath.Base(f.Copy), f.Original)
	}
	fmt.Fprintf(&list, "%s %s\n", name, original)
	return replaceFile(filepath.Join(r.Dir, recoveryList), list.Bytes())
}

// replaceFile writes a file so that either the old or the new one is there,
// whatever happens.
func replaceFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// recover adds the files that ask for it to the list. mof.md 6, step 5
func (p *Program) recover() error {
	if p.opts.Recovery == nil {
		return nil
	}
	for _, u := range p.units {
		if u.path == "" || !u.autorecover && !p.opts.Autorecover {
			continue
		}
		text := expand(nil, u.tree)
		data, err := source.Encode(string(text), source.UTF8BOM)
		if err != nil { // for unpaired surrogates
			data, err = source.Encode(string(text), source.UTF16LE)
		}
		if err == nil {
			err = p.opts.Recovery.add(u.path, data)
		}
		if err != nil {
			return &Error{Phase: Storing, File: u.path, Err: err}
		}
	}
	return nil
}

// expand appends the text of a file in which the texts of included files are in
// the places of the directives.
func expand(b []byte, f *mof.File) []byte {
	text, done := f.Source.Text(), 0
	for _, d := range f.Decls {
		p, ok := d.(*mof.Pragma)
		if !ok || p.File == nil {
			continue
		}
		b = append(b, text[done:f.Source.Offset(p.Pos)]...)
		b = append(b, '\n')
		b = expand(b, p.File)
		b = append(b, '\n')
		done = f.Source.Offset(p.End)
	}
	return append(b, text[done:]...)
}
