package kv

// Lock keeps everybody from opening the store in dir, a directory that exists,
// until release is called or the process ends. It is for whoever puts another
// directory in its place: the lock stays with the old one when that is renamed.
//
// The error wraps ErrLocked when the store is open, and names the owner;
// otherwise it is as that of Open.
func Lock(dir string) (release func() error, err error) {
	l, err := lockDir(dir, false)
	if err != nil {
		return nil, openError(dir, err)
	}
	return l.unlock, nil
}

// LockShared keeps everybody from opening the store in dir for writing until
// release is called or the process ends; others may do the same meanwhile. It is for
// whoever copies the files of a store that is not in use. Errors are those of Lock.
func LockShared(dir string) (release func() error, err error) {
	l, err := lockDir(dir, true)
	if err != nil {
		return nil, openError(dir, err)
	}
	return l.unlock, nil
}
