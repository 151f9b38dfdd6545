package account

import (
	"context"
	_ "embed"
	"iter"
	"time"

	"openwmi/cim"
	"openwmi/providers/live"
)

// Name is that under which MOF registers the provider.
const Name = "OpenWMI_Account"

// MOF declares the classes of this package in root\cimv2, below those of
// live.MOF, and registers the provider.
//
//go:embed account.mof
var MOF []byte

// New returns the provider for a system, nil for the one that this process runs
// on.
func New(sys *live.System) *live.Provider {
	if sys == nil {
		sys = &live.System{}
	}
	all := users(sys)
	return live.New(all, groups(sys), memberships(sys), live.Association("Win32_SystemUsers", all,
		live.ToComputer[user]("GroupComponent", sys), live.To("PartComponent", all, "Domain", "Name")))
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

// account are the fields of Win32_Account.
func account[T any](sys *live.System, sid string, sidType uint8, name, id func(*T) string) []live.Field[T] {
	return []live.Field[T]{
		{Name: "Name", Get: func(o *T) cim.Value { return live.Text(name(o)) }},
		{Name: "Domain", Get: func(*T) cim.Value { return sys.ComputerName() }},
		{Name: "Caption", Get: func(o *T) cim.Value { return live.Text(sys.ComputerName().Text() + `\` + name(o)) }},
		{Name: "SID", Get: func(o *T) cim.Value { return live.Text(sid + id(o)) }},
		live.Const[T]("SIDType", cim.Uint8Value(sidType)),
		live.Const[T]("LocalAccount", cim.BoolValue(true)),
	}
}

// isDisabled reports whether nobody can log in as the user with a password.
func (s secret) isDisabled() bool {
	return s.isLocked || !s.until.IsZero() && !s.until.After(time.Now())
}

func users(sys *live.System) *live.Class[user] {
	known := func(name string, get func(secret) cim.Value) live.Field[user] {
		return live.Field[user]{Name: name, Get: func(u *user) cim.Value {
			if s, ok := u.accounts.secret(u.name); ok {
				return get(s)
			}
			return cim.Value{}
		}}
	}
	fields := account(sys, "S-1-22-1-", 1, func(u *user) string { return u.name }, func(u *user) string { return u.id })
	return &live.Class[user]{
		Name: "Win32_UserAccount",
		All:  each(func() ([]*user, error) { return (&accounts{sys: sys}).users() }),
		Fields: append(fields,
			live.Field[user]{Name: "FullName", Get: func(u *user) cim.Value { return live.Text(u.fullName) }},
			live.Const[user]("AccountType", cim.Uint32Value(512)), // Normal account
			known("Disabled", func(s secret) cim.Value { return cim.BoolValue(s.isDisabled()) }),
			known("PasswordRequired", func(s secret) cim.Value { return cim.BoolValue(!s.isEmpty) }),
			known("PasswordExpires", func(s secret) cim.Value { return cim.BoolValue(s.expires) }),
			known("Status", func(s secret) cim.Value {
				if s.isDisabled() {
					return cim.StringValue("Degraded")
				}
				return cim.StringValue("OK")
			})),
	}
}

func groups(sys *live.System) *live.Class[group] {
	fields := account(sys, "S-1-22-2-", 4, func(g *group) string { return g.name }, func(g *group) string { return g.id })
	return &live.Class[group]{
		Name:   "Win32_Group",
		All:    each(func() ([]*group, error) { return (&accounts{sys: sys}).groups() }),
		Fields: append(fields, live.Const[group]("Status", cim.StringValue("OK"))),
	}
}
