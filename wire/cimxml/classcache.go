package cimxml

import (
	"sync"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
)

// maxEncoded is how many bytes of encoded classes a server remembers.
const maxEncoded = 16 << 20

// A classCache remembers classes as they are sent: they never change, and clients
// ask for the same ones again and again.
type classCache struct {
	mu    sync.Mutex // guards what follows
	texts map[classForm][]byte
	size  int
}

// A classForm is a class and what is sent of it.
type classForm struct {
	class                         *cim.Class
	local, qualifiers, withOrigin bool
}

// append appends a class as e encodes it.
func (s *classCache) append(b []byte, e *xml.Encoder, c *cim.Class) []byte {
	if e.Properties != nil {
		return e.AppendClass(b, c)
	}
	form := classForm{c, e.LocalOnly, e.Qualifiers, e.ClassOrigin}
	s.mu.Lock()
	text, ok := s.texts[form]
	s.mu.Unlock()
	if ok {
		return append(b, text...)
	}
	start := len(b)
	b = e.AppendClass(b, c)
	text = append([]byte(nil), b[start:]...)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.texts == nil || s.size+len(text) > maxEncoded {
		s.texts, s.size = map[classForm][]byte{}, 0
	}
	if _, ok := s.texts[form]; !ok { // of another request meanwhile
		s.texts[form] = text
		s.size += len(text)
	}
	return b
}
