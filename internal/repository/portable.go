package repository

import "openwmi/cim"

// AppendObject appends an object in a form that can be read without the
// classes as they are then: with the definitions of its class and of all
// superclasses, as embedded objects are stored.
func AppendObject(b []byte, o cim.Object) []byte { return appendObject(b, o) }

// DecodeObject returns the object that AppendObject has appended to nothing. It
// belongs to the caller. The error is kv.ErrCorrupt.
func DecodeObject(b []byte) (cim.Object, error) {
	d := decode(b)
	o := d.object()
	if err := d.end(); err != nil {
		return nil, err
	}
	return o, nil
}
