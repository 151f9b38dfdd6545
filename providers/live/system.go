package live

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// A System is where a running Linux is read from. The fields must not be changed
// once it is used; those that are "" have defaults.
type System struct {
	Proc string // that of procfs; /proc
	Sys  string // that of sysfs; /sys
	Etc  string // configuration; /etc
	Dev  string // devices; /dev

	// Computer is the name of the computer in the objects; "" asks the system.
	Computer string

	once     sync.Once
	computer cim.Value
	osName   cim.Value
}

// ProcFile returns the path of a file below Proc.
func (s *System) ProcFile(elem ...string) string { return below(s.Proc, "/proc", elem) }

// SysFile returns the path of a file below Sys.
func (s *System) SysFile(elem ...string) string { return below(s.Sys, "/sys", elem) }

// EtcFile returns the path of a file below Etc.
func (s *System) EtcFile(elem ...string) string { return below(s.Etc, "/etc", elem) }

// DevFile returns the path of a file below Dev.
func (s *System) DevFile(elem ...string) string { return below(s.Dev, "/dev", elem) }

func below(root, def string, elem []string) string {
	if root == "" {
		root = def
	}
	return filepath.Join(append([]string{root}, elem...)...)
}

// load reads what does not change.
func (s *System) load() {
	s.once.Do(func() {
		name := s.Computer
		if name == "" {
			name, _ = os.Hostname()
			name, _, _ = strings.Cut(name, ".")
		}
		s.computer = Text(name)
		if release := s.Release()["PRETTY_NAME"]; release != "" {
			s.osName = Text(release + "|/|" + s.RootDevice())
		}
	})
}

// ComputerName returns the name of the computer, the key of
// Win32_ComputerSystem. It is asked for once.
func (s *System) ComputerName() cim.Value {
	s.load()
	return s.computer
}

// OSName returns the Name of Win32_OperatingSystem: what it calls itself, its
// directory and the device that this is on, with bars between them, as Windows
// does. It is read once.
func (s *System) OSName() cim.Value {
	s.load()
	return s.osName
}

// Release returns what os-release says of the system, by name.
func (s *System) Release() map[string]string {
	b, err := ReadFile(s.EtcFile("os-release"), 1<<16)
	if err != nil {
		return map[string]string{"PRETTY_NAME": "Linux"}
	}
	values := map[string]string{}
	for line := range strings.Lines(string(b)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if ok && !strings.HasPrefix(name, "#") {
			values[name] = unquote(value)
		}
	}
	if values["PRETTY_NAME"] == "" {
		values["PRETTY_NAME"] = "Linux"
	}
	return values
}

// unquote returns the value of an assignment of the shell: os-release(5).
func unquote(s string) string {
	if len(s) < 2 || s[0] != s[len(s)-1] || s[0] != '"' && s[0] != '\'' {
		return s
	}
	q := s[0]
	if s = s[1 : len(s)-1]; q == '\'' {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// RootDevice returns the device that is mounted as /, "" if that is not known.
func (s *System) RootDevice() string {
	b, err := ReadFile(s.ProcFile("self", "mounts"), MaxFile)
	if err != nil {
		return ""
	}
	device := ""
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 2 && f[1] == "/" {
			device = f[0]
		}
	}
	return device
}

// BootTime returns when the system was started, to the second.
func (s *System) BootTime() (time.Time, error) {
	b, err := ReadFile(s.ProcFile("stat"), 8*MaxFile)
	if err != nil {
		return time.Time{}, Unavailable(err)
	}
	for line := range strings.Lines(string(b)) {
		if text, ok := strings.CutPrefix(line, "btime "); ok {
			if sec := Uint(text); sec > 0 {
				return time.Unix(int64(sec), 0), nil
			}
		}
	}
	return time.Time{}, cim.Errorf(wbem.NotAvailable, "%s does not say when the system was started", s.ProcFile("stat"))
}

// Uptime returns for how long the system has been running, to a hundredth of a
// second.
func (s *System) Uptime() (time.Duration, error) {
	b, err := ReadFile(s.ProcFile("uptime"), 256)
	if err != nil {
		return 0, Unavailable(err)
	}
	text, _, _ := strings.Cut(string(b), " ")
	up, err := time.ParseDuration(strings.TrimSpace(text) + "s")
	if err != nil || up < 0 {
		return 0, cim.Errorf(wbem.NotAvailable, "%s is %.40q", s.ProcFile("uptime"), text)
	}
	return up, nil
}

// Unavailable makes the error of reading a file one that callers see:
// AccessDenied, or NotAvailable where there is no such file, on a system that is
// no Linux.
func Unavailable(err error) error {
	if os.IsPermission(err) {
		return cim.Errorf(wbem.AccessDenied, "%v", err)
	}
	return cim.Errorf(wbem.NotAvailable, "%v", err)
}

// Uint reads decimal digits after blanks, up to anything else; zero if there are
// none or they are beyond 64 bits.
func Uint(s string) uint64 {
	s = strings.TrimLeft(s, " \t")
	var n uint64
	for i := 0; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
		d := uint64(s[i] - '0')
		if n > (1<<64-1-d)/10 {
			return 0
		}
		n = n*10 + d
	}
	return n
}
