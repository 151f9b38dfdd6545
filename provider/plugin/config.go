package plugin

import (
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"openwmi/cim"
	"openwmi/internal/child"
	"openwmi/internal/config"
)

// MaxConfig is the size in bytes of the largest configuration.
const MaxConfig = config.MaxSize

// Config lists the programs that may be started, by the name of the provider: that
// in CLSID of its __Win32Provider behind "go-plugin:", or its Name. The zero
// value lists none, so that none is started.
//
//	{
//	  "Words": {"path": "/usr/lib/openwmi/words", "sha256": "9f86d0…"},
//	  "Disks": {"path": "/usr/bin/python3", "args": ["/usr/lib/openwmi/disks.py"], "plain": true},
//	  "Lamps": {"socket": "/run/lamps/provider", "users": ["lamps"]}
//	}
type Config map[string]Program

// A Program says how a provider is started and what it may use up, or where one
// is that runs already.
type Program struct {
	// Path is the file to start, absolute. Nobody but administrators should
	// be able to write to it.
	Path string `json:"path"`
	// Socket is the unix socket of a decoupled provider, absolute: one that
	// somebody else starts, see Listen. There is no Path then, and
	// nothing of what says how to start it.
	Socket string `json:"socket"`
	// Users are those, by name or number, whose processes may serve at Socket,
	// besides the superuser and the user of this process.
	Users []string `json:"users"`

	Args []string `json:"args"`
	// Dir is its working directory. "" is the root of the file system.
	Dir string `json:"dir"`
	// Environment are the variables that it gets besides PATH and those of
	// the handshake. Nothing is inherited.
	Environment map[string]string `json:"environment"`

	// SHA256 is that of the file at Path in hexadecimal. Another file is not
	// started; "" accepts any.
	SHA256 string `json:"sha256"`

	// Plain turns TLS off, for languages that cannot make a certificate. The
	// socket is in a directory of the owner of this process all the same.
	Plain bool `json:"plain"`

	// StartTimeout is how long it may take until it answers. Zero is 30
	// seconds.
	StartTimeout Duration `json:"startTimeout"`
	// CallTimeout is how long it may say nothing to somebody who waits: then
	// the call is ProviderTimedOut, and a program that does not answer
	// Describe in that time either, or in 5 seconds, is ended. Zero is 2
	// minutes. Providing events has no limit.
	CallTimeout Duration `json:"callTimeout"`
	// IdleTimeout is after which time without a call it is ended. Zero is 5
	// minutes.
	IdleTimeout Duration `json:"idleTimeout"`

	// MemoryLimit is how many bytes it may have to write to, where the system
	// has such a limit (Linux: RLIMIT_DATA). Zero is provider.HostQuotas.Memory.
	MemoryLimit int64 `json:"memoryLimit"`
	// MaxMessage is how many bytes one message from or to it has at most.
	// Zero is 16 MiB.
	MaxMessage int `json:"maxMessage"`
	// MaxCalls is how many calls run in it at once. Sixteen times as many
	// wait, and more are QuotaViolation. Zero is 64. Providing events does not
	// count.
	MaxCalls int `json:"maxCalls"`

	name string // as the configuration spells it
}

// check returns p with the usual values for what is zero.
func (p Program) check() (Program, error) {
	if p.Socket != "" {
		if err := p.checkSocket(); err != nil {
			return p, err
		}
	} else if !filepath.IsAbs(p.Path) {
		return p, fmt.Errorf("path %q is not absolute", p.Path)
	} else if len(p.Users) > 0 {
		return p, errors.New("users are those of a socket, and there is none")
	}
	if p.Path != "" {
		p.Path = filepath.Clean(p.Path)
	}
	if b, err := hex.DecodeString(p.SHA256); err != nil || len(b) != 0 && len(b) != 32 {
		return p, fmt.Errorf("sha256 %.80q is not 64 hexadecimal digits", p.SHA256)
	}
	if err := child.CheckEnv(p.Environment); err != nil {
		return p, fmt.Errorf("environment: %w", err)
	}
	usual(&p.Dir, string(filepath.Separator))
	usual(&p.StartTimeout, Duration(30*time.Second))
	usual(&p.CallTimeout, Duration(2*time.Minute))
	usual(&p.IdleTimeout, Duration(5*time.Minute))
	usual(&p.MaxMessage, 16<<20)
	usual(&p.MaxCalls, 64)
	if min(int64(p.StartTimeout), int64(p.CallTimeout), int64(p.IdleTimeout), p.MemoryLimit, int64(p.MaxMessage), int64(p.MaxCalls)) < 0 {
		return p, errors.New("a limit is negative")
	}
	return p, nil
}

func (p *Program) checkSocket() error {
	switch {
	case !filepath.IsAbs(p.Socket) || len(p.Socket) > maxSocket:
		return fmt.Errorf("socket %.200q is not an absolute path of up to %d bytes", p.Socket, maxSocket)
	case p.Path != "" || len(p.Args) > 0 || p.Dir != "" || len(p.Environment) > 0 || p.SHA256 != "" || p.MemoryLimit != 0:
		return errors.New("what has a socket runs already and is not started")
	case onlyTCP:
		return errors.New("programs have no unix sockets here")
	}
	p.Plain = true
	return nil
}

// maxSocket is how long the path of a unix socket is.
const maxSocket = 107

func usual[T comparable](v *T, other T) {
	var zero T
	if *v == zero {
		*v = other
	}
}

// A Duration is a time.Duration that is "1m30s" in JSON.
type Duration = config.Duration

// ReadConfig reads a file with a configuration, to which nobody but the superuser
// and the user of this process may be able to write. The error says where.
func ReadConfig(name string) (Config, error) {
	var c Config
	if err := config.Read(name, &c); err != nil {
		return nil, err
	}
	if _, err := c.checked(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// ParseConfig reads a configuration. What it does not know is an error, lest
// a limit that is misspelled is none.
func ParseConfig(text []byte) (Config, error) {
	var c Config
	if err := config.Parse(text, &c); err != nil {
		return nil, err
	}
	_, err := c.checked()
	return c, err
}

// checked returns what c lists, by folded name.
func (c Config) checked() (map[string]Program, error) {
	all := map[string]Program{}
	for name, p := range c {
		if _, twice := all[cim.Fold(name)]; twice || name == "" {
			return nil, fmt.Errorf("the name %q is empty or stands there twice", name)
		}
		checked, err := p.check()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		checked.name = name
		all[cim.Fold(name)] = checked
	}
	return all, nil
}
