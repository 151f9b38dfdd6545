package wsman

// Open returns how many enumerations and subscriptions are kept.
func (s *Server) Open() int { return s.leases.Len() }

// Users returns how many users have any, kept or in use.
func (s *Server) Users() int { return s.leases.Users() }
