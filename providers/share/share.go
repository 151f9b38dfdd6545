package share

import (
	"context"
	"iter"
	"strings"

	_ "embed"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
)

// Name is that under which MOF registers the provider.
const Name = "OpenWMI_Share"

// MOF declares the classes of this package in root\cimv2, below those of
// live.MOF, and registers the provider.
//
//go:embed share.mof
var MOF []byte

// Options of a Provider. The zero value is good.
type Options struct {
	Config string // of Samba; "" is /etc/samba/smb.conf
	Net    string // the program that makes shares; "" is net in PATH

	// Control says whether a caller may make and end shares, which happens with
	// the rights of this process: nil if so, else why not. The method then
	// returns 2, access denied. A nil Control allows nothing.
	Control func(r *provider.Request, method string) error
}

// New returns the provider.
func New(o Options) *live.Provider {
	if o.Config == "" {
		o.Config = "/etc/samba/smb.conf"
	}
	if o.Net == "" {
		o.Net = "net"
	}
	text := func(name string, get func(*share) string) live.Field[share] {
		return live.Field[share]{Name: name, Get: func(s *share) cim.Value { return live.Text(get(s)) }}
	}
	comment := func(s *share) string { return s.comment }
	return live.New(&live.Class[share]{
		Name: "Win32_Share",
		All:  o.all,
		Fields: []live.Field[share]{
			text("Name", func(s *share) string { return s.name }),
			text("Path", func(s *share) string { return s.path }),
			text("Caption", comment),
			text("Description", comment),
			{Name: "Type", Get: func(s *share) cim.Value { return cim.Uint32Value(s.kind) }},
			{Name: "AllowMaximum", Get: func(s *share) cim.Value { return cim.BoolValue(s.limit == 0) }},
			{Name: "MaximumAllowed", Get: func(s *share) cim.Value {
				if s.limit == 0 {
					return cim.Value{}
				}
				return cim.Uint32Value(s.limit)
			}},
			live.Const[share]("Status", cim.StringValue("OK")),
		},
		Methods: map[string]live.Method[share]{
			"Create":       o.acts("Create", o.create),
			"Delete":       o.acts("Delete", o.delete),
			"SetShareInfo": o.acts("SetShareInfo", o.setShareInfo),
		},
	})
}

// Kinds of shares, as Type has them.
const (
	disk       = 0
	printQueue = 1
	ipcAdmin   = 0x80000003
)

const ipcName = "IPC$"

// A share is one that clients can connect to.
type share struct {
	name, path, comment string
	kind                uint32
	limit               uint32     // of connections, 0 for none
	user                *userShare // nil for one of smb.conf
}

// all yields the shares: those of smb.conf as they stand there, then IPC$, then
// those of users, who cannot take the name of another one.
func (o Options) all(context.Context) iter.Seq2[*share, error] {
	return func(yield func(*share, error) bool) {
		shares, err := o.shares()
		if err != nil {
			yield(nil, err)
			return
		}
		for _, s := range shares {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func (o Options) shares() ([]*share, error) {
	c, err := readConfig(o.Config)
	if err != nil || c == nil {
		return nil, err
	}
	users, err := readUserShares(c.userShares())
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var all []*share
	add := func(s *share) {
		if !seen[cim.Fold(s.name)] {
			seen[cim.Fold(s.name)] = true
			all = append(all, s)
		}
	}
	for _, s := range c.sections {
		switch {
		case cim.EqualNames(s.name, "homes"), cim.EqualNames(s.name, "printers"), cim.EqualNames(s.name, ipcName):
		case is(c.param(s, "available"), true):
			add(c.share(s))
		}
	}
	add(c.ipc())
	for _, u := range users {
		add(&share{name: u.name, path: u.path, comment: u.comment, kind: disk, user: u})
	}
	return all, nil
}

// share returns the share that a section is.
func (c *config) share(s *section) *share {
	sh := &share{name: s.name, path: strings.ReplaceAll(c.param(s, "path"), "%S", s.name), comment: c.param(s, "comment")}
	if is(c.param(s, "printable"), false) {
		sh.kind = printQueue
	}
	if n := live.Uint(c.param(s, "maxconnections")); n <= 1<<32-1 {
		sh.limit = uint32(n)
	}
	return sh
}

// ipc returns the share through which clients call procedures.
func (c *config) ipc() *share {
	comment := "IPC Service"
	if s := c.global.params["serverstring"]; s != "" && !strings.Contains(s, "%") {
		comment += " (" + s + ")"
	}
	return &share{name: ipcName, comment: comment, kind: ipcAdmin}
}
