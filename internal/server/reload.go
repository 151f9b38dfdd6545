package server

import "errors"

// Reload reads again what says who is let in: the users, the certificates and their
// keys, the authorities of clients and what these have revoked, and the keys of
// Kerberos. The log has what has changed. The error says what cannot be read: files
// stay in use as they were then, but of users nobody is let in. Connections that have
// logged on with something that counts no more are refused from the next request on.
func (s *Server) Reload() error {
	var changed, all int
	var failed []error
	reread := func(read func() (bool, error)) {
		now, err := read()
		if all++; now {
			changed++
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	if s.opts.Users != nil {
		reread(s.opts.Users.Reread)
	}
	if s.kerberos != nil {
		reread(s.kerberos.Reread)
	}
	s.mu.Lock()
	listeners := s.listeners
	s.mu.Unlock()
	for _, l := range listeners {
		if l.pair != nil {
			reread(l.pair.Reread)
		}
		if l.trust != nil {
			reread(l.trust.Reread)
		}
	}
	s.log.Info("credentials were read again", "all", all, "changed", changed, "failed", len(failed))
	return errors.Join(failed...)
}
