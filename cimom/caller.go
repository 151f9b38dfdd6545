package cimom

import (
	"openwmi/internal/access"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

// owner returns the owner of the store, who may do everything: whoever runs
// this process has the files.
func owner() *access.Caller { return &access.Caller{Identity: processIdentity()} }

// caller returns who calls, nil for the owner of the store. The error is that
// of an account that cannot be looked up.
func (m *Manager) caller(id *wbem.Identity) (*access.Caller, error) {
	if id == nil || id == processIdentity() {
		return owner(), nil
	}
	t := m.creators.token(id)
	if t == nil {
		var err error
		if t, err = m.accounts.Token(id); err != nil {
			return nil, err
		}
	}
	return &access.Caller{Identity: id, Token: t}, nil
}

// allow returns AccessDenied if the caller does not have the rights that it
// needs in the namespace.
func (s *session) allow(need access.Rights) error { return s.allowIn(s.ns, need) }

// allowIn is allow in another namespace.
func (s *session) allowIn(ns *repository.Namespace, need access.Rights) error {
	if s.who.Token == nil {
		return nil
	}
	return ns.Guard().Check(s.who, need)
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
