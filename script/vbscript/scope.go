package vbscript

// A scope gives the names of a procedure their slots. The scope of a script itself has
// hidden slots only: its names are globals.
type scope struct {
	global   bool
	names    map[string]int
	implicit map[string]bool // not declared: a global of the name goes first
	consts   map[string]bool
	slots    int
	class    *class
	fn       string // the procedure's own name, folded
	frame    *frame // of Execute: names that are not there yet go to frame.extra
}

// within returns the scope of code which runs in the frame of a procedure.
func (s *scope) within(fr *frame) *scope {
	return &scope{global: s.global, names: s.names, implicit: s.implicit, consts: s.consts, slots: s.slots, class: s.class, fn: s.fn, frame: fr}
}

func (s *scope) slot(key string) int {
	i := s.slots
	s.slots++
	if key != "" {
		s.names[key] = i
	}
	return i
}

// extra returns the variable that Execute made in the frame, or makes it.
func (fr *frame) extraVar(key string, create bool) *Value {
	if p := fr.extra[key]; p != nil || !create {
		return p
	}
	if fr.extra == nil {
		fr.extra = make(map[string]*Value)
	}
	p := new(Value)
	fr.extra[key] = p
	return p
}

// hidden returns a place without a name.
func (s *scope) hidden() refFn {
	if s.frame != nil {
		p := new(Value)
		return func(*frame) *Value { return p }
	}
	i := s.slot("")
	return func(fr *frame) *Value { return &fr.locals[i] }
}
