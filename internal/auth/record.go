package auth

import (
	"fmt"
	"time"

	"openwmi/cim"
	"openwmi/internal/audit"
	"openwmi/wbem"
)

// logged writes a logon into the audit log. Of those that were refused without a
// look at the password not all are written when there are many: whoever may ask
// could otherwise fill the log until it has nothing else.
func (u *Users) logged(l Logon, began time.Time, sid, why string, err error) {
	r := audit.Record{
		Who: qualified(unqualified(l.Name)), SID: sid, Peer: l.Peer, Status: audit.Status(err), Duration: time.Since(began), Detail: why,
	}
	u.recordLogon(r, err == nil || why != tooLong && why != withAnother && cim.StatusOf(err) != wbem.ServerTooBusy)
}

// What is said of logons that were not checked by themselves.
const (
	tooLong     = "name or password are too long"
	withAnother = "with another one" // that asked the same at the same time
)

// Refused records that somebody was refused before he has said who he is, as with a
// ticket that is none. Of many such within a short time not all are recorded.
func (u *Users) Refused(peer, why string) {
	u.recordLogon(audit.Record{Peer: peer, Status: wbem.AccessDenied, Detail: why}, false)
}

// recordLogon completes and writes a record, one that is not checked only if there
// are not too many.
func (u *Users) recordLogon(r audit.Record, checked bool) {
	if u.opts.Audit == nil {
		return
	}
	r.Time, r.Kind, r.Operation = time.Now(), audit.Logon, "Logon"
	if !checked {
		left, ok := u.unchecked.Take(r.Time)
		if !ok {
			return
		}
		if left > 0 {
			r.Detail = fmt.Sprintf("%s; %d more were left out before", r.Detail, left)
		}
	}
	u.opts.Audit.Record(r)
}
