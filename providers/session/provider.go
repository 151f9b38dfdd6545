package session

import (
	"context"
	_ "embed"
	"iter"
	"strings"

	"openwmi/cim"
	"openwmi/providers/live"
)

// Name is that under which MOF registers the provider.
const Name = "OpenWMI_Session"

// MOF declares the classes of this package in root\cimv2, below those of
// live.MOF, and registers the provider.
//
//go:embed session.mof
var MOF []byte

// Options of a provider. The zero value is good.
type Options struct {
	System *live.System // nil is the one that this process runs on
	Run    string       // where the running system keeps its state; /run
}

// New returns the provider.
func New(o Options) *live.Provider {
	s := &station{o.System, o.Run}
	if s.sys == nil {
		s.sys = &live.System{}
	}
	if s.run == "" {
		s.run = "/run"
	}
	all := s.logons()
	return live.New(all, s.users(all), s.processes(all))
}

// each yields what a function returns.
func each[T any](list func() ([]*T, error)) func(context.Context) iter.Seq2[*T, error] {
	return func(context.Context) iter.Seq2[*T, error] {
		return func(yield func(*T, error) bool) {
			all, err := list()
			if err != nil {
				yield(nil, err)
				return
			}
			for _, v := range all {
				if !yield(v, nil) {
					return
				}
			}
		}
	}
}

func (s *station) logons() *live.Class[session] {
	return &live.Class[session]{
		Name: "Win32_LogonSession",
		All:  each(s.sessions),
		Find: map[string]live.Finder[session]{"LogonId": func(_ context.Context, v cim.Value) ([]*session, error) {
			if found := s.byID(v.Text()); found != nil {
				return []*session{found}, nil
			}
			return s.sessions() // of utmp, or spelled otherwise
		}},
		Fields: []live.Field[session]{
			{Name: "LogonId", Get: func(o *session) cim.Value { return live.Text(o.id) }},
			{Name: "StartTime", Get: func(o *session) cim.Value { return live.Time(o.start) }},
			{Name: "LogonType", Get: func(o *session) cim.Value {
				if o.kind == unknown {
					return cim.Value{}
				}
				return cim.Uint32Value(o.kind)
			}},
			{Name: "Status", Get: func(o *session) cim.Value {
				if o.closing {
					return cim.StringValue("Stopping")
				}
				return cim.StringValue("OK")
			}},
		},
	}
}

// users is the association of sessions and users.
func (s *station) users(all *live.Class[session]) *live.Class[session] {
	user := live.Role[session]{
		Name: "Antecedent",
		Path: func(o *session) cim.Path {
			return cim.Path{Class: "Win32_UserAccount", Keys: []cim.Key{
				cim.NewKey("Domain", s.sys.ComputerName()), cim.NewKey("Name", live.Text(o.user)),
			}}
		},
	}
	return live.Association("Win32_LoggedOnUser", all, user, live.To("Dependent", all, "LogonId"))
}

// A member is a process of a session.
type member struct {
	*session
	process string
}

// processes is the association of sessions and processes.
func (s *station) processes(all *live.Class[session]) *live.Class[member] {
	logon := live.To("", all, "LogonId")
	return live.Association("Win32_SessionProcess",
		&live.Class[member]{All: each(func() ([]*member, error) {
			sessions, err := s.sessions()
			if err != nil {
				return nil, err
			}
			return s.members(sessions)
		})},
		live.Role[member]{
			Name: "Antecedent",
			Path: func(m *member) cim.Path { return logon.Path(m.session) },
			Find: func(ctx context.Context, to cim.Path) ([]*member, error) {
				sessions, err := logon.Find(ctx, to)
				if err != nil || len(sessions) == 0 {
					return nil, err
				}
				return s.members(sessions)
			},
		},
		live.Role[member]{
			Name: "Dependent",
			Path: func(m *member) cim.Path {
				return cim.Path{Class: "Win32_Process", Keys: []cim.Key{cim.NewKey("Handle", cim.StringValue(m.process))}}
			},
			Find: func(_ context.Context, to cim.Path) ([]*member, error) {
				if !cim.EqualNames(to.Class, "Win32_Process") || len(to.Keys) != 1 || !isNumber(to.Keys[0].Text) {
					return nil, nil
				}
				id := to.Keys[0].Text
				number := s.auditOf(id)
				if number == "" {
					return nil, nil
				}
				sessions, err := s.sessions()
				if err != nil {
					return nil, err
				}
				return s.in(sessions, number, id), nil
			},
		})
}

// members returns the processes of some sessions.
func (s *station) members(sessions []*session) ([]*member, error) {
	names, err := live.ReadNames(s.sys.ProcFile())
	if err != nil {
		return nil, live.Unavailable(err)
	}
	var all []*member
	for _, name := range names {
		if !isNumber(name) {
			continue
		}
		if number := s.auditOf(name); number != "" {
			all = append(all, s.in(sessions, number, name)...)
		}
	}
	return all, nil
}

// in returns that a process with a number in the audit is in the session with that
// number.
func (s *station) in(sessions []*session, number, process string) []*member {
	for _, o := range sessions {
		if s.number(o) == number {
			return []*member{{o, process}}
		}
	}
	return nil
}

func isNumber(s string) bool { return s != "" && s[0] != '0' && strings.Trim(s, "0123456789") == "" }
