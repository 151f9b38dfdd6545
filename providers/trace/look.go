package trace

import (
	"bytes"
	"path"
	"strconv"
	"strings"

	"openwmi/providers/live"
)

// A process is what is known of one.
type process struct {
	id, parent uint32
	start      uint64 // as in its file stat, 0 if not known
	name       string // "" if not known
	session    uint32
	user       uint32
	hasSession bool
	hasUser    bool

	told bool   // its start was
	due  uint64 // when it will be if nothing happens, unless it was; nanoseconds of the monotonic clock

	exit *uint32 // how its first thread has ended, as wait has it; nil if not known
}

// look returns what /proc says of a process, nil if it is not there or has ended
// and waits for its parent.
func look(sys *live.System, id uint32) *process {
	p := &process{id: id}
	if !p.read(sys) {
		return nil
	}
	return p
}

// read reads what /proc says of a process, and reports whether it runs. What it
// does not find stays as it is.
func (p *process) read(sys *live.System) bool {
	dir := sys.ProcFile(strconv.FormatUint(uint64(p.id), 10))
	file := func(name string) []byte {
		b, err := live.ReadFile(path.Join(dir, name), live.MaxFile)
		if err != nil {
			return nil
		}
		return b
	}
	s, err := live.ParseProcessStat(file("stat"))
	if err != nil || p.start != 0 && s.HasStart && s.Start != p.start {
		return false
	}
	p.start = s.Start
	if p.parent == 0 {
		p.parent = s.Parent
	}
	name := s.Comm
	if len(name) >= 15 { // the kernel has cut it
		first, _, _ := bytes.Cut(file("cmdline"), []byte{0})
		if base := path.Base(string(first)); strings.HasPrefix(base, name) {
			name = base
		} else if strings.HasPrefix(p.name, name) { // of one that has ended
			name = p.name
		}
	}
	p.name = name
	if text := file("sessionid"); len(text) > 0 {
		n := live.Uint(string(text))
		p.session, p.hasSession = uint32(n), n < 1<<32-1
	}
	if !p.hasUser {
		for line := range strings.Lines(string(file("status"))) {
			if ids, ok := strings.CutPrefix(line, "Uid:"); ok {
				if f := strings.Fields(ids); len(f) > 1 {
					p.user, p.hasUser = uint32(live.Uint(f[1])), true // the effective one
				}
				break
			}
		}
	}
	return runs(dir, s)
}

// runs reports whether a process has a thread that has not ended. The first
// thread of a process may end before others.
func runs(dir string, s live.ProcessStat) bool {
	if !ended(s.State) {
		return true
	}
	if s.Threads <= 1 {
		return false
	}
	names, _ := live.ReadNames(path.Join(dir, "task"))
	for _, name := range names {
		b, err := live.ReadFile(path.Join(dir, "task", name, "stat"), live.MaxFile)
		if err != nil {
			continue
		}
		if t, err := live.ParseProcessStat(b); err == nil && !ended(t.State) {
			return true
		}
	}
	return false
}

func ended(state byte) bool { return state == 'Z' || state == 'X' || state == 'x' }
