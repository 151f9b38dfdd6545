package journal

import "bytes"

// SetOf returns the Set of a file in memory.
func SetOf(b []byte) (*Set, error) {
	s := &Set{cache: newCache()}
	f, err := newFile(bytes.NewReader(b), s.cache)
	if err != nil {
		return nil, err
	}
	s.files = []*member{{file: f}}
	s.arrange()
	return s, nil
}
