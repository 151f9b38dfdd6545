package repository

import "openwmi/cim"

// Limits of a state. What exceeds one is QuotaViolation.
const (
	MaxStateKey = 1 << 10 // bytes of a key
	MaxState    = 1 << 20 // bytes of a value
)

// SetState stores a value that belongs to some part of the program, such as
// when a timer is due, under a key that this part makes sure is its own. An
// empty value deletes it. The repository does not look into either.
//
// The error is InvalidParameter for an empty key and QuotaViolation for a key
// or value that is too long.
func (tx *Tx) SetState(key, value []byte) error {
	switch {
	case len(key) == 0:
		return cim.Errorf(cim.InvalidParameter, "a state has no key")
	case len(key) > MaxStateKey:
		return cim.Errorf(cim.QuotaViolation, "the key of a state has %d bytes, more than %d", len(key), MaxStateKey)
	case len(value) > MaxState:
		return cim.Errorf(cim.QuotaViolation, "the state %.60q has %d bytes, more than %d", key, len(value), MaxState)
	case len(value) == 0:
		tx.delete(stateKey(key))
	default:
		tx.put(stateKey(key), value)
	}
	return nil
}

// State returns the value that the transaction sees under a key, nil for none.
func (tx *Tx) State(key []byte) ([]byte, error) { return readState(tx.kv, key) }

// State returns the value that is stored under a key, nil for none. It belongs
// to the caller.
func (r *Repository) State(key []byte) ([]byte, error) { return readState(r.now, key) }

func readState(from getter, key []byte) ([]byte, error) {
	value, _, err := from.Get(stateKey(key))
	return value, err
}
