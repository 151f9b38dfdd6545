package cimom

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// checkDirectory refuses to make a store of what is none: of a file, and among
// the files of somebody else.
func checkDirectory(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return cim.Errorf(wbem.InvalidParameter, "%s is not a directory", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		return nil // what cannot be listed is for the store to report
	}
	for _, e := range entries {
		if isStoreFile(e.Name()) {
			return nil
		}
	}
	return cim.Errorf(wbem.InvalidParameter, "directory %s holds other files, such as %s, and no store", dir, entries[0].Name())
}

// isStoreFile reports whether a store may have a file of that name, also one
// that was never finished, or a configuration that was there before it.
func isStoreFile(name string) bool {
	for _, prefix := range []string{"LOCK", "MANIFEST-", "OPTIONS-", "marker.", "autorecover", "audit"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch filepath.Ext(name) {
	case ".log", ".sst", ".dbtmp", ".json":
		return true
	}
	return false
}
