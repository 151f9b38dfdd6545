package scripting

import "openwmi/wbem"

// A LastError is the error object of a call that failed (SWbemLastError), as a
// rule an instance of __ExtendedStatus: Get("StatusCode"), Get("Operation"),
// Get("ParameterInfo"), Get("ProviderName") and Get("Description"). It belongs
// to no session, so the members of Object that need one are ErrNotSupported.
type LastError struct {
	*Object
}

// newLastError returns the error object of err, nil if it has none.
func newLastError(err error) *LastError {
	inst := wbem.ErrorObject(err)
	if inst == nil {
		return nil
	}
	return &LastError{newObject(nil, Security{}, inst)}
}

// LastError returns the error object of the last call of this session that
// failed, once: it is ErrFailed without such a call and when it was taken
// before. A call that succeeds in between changes nothing, and neither do
// asynchronous calls, whose sinks get their error objects.
// (SWbemLastError object; scripting-api.md, Decision S-26)
func (s *Services) LastError() (*LastError, error) {
	if e := newLastError(s.pending.take()); e != nil {
		return e, nil
	}
	return nil, fail("SWbemLastError", ErrFailed, "no error object is pending")
}
