package spnego

import (
	"context"

	"openwmi/internal/auth/ntlm"
)

// NTLM makes one end of NTLM a Mechanism.
func NTLM(end interface {
	Step(ctx context.Context, token []byte) (answer []byte, done bool, err error)
	Session() *ntlm.Session
}) Mechanism {
	return ntlmEnd{end}
}

type ntlmEnd struct {
	end interface {
		Step(ctx context.Context, token []byte) (answer []byte, done bool, err error)
		Session() *ntlm.Session
	}
}

func (e ntlmEnd) Step(ctx context.Context, token []byte) (answer []byte, done bool, err error) {
	return e.end.Step(ctx, token)
}

func (e ntlmEnd) Session() Session {
	if s := e.end.Session(); s != nil {
		return s
	}
	return nil
}

// restart lets the session of NTLM begin again, as is done once the list was
// signed. That of Kerberos knows nothing of the kind.
func restart(s Session) {
	if s, ok := s.(*ntlm.Session); ok {
		s.Restart()
	}
}
