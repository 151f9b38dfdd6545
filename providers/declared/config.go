package declared

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"openwmi/cim"
	"openwmi/internal/child"
	"openwmi/internal/config"
	"openwmi/wbem"
)

// A Config says what classes may run and read, in a JSON object of which all
// members may be left out. The zero value allows nothing.
//
//	{
//	  "programs": ["/usr/bin/lsblk"],
//	  "commands": [["/usr/bin/systemctl", "show", "{Name}"]],
//	  "files":    ["/etc/os-release", "/var/lib/inventory/"]
//	}
type Config struct {
	// Programs are the files that may be run with any arguments, which come from
	// whoever puts classes. A shell or an interpreter in this list therefore
	// allows everything.
	Programs []string `json:"programs"`

	// Commands are programs with all their arguments, as classes have them in
	// Command or Lookup.
	Commands [][]string `json:"commands"`

	// Files may be read. One that ends in a slash is a directory of which
	// everything may that is below, but not what links there lead to outside.
	Files []string `json:"files"`

	// Environment are the variables that programs get besides PATH. LC_ALL is C
	// unless it is here.
	Environment map[string]string `json:"environment"`

	// TimeLimit bounds Timeout of classes. Zero is 5 minutes.
	TimeLimit config.Duration `json:"timeLimit"`

	// MemoryLimit is how many bytes a program may have to write to, where the
	// system has such a limit (Linux: RLIMIT_DATA). Zero is 1 GiB.
	MemoryLimit int64 `json:"memoryLimit"`

	// OutputLimit bounds MaxOutput of classes, in bytes. Zero is 64 MiB.
	OutputLimit int64 `json:"outputLimit"`

	// RowLimit bounds MaxRows of classes. Zero is a million.
	RowLimit int64 `json:"rowLimit"`

	// MaxProcesses is how many programs run at once; who asks for more waits.
	// Zero is 8.
	MaxProcesses int `json:"maxProcesses"`
}

// ReadConfig reads a file with a configuration, to which nobody but the superuser
// and the user of this process may be able to write. The error says where.
func ReadConfig(name string) (*Config, error) {
	c := &Config{}
	if err := config.Read(name, c); err != nil {
		return nil, err
	}
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// Check reports the first member that is wrong, by its name such as files[1].
func (c *Config) Check() error {
	for i, name := range c.Programs {
		if err := checkPath(name); err != nil {
			return fmt.Errorf("programs[%d]: %w", i, err)
		}
	}
	for i, args := range c.Commands {
		if len(args) == 0 {
			return fmt.Errorf("commands[%d] names no program", i)
		}
		if err := checkPath(args[0]); err != nil {
			return fmt.Errorf("commands[%d]: %w", i, err)
		}
	}
	for i, name := range c.Files {
		if err := checkPath(strings.TrimSuffix(name, "/")); err != nil {
			return fmt.Errorf("files[%d]: %w", i, err)
		}
	}
	if err := child.CheckEnv(c.Environment); err != nil {
		return fmt.Errorf("environment: %w", err)
	}
	if min(int64(c.TimeLimit), c.MemoryLimit, c.OutputLimit, c.RowLimit, int64(c.MaxProcesses)) < 0 {
		return errors.New("a limit is negative")
	}
	return nil
}

func checkPath(name string) error {
	switch {
	case !filepath.IsAbs(name) || strings.Contains(name, "\x00"):
		return fmt.Errorf("%.100q is not an absolute path", name)
	case filepath.Clean(name) != name:
		return fmt.Errorf("%.100q is to be written as %.100q", name, filepath.Clean(name))
	}
	return nil
}

// completed returns the configuration with the usual values for what is zero.
func (c Config) completed() Config {
	c.TimeLimit = cmp.Or(c.TimeLimit, config.Duration(5*time.Minute))
	c.MemoryLimit = cmp.Or(c.MemoryLimit, 1<<30)
	c.OutputLimit = cmp.Or(c.OutputLimit, 64<<20)
	c.RowLimit = cmp.Or(c.RowLimit, 1000000)
	c.MaxProcesses = cmp.Or(c.MaxProcesses, 8)
	return c
}

// mayRun reports whether a command is allowed.
func (c *Config) mayRun(args []string) bool {
	return slices.Contains(c.Programs, args[0]) ||
		slices.ContainsFunc(c.Commands, func(a []string) bool { return slices.Equal(a, args) })
}

// open opens a file if it is allowed and is one: AccessDenied, NotAvailable.
func (c *Config) open(name string) (*os.File, error) {
	f, err := c.openListed(name)
	if err == nil {
		// What is no file might have no end.
		if info, serr := f.Stat(); serr != nil || !info.Mode().IsRegular() {
			_ = f.Close()
			err = cim.Errorf(wbem.NotAvailable, "%s is no regular file", name)
		}
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (c *Config) openListed(name string) (*os.File, error) {
	const flags = os.O_RDONLY | syscall.O_NONBLOCK // nobody waits for the other end of a pipe
	for _, allowed := range c.Files {
		switch dir, isDir := strings.CutSuffix(allowed, "/"); {
		case allowed == name:
			f, err := os.OpenFile(name, flags, 0)
			return f, missing(err)
		case isDir && strings.HasPrefix(name, allowed):
			root, err := os.OpenRoot(dir)
			if err != nil {
				return nil, missing(err)
			}
			defer root.Close()
			f, err := root.OpenFile(name[len(allowed):], flags, 0)
			return f, missing(err)
		}
	}
	return nil, cim.Errorf(wbem.AccessDenied, "the configuration does not list the file %s", name)
}

// missing makes the error of a program or file that is not there one that callers
// see.
func missing(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return cim.Errorf(wbem.NotAvailable, "%v", err)
	case errors.Is(err, fs.ErrPermission):
		return cim.Errorf(wbem.AccessDenied, "%v", err)
	}
	return err
}
