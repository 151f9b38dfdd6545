package cimom

import (
	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// owner returns the owner of the store, who may do everything: whoever runs
// this process has the files.
func owner() *access.Caller { return &access.Caller{Identity: processIdentity()} }

// caller returns who calls. The owner of the store is so on whichever local way it
// comes, also through the socket of a server: no descriptor locks it out. The error
// is that of an account that cannot be looked up, AccessDenied for one that is gone.
func (m *Manager) caller(id *wbem.Identity) (*access.Caller, error) {
	if id == nil || IsOwner(id) {
		return owner(), nil
	}
	t := m.creators.token(id)
	if t == nil {
		var err error
		if t, err = m.accounts.Token(id); err != nil {
			if cim.StatusOf(err) == wbem.NotFound {
				err = cim.Errorf(wbem.AccessDenied, "%v", err)
			}
			return nil, err
		}
	}
	return &access.Caller{Identity: id, Token: t}, nil
}

// explained returns who an identity is about whom somebody asks: a name without
// domain may be one of the store.
func (m *Manager) explained(who *wbem.Identity) (*wbem.Identity, *access.Token, error) {
	if who.Authority == wbem.SystemAuthority {
		named, err := m.accounts.Named(who.Name)
		if err != nil {
			return who, nil, err
		}
		if named.Authority == wbem.StoreAuthority {
			named.Remote, named.Level = who.Remote, who.Level
			who = named
		}
	}
	t, err := m.accounts.Token(who)
	return who, t, err
}

// allow returns AccessDenied if the caller does not have the rights that it
// needs in the namespace.
func (s *session) allow(need access.Rights) error { return s.allowIn(s.ns, need) }

// allowIn is allow in another namespace.
func (s *session) allowIn(ns *repository.Namespace, need access.Rights) error {
	if s.who.Token == nil && s.m.opts.Audit == nil {
		return nil
	}
	return s.allowBy(ns.Guard(), need)
}

// allowBy is allow in the namespace of a guard.
func (s *session) allowBy(guard *access.Guard, need access.Rights) error {
	err := guard.Check(s.who, need)
	if err == nil && s.who.Token != nil {
		err = s.m.accounts.Current(s.who.Token, s.who.Identity)
	}
	if s.m.opts.Audit != nil && len(guard.Descriptor.SACL) > 0 {
		s.m.recordAccess(s.run, guard, s.who, need, err)
	}
	return err
}

// enter returns the namespace at a path of this computer if the caller may
// enter it.
func (s *session) enter(path string) (*repository.Namespace, error) {
	ns, err := s.m.namespace(path)
	if err == nil {
		err = s.allowIn(ns, access.Enable)
	}
	if err != nil {
		return nil, err
	}
	return ns, nil
}
