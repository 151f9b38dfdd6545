package cimxml

// Open returns how many enumerations and subscriptions are kept.
func (s *Server) Open() int { return s.leases.Len() }

// Users returns how many users have any, kept or in use.
func (s *Server) Users() int { return s.leases.Users() }

// Limit makes what requests may weigh something else, before there are any.
func (s *Server) Limit(weight int64) { s.weight = weight }

// Limit makes the limits of a client others, before it asks for anything.
func (c *Client) Limit(object, collected int64, classes int) {
	c.limits = limits{object, collected}
	c.classes.max, c.foreign.schema.max = classes, classes
}

// Remembers returns what the classes weigh that a client remembers, and how many there
// are.
func (c *Client) Remembers() (weight, classes int) {
	t, f := c.classes, &c.foreign.schema
	t.mu.Lock()
	defer t.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	return t.kept.weight + f.kept.weight, len(t.ids) + len(f.classes)
}
