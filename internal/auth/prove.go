package auth

import (
	"context"
	"errors"
	"time"

	"openwmi/cim"
	"openwmi/internal/auth/ntlm"
	"openwmi/wbem"
)

// VerifyNTLM returns who somebody is who proves to know the NT hash of his
// password; the password of the logon is not looked at. prove is called once, with
// any hash if there is no such user or none of him, and says what is wrong with the
// proof. Errors are those of Verify, and wrong proofs are slowed, counted and
// recorded with wrong passwords.
func (u *Users) VerifyNTLM(ctx context.Context, l Logon, prove func(ntlm.Hash) error) (*wbem.Identity, error) {
	began := time.Now()
	id, sid, why, err := u.verifyNTLM(ctx, l, prove)
	u.logged(l, began, sid, why, err)
	return id, err
}

func (u *Users) verifyNTLM(ctx context.Context, l Logon, prove func(ntlm.Hash) error) (id *wbem.Identity, sid, why string, err error) {
	if len(l.Name) > 4*MaxName+len(wbem.StoreDomain)+1 {
		return nil, "", tooLong, wbem.AccessDenied
	}
	select {
	case u.logons <- struct{}{}:
		defer func() { <-u.logons }()
	default:
		return nil, "", "too many logons at once", wbem.ServerTooBusy
	}
	c := client{cim.Fold(unqualified(l.Name)), addressOf(l.Peer)}
	id, _, sid, why, err = u.attempt(ctx, l, c, func(r *record) error {
		hash, ok := u.nobody, false
		if r != nil && r.NT != "" {
			if h, kept := u.ntHash(r); kept {
				hash, ok = h, true
			}
		} else {
			_, _ = u.unseal(&u.noHash) // which takes as long
		}
		if err := prove(hash); ok {
			return err
		}
		return errors.New("the user has no NT hash: it was added without NTLM")
	})
	if err == nil {
		why = "NTLM"
	}
	return id, sid, why, err
}

// Vouched returns who a user is for whom somebody else vouches, as a KDC does.
// how says who that is, for the audit log. AccessDenied is for users that there are
// not, and for those that are disabled.
func (u *Users) Vouched(l Logon, how string) (*wbem.Identity, error) {
	began := time.Now()
	id, sid, why, err := u.vouched(l, how)
	u.logged(l, began, sid, why, err)
	return id, err
}

func (u *Users) vouched(l Logon, how string) (id *wbem.Identity, sid, why string, err error) {
	a, err := u.load()
	if err != nil {
		return nil, "", err.Error(), wbem.AccessDenied
	}
	r := a.find(l.Name)
	switch {
	case r == nil:
		return nil, "", how + ", but there is no such user", wbem.AccessDenied
	case r.Disabled:
		return nil, a.sid(r.RID), how + ", but the user is disabled", wbem.AccessDenied
	}
	return a.identity(r, l.Peer, l.Level), a.sid(r.RID), how, nil
}
