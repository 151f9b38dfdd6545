package spnego

import (
	"context"

	"openwmi/internal/auth/ntlm"
)

// An End is one end of a handshake of NTLM or Kerberos.
type End[S any] interface {
	Step(ctx context.Context, token []byte) (answer []byte, done bool, err error)
	Session() S
}

// Adapt makes an end of a handshake a Mechanism.
func Adapt[P interface {
	*S
	Session
}, S any](e End[P]) Mechanism {
	return adapted[P, S]{e}
}

type adapted[P interface {
	*S
	Session
}, S any] struct{ End[P] }

func (a adapted[P, S]) Session() Session {
	if s := a.End.Session(); s != nil {
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
