package scrrun

import (
	"errors"
	"runtime"
	"strings"
	"weak"

	"openwmi/script/automation"
	"openwmi/script/sandbox"
	"openwmi/script/vbscript"
)

// Options are what a runtime needs. Sandbox is required for files.
type Options struct {
	// Sandbox says which files may be used. Nil allows none.
	Sandbox *sandbox.Sandbox
	// Stdin, Stdout and Stderr are what GetStandardStream returns; nil has none.
	Stdin, Stdout, Stderr *TextStream
	// Memory bounds what all dictionaries hold, in bytes, about. Zero means 256 MiB.
	// Exceeding it is error 7.
	Memory int64
}

const (
	defaultMemory = 256 << 20
	maxOpen       = 256
)

// A Runtime makes the objects of one script.
type Runtime struct {
	opts  Options
	fs    *fileSystem
	open  []weak.Pointer[TextStream] // files
	dicts []weak.Pointer[dictionary]
	used  int64 // by dictionaries, some of which may be gone
}

// New returns a runtime.
func New(o Options) *Runtime {
	if o.Memory == 0 {
		o.Memory = defaultMemory
	}
	r := &Runtime{opts: o}
	r.fs = &fileSystem{r, o.Sandbox}
	return r
}

// Object returns a new object of a class, Scripting.Dictionary or
// Scripting.FileSystemObject without regard to case, and nil for other classes. Error
// 429 says that there is no sandbox for files.
func (r *Runtime) Object(class string) (vbscript.Object, error) {
	switch strings.ToLower(class) {
	case "scripting.dictionary":
		d, err := r.newDictionary()
		if err != nil {
			return nil, err
		}
		return library.Object(d), nil
	case "scripting.filesystemobject":
		if r.opts.Sandbox == nil {
			return nil, vbscript.NewError(429, class)
		}
		return library.Object(r.fs), nil
	}
	return nil, nil
}

// Close closes the files that the script left open.
func (r *Runtime) Close() error {
	var errs []error
	for _, w := range r.open {
		if t := w.Value(); t != nil {
			errs = append(errs, t.Close())
		}
	}
	r.open = nil
	return errors.Join(errs...)
}

// track notes an open file. Error 67 says that there are too many.
func (r *Runtime) track(t *TextStream) error {
	if r.openFiles() >= maxOpen {
		runtime.GC() // closes what the script has dropped
		if r.openFiles() >= maxOpen {
			return vbscript.NewError(67, "")
		}
	}
	r.open = append(r.open, weak.Make(t))
	return nil
}

func (r *Runtime) openFiles() int {
	if len(r.open) >= maxOpen {
		live := r.open[:0]
		for _, w := range r.open {
			if t := w.Value(); t != nil && !t.closed {
				live = append(live, w)
			}
		}
		r.open = live
	}
	return len(r.open)
}

// library has the classes of the package; see the tables beside their types.
var library = automation.NewLibrary(
	dictionaryClass, fileSystemClass, textStreamClass, fileClass, filesClass,
	folderClass, foldersClass, driveClass, drivesClass,
)
