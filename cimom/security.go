package cimom

import (
	"context"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/audit"
	"openwmi/internal/repository"
	"openwmi/wbem"
)

var _ wbem.SecurityManager = (*session)(nil)

// descriptor returns the descriptor that is in effect, as the caller may see it:
// what is recorded is for administrators ("GetSecurityDescriptor method").
func (s *session) descriptor() (*access.Descriptor, error) {
	if err := s.allow(access.ReadControl); err != nil {
		return nil, err
	}
	d := s.ns.Guard().Descriptor
	if d.SACL != nil && !s.isAdministrator() {
		visible := *d
		visible.SACL = nil
		d = &visible
	}
	return d, nil
}

// isAdministrator reports whether the caller has the privilege to see and set
// what is recorded.
func (s *session) isAdministrator() bool { return s.who.Token == nil || s.who.Token.IsAdministrator() }

// setDescriptor has change make another descriptor of the one that is in effect,
// which it must not change itself, and stores its own entries.
func (s *session) setDescriptor(ctx context.Context, o wbem.Options, change func(old *access.Descriptor) (*access.Descriptor, error)) error {
	return s.update(ctx, o, func(tx *repository.Tx) error {
		guard := tx.Guard(s.ns)
		if err := s.allowBy(guard, access.WriteDAC); err != nil {
			return err
		}
		d, err := change(guard.Descriptor)
		if err != nil {
			return err
		}
		if !s.isAdministrator() {
			kept := *d
			kept.SACL = guard.Descriptor.SACL
			d = &kept
		}
		security := *tx.Security(s.ns)
		security.Descriptor = d
		return tx.SetSecurity(s.ns, security)
	})
}

// Security implements wbem.SecurityManager.
func (s *session) Security(ctx context.Context) (*wbem.NamespaceSecurity, error) {
	run, err := s.admit(ctx, admission{op: "GetSecurityDescriptor"})
	if err != nil {
		return nil, err
	}
	defer run.end()
	s = run.s
	d, err := s.descriptor()
	if err != nil {
		return nil, run.fail(s.ns.Path(), err)
	}
	out := &wbem.NamespaceSecurity{
		SDDL: d.String(), Encrypted: s.ns.Guard().Encrypted,
		Owner: s.m.accounts.Name(d.Owner), Group: s.m.accounts.Name(d.Group),
	}
	for _, ace := range d.DACL {
		out.Entries = append(out.Entries, wbem.SecurityEntry{
			Deny: ace.Type != access.Allow,
			Who:  s.m.accounts.Name(ace.SID), SID: ace.SID.String(),
			Rights:       ace.Mask.Names(),
			Inherited:    ace.Flags&access.Inherited != 0,
			Here:         ace.Flags&access.InheritOnly == 0,
			Below:        ace.Flags&access.ContainerInherit != 0,
			ChildrenOnly: ace.Flags&access.NoPropagateInherit != 0,
		})
	}
	return out, nil
}

// SetSecurity implements wbem.SecurityManager.
func (s *session) SetSecurity(ctx context.Context, sddl string) error {
	run, err := s.admit(ctx, admission{op: "SetSecurityDescriptor", kind: audit.Security})
	if err != nil {
		return err
	}
	defer run.end()
	s = run.s
	err = s.setDescriptor(ctx, wbem.Options{}, func(*access.Descriptor) (*access.Descriptor, error) {
		return access.ParseSDDLNames(sddl, s.m.accounts.Find)
	})
	return run.fail(s.ns.Path(), err)
}

// CallerRights implements wbem.SecurityManager.
func (s *session) CallerRights(ctx context.Context) (uint32, error) {
	run, err := s.admit(ctx, admission{op: "GetCallerAccessRights"})
	if err != nil {
		return 0, err
	}
	defer run.end()
	s = run.s
	return uint32(s.ns.Guard().Granted(s.who)), nil
}

// ExplainAccess implements wbem.SecurityManager.
func (s *session) ExplainAccess(ctx context.Context, who *wbem.Identity) (*wbem.AccessExplanation, error) {
	const op = "ExplainAccess"
	if who == nil {
		return nil, s.fail(op, "", cim.Errorf(wbem.InvalidParameter, "nobody is named"))
	}
	run, err := s.admit(ctx, admission{op: op, path: who.Name})
	if err != nil {
		return nil, err
	}
	defer run.end()
	s = run.s
	d, err := s.descriptor()
	var t *access.Token
	if err == nil {
		who, t, err = s.m.explained(who)
	}
	if err != nil {
		return nil, run.fail(who.Name, err)
	}
	out := &wbem.AccessExplanation{SIDs: []string{t.User.String()}}
	for _, g := range t.Groups {
		out.SIDs = append(out.SIDs, g.String())
	}
	for _, v := range d.Explain(t, s.m.accounts.Name) {
		out.Rights = append(out.Rights, wbem.RightExplanation(v))
	}
	if err := s.ns.Guard().Check(&access.Caller{Identity: who, Token: t}, 0); err != nil {
		out.Refused = err.Error()
	}
	return out, nil
}
