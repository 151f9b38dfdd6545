package compile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"openwmi/internal/source"
	"openwmi/mof"
)

// An includer finds and reads included files for one compilation unit.
//
// A schema is one file that includes some thousand others. They are read ahead,
// by another goroutine, in the order in which they will be asked for, while
// those before are parsed.
type includer struct {
	opts *Options
	ctx  context.Context
	stop context.CancelFunc

	from  *source.File // whose includes are read ahead, nil if none
	ahead chan loaded
	done  chan struct{}
}

// readAhead is how many files may wait to be parsed.
const readAhead = 16

// fewIncludes is how many includes are not worth another goroutine.
const fewIncludes = 8

type loaded struct {
	path string // as written
	src  *source.File
	err  error
}

func newIncluder(ctx context.Context, o *Options) *includer {
	in := &includer{opts: o}
	in.ctx, in.stop = context.WithCancel(ctx)
	return in
}

// close ends the reading ahead.
func (in *includer) close() {
	in.stop()
	if in.done != nil {
		<-in.done
	}
}

// include is what mof.Options wants.
func (in *includer) include(from *source.File, path string) (*source.File, error) {
	if err := in.ctx.Err(); err != nil {
		return nil, err
	}
	if in.from == nil {
		in.start(from)
	}
	if in.from == from {
		if next, ok := <-in.ahead; ok && next.path == path {
			return next.src, next.err
		}
	}
	return in.load(from, path)
}

// start begins to read ahead what f includes, if that is much.
func (in *includer) start(f *source.File) {
	if strings.Count(f.Text(), "include") <= fewIncludes {
		return
	}
	var ignored source.List
	var paths []string
	for _, d := range mof.Parse(f, mof.Options{Dialect: in.opts.Dialect}, &ignored).Decls {
		if p, ok := d.(*mof.Pragma); ok && p.Kind == mof.IncludePragma {
			if path, ok := p.String(); ok {
				paths = append(paths, path)
			}
		}
	}
	in.from, in.ahead, in.done = f, make(chan loaded, readAhead), make(chan struct{})
	go func() {
		defer close(in.done)
		defer close(in.ahead)
		for _, path := range paths {
			src, err := in.load(f, path)
			select {
			case in.ahead <- loaded{path, src, err}:
			case <-in.ctx.Done():
				return
			}
		}
	}()
}

// load reads the file that from includes as path: next to it or in one of the
// directories for includes. mof.md 5
func (in *includer) load(from *source.File, path string) (*source.File, error) {
	path = filepath.FromSlash(strings.ReplaceAll(path, `\`, "/"))
	dirs := []string{""}
	if !filepath.IsAbs(path) {
		dirs = append([]string{filepath.Dir(from.Name())}, in.opts.IncludeDirs...)
	}
	for _, dir := range dirs {
		name := filepath.Join(dir, path)
		data, err := in.opts.ReadFile(name)
		switch {
		case err == nil:
			src, _, err := source.Decode(name, data)
			return src, err
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil, fmt.Errorf("no file %s is next to %s or in a directory for includes", path, from.Name())
}
