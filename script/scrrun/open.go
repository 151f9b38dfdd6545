package scrrun

import (
	"bufio"
	"io"
	"io/fs"
	"os"

	"golang.org/x/text/transform"

	"openwmi/script/vbscript"
)

// Modes of OpenTextFile.
const (
	forReading   = 1
	forWriting   = 2
	forAppending = 8
)

// openTextFile opens a file. Format is -1 for Unicode; 0 and -2, which is what the system
// has, are UTF-8. "OpenTextFile Method"
func (f *fileSystem) openTextFile(path string, mode int, create bool, format int) (*TextStream, error) {
	if format < -2 || format > 0 {
		return nil, vbscript.NewError(errArgument, "")
	}
	wide := format == -1
	switch mode {
	case forReading:
		if create {
			// Creating is writing, and needs that permission only if nothing is there.
			if ok, err := f.fileExists(path); err != nil || !ok {
				if err != nil {
					return nil, err
				}
				t, err := f.openWriter(path, os.O_CREATE|os.O_EXCL, false)
				if err != nil {
					return nil, err
				}
				if err := t.Close(); err != nil {
					return nil, fail(err, path, errFileNotFound)
				}
			}
		}
		return f.openReader(path, wide)
	case forWriting, forAppending:
		flag := os.O_TRUNC
		if mode == forAppending {
			flag = os.O_APPEND
		}
		if create {
			flag |= os.O_CREATE
		}
		return f.openWriter(path, flag, wide)
	}
	return nil, vbscript.NewError(errArgument, "")
}

// createTextFile makes a file, or empties one. "CreateTextFile Method"
func (f *fileSystem) createTextFile(path string, overwrite, wide bool) (*TextStream, error) {
	flag := os.O_CREATE | os.O_TRUNC
	if !overwrite {
		flag = os.O_CREATE | os.O_EXCL
	}
	return f.openWriter(path, flag, wide)
}

func (f *fileSystem) openReader(path string, wide bool) (*TextStream, error) {
	p, err := f.box.Readable(self, path)
	if err != nil {
		return nil, fail(err, path, errPathNotFound)
	}
	defer p.Close()
	r, err := p.Open(os.O_RDONLY, 0)
	if err != nil {
		return nil, f.notOpened(err, path, p.InFolder())
	}
	var decode transform.Transformer = &repair{}
	if wide {
		decode = &widen{}
	}
	t := f.stream(path, r)
	t.file, t.wide = r, wide
	t.src = bufio.NewReader(transform.NewReader(r, decode))
	return t, f.keep(t)
}

func (f *fileSystem) openWriter(path string, flag int, wide bool) (*TextStream, error) {
	abs := path
	if flag&os.O_CREATE != 0 {
		var err error
		if abs, err = f.creatable(path); err != nil {
			return nil, err
		}
	}
	p, err := f.box.Writable(self, abs)
	if err != nil {
		return nil, fail(err, path, errPathNotFound)
	}
	defer p.Close()
	if info, err := p.Info(); err == nil && !info.IsDir() && readOnly(info) && flag&os.O_EXCL == 0 {
		return nil, vbscript.NewError(errPermission, path) // root could, but it is meant so
	}
	w, err := p.Open(flag|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, f.notOpened(err, path, p.InFolder())
	}
	t := f.stream(path, w)
	t.w, t.wide, t.newline = w, wide, "\r\n"
	if wide {
		if info, err := w.Stat(); err != nil || info.Size() == 0 {
			if _, err := w.Write(narrow("\ufeff")); err != nil {
				_ = w.Close()
				return nil, fail(err, path, errDevice)
			}
		}
	}
	return t, f.keep(t)
}

func (f *fileSystem) stream(path string, c io.Closer) *TextStream {
	return &TextStream{name: path, close: c.Close, line: 1, column: 1}
}

// keep has the runtime close a file in the end.
func (f *fileSystem) keep(t *TextStream) error {
	err := f.r.track(t)
	if err != nil {
		_ = t.Close()
	}
	return err
}

// notOpened tells a missing file from a missing folder.
func (f *fileSystem) notOpened(err error, path string, inFolder bool) error {
	if inFolder {
		return fail(err, path, errFileNotFound)
	}
	return fail(err, path, errPathNotFound)
}

// readOnly reports whether a file has the attribute ReadOnly: its owner may not write.
func readOnly(info fs.FileInfo) bool { return info.Mode()&0o200 == 0 }
