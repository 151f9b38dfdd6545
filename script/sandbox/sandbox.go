package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"openwmi/script/vbscript"
)

// A Policy says what a script may do. The zero Policy allows nothing.
type Policy struct {
	// Read and Write are folders, with all that is in them, and single files: paths of
	// the system, in its own spelling. "/" is everything. They may be missing at first.
	Read, Write []string
	// Run allows to start commands. They may do all that the user may.
	Run bool
	// Env allows to read the environment of the process.
	Env bool
	// Means begins the name of what opens something, which "read", "write", "run" or
	// "env" ends. Errors tell it. "" means "--allow-".
	Means string
}

// Options are the policy of a sandbox and what is in it.
type Options struct {
	Policy
	// Drives are the folders that drive letters stand for. Nil means that C is "/", or
	// on Windows the drives that there are.
	Drives map[string]string
	// Dir is the current directory, a path of the system. "" means that of the process.
	Dir string
	// Temp is the folder for temporary files, a path of the system. "" means
	// [os.TempDir]. A script may use it if the policy has it.
	Temp string
}

// A Sandbox holds the policy of one script and its current directory.
type Sandbox struct {
	read, write []string // resolved
	run, env    bool
	means       string
	drives      map[string]string // by capital letter, clean; nil where paths are native
	dir         string            // as scripts write it
	temp        string
	large       map[string]bool // folders with more than foldLimit names
}

// New returns a sandbox. The error says which path of the options can't be resolved, or
// which letter is none.
func New(o Options) (*Sandbox, error) {
	s := &Sandbox{run: o.Run, env: o.Env, means: cmp.Or(o.Means, "--allow-"), large: map[string]bool{}}
	for _, list := range []struct {
		to   *[]string
		from []string
	}{{&s.read, o.Read}, {&s.write, o.Write}} {
		for _, path := range list.from {
			if path == "/" {
				*list.to = append(*list.to, path)
				continue
			}
			abs, err := filepath.Abs(path)
			if path == "" {
				err = errors.New("it is empty")
			}
			if err == nil {
				abs, err = resolve(abs, true, nil) // a path of the system means one place
			}
			if err != nil {
				return nil, fmt.Errorf("path %q of the policy: %w", path, err)
			}
			*list.to = append(*list.to, abs)
		}
	}
	if o.Drives != nil || runtime.GOOS != "windows" {
		s.drives = map[string]string{}
	}
	for letter, dir := range o.Drives {
		if !isLetter(letter) || !filepath.IsAbs(dir) {
			return nil, fmt.Errorf("drive %q can't be %q: a letter stands for an absolute path", letter, dir)
		}
		s.drives[strings.ToUpper(letter)] = filepath.Clean(dir)
	}
	if s.drives != nil && o.Drives == nil {
		s.drives["C"] = "/"
	}
	dir := o.Dir
	if dir == "" {
		var err error
		if dir, err = os.Getwd(); err != nil {
			return nil, err
		}
	}
	s.dir = s.Path(dir)
	s.temp = s.Path(o.Temp)
	if o.Temp == "" {
		s.temp = s.Path(os.TempDir())
	}
	return s, nil
}

// Temp returns the folder for temporary files as scripts write it.
func (s *Sandbox) Temp() string { return s.temp }

// CheckRun returns nil if commands may be started, or error 70 for an object that wanted
// to start one.
func (s *Sandbox) CheckRun(object, command string) error {
	if s.run {
		return nil
	}
	return denied(object, "run", command, s.means+"run")
}

// CheckEnv returns nil if the environment may be read, or error 70 for an object that
// wanted to know a variable.
func (s *Sandbox) CheckEnv(object, name string) error {
	if s.env {
		return nil
	}
	return denied(object, "read the environment variable", name, s.means+"env")
}

// denied is the error for what the policy does not allow.
func denied(object, verb, what, means string) error {
	e := vbscript.NewError(70, "")
	e.Description += fmt.Sprintf(`: %s may not %s "%s" without %s`, object, verb, what, means)
	return e
}

// System returns the folder of Windows as scripts write it, such as C:\Windows. On other
// systems it only has a name.
func (s *Sandbox) System() string {
	if s.drives == nil {
		return os.Getenv("SystemRoot")
	}
	return s.top() + "Windows"
}

// top returns the top of the first drive.
func (s *Sandbox) top() string {
	for _, letter := range s.Letters() {
		return letter + `:\`
	}
	return `C:\`
}
