package session

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"openwmi/providers/live"
)

// How a user has logged on: LogonType.
const (
	unknown           = 0
	interactive       = 2
	network           = 3
	batch             = 4
	service           = 5
	remoteInteractive = 10
)

// maxSessions bounds how many files of logind are read.
const maxSessions = 1 << 16

// A session is a user who is logged on.
type session struct {
	id, user string
	leader   uint32 // the process that has begun it, 0 if not known
	audit    string // its number in the audit, "" if not known
	start    time.Time
	kind     uint32
	closing  bool
}

// A station is where sessions are looked up.
type station struct {
	sys *live.System
	run string
}

func (s *station) file(id string) string { return filepath.Join(s.run, "systemd", "sessions", id) }

// sessions returns all that there are, in the order in which they began.
func (s *station) sessions() ([]*session, error) {
	names, err := live.ReadNames(s.file(""))
	if os.IsPermission(err) {
		return nil, live.Unavailable(err)
	}
	var all []*session
	for _, name := range names[:min(len(names), maxSessions)] {
		if found := s.byID(name); found != nil {
			all = append(all, found)
		}
	}
	if err != nil { // there is no logind
		b, err := live.ReadFile(filepath.Join(s.run, "utmp"), maxUtmp)
		if err != nil && !os.IsNotExist(err) {
			return nil, live.Unavailable(err)
		}
		for _, found := range parseUtmp(b) {
			if _, err := os.Stat(s.sys.ProcFile(strconv.Itoa(int(found.leader)))); err == nil { // who else is long gone
				all = append(all, found)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *session) int {
		return cmp.Or(a.start.Compare(b.start), strings.Compare(a.id, b.id))
	})
	return slices.CompactFunc(all, func(a, b *session) bool { return a.id == b.id }), nil
}

// byID reads the file of a session of logind, nil if it is none.
func (s *station) byID(id string) *session {
	if id == "" || strings.ContainsAny(id, "./\\#\x00") { // a name for the time of writing, or a pipe
		return nil
	}
	name := s.file(id)
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	b, err := live.ReadFile(name, 64<<10)
	if err != nil {
		return nil
	}
	values := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			values[name] = value
		}
	}
	if values["USER"] == "" {
		return nil
	}
	found := &session{
		id: id, user: values["USER"], leader: uint32(min(live.Uint(values["LEADER"]), 1<<32-1)), audit: values["AUDIT"],
		closing: values["STATE"] == "closing",
	}
	if usec := live.Uint(values["REALTIME"]); usec > 0 && usec < 1<<60 {
		found.start = time.UnixMicro(int64(usec))
	}
	found.kind = kindOf(values["TYPE"], values["CLASS"], values["REMOTE"] == "1")
	return found
}

// kindOf translates the type and the class of sd-login(3).
func kindOf(kind, class string, remote bool) uint32 {
	switch {
	case class == "background" || class == "background-light":
		return batch // cron
	case strings.HasPrefix(class, "manager"):
		return service
	case kind == "tty", kind == "x11", kind == "wayland", kind == "mir":
		if remote {
			return remoteInteractive
		}
		return interactive
	case remote:
		return network // without a terminal
	}
	return unknown
}

// unset is the number of a process that goes back to nobody's login.
const unset = "4294967295"

// auditOf returns the number of the session of a process, "" if it has none.
func (s *station) auditOf(process string) string {
	n := live.ReadLine(s.sys.ProcFile(process, "sessionid"))
	if n == unset {
		return ""
	}
	return n
}

// number returns that of the session in the audit, "" if it has none.
func (s *station) number(of *session) string {
	if of.audit == "" && of.leader != 0 {
		of.audit = cmp.Or(s.auditOf(strconv.FormatUint(uint64(of.leader), 10)), unset)
	}
	if of.audit == "0" || of.audit == unset {
		return ""
	}
	return of.audit
}
