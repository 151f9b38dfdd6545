package kvfault

import (
	"errors"
	"os"
)

// Overwrite damages a file as a bad disk does: some bytes at that fraction of its
// length, from 0 to 1.
func Overwrite(name string, at float64) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil {
		_, err = f.WriteAt([]byte("here was something"), int64(at*float64(info.Size())))
	}
	return errors.Join(err, f.Close())
}
