package main

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/standard"
	"openwmi/wbem"
)

// consumersFile, in the directory of a store, says what event consumers may do.
// Only who owns the store can write it.
const consumersFile = "consumers.json"

// openConsumers returns the event consumers for the store in a directory.
func (c *cli) openConsumers(dir string) (*standard.Set, error) {
	name := filepath.Join(dir, consumersFile)
	config, err := consumers.ReadConfig(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		config, err = nil, nil // opening the store says what is wrong with dir
	}
	var set *standard.Set
	if err == nil {
		set, err = standard.New(config, standard.Options{Logger: c.log()})
	}
	if err != nil && statusOf(err) == wbem.Failed {
		err = cim.Errorf(wbem.InvalidParameter, "%s", strings.TrimPrefix(err.Error(), name+": "))
	}
	return set, failed("ReadConfiguration", name, err)
}
