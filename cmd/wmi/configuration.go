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
	"openwmi/provider/plugin"
	"openwmi/providers/declared"
	"openwmi/wbem"
)

// What stands beside the data in the directory of a store and says what is
// allowed; only who owns the store can write it.
const (
	consumersFile = "consumers.json" // what event consumers may do
	providersFile = "providers.json" // which programs are started as providers
	declaredFile  = "declared.json"  // what declared classes may run and read
	machineFile   = "machine.json"   // which parts of the machine may be changed
)

// openConsumers returns the event consumers for the store in a directory, with which
// those that are scripts work.
func (c *cli) openConsumers(dir string, store wbem.Locator) (*standard.Set, error) {
	return configured(dir, consumersFile, consumers.ReadConfig, func(config *consumers.Config) (*standard.Set, error) {
		return standard.New(config, standard.Options{Logger: c.log(), Script: scriptRunner(store)})
	})
}

// openPlugins returns the providers for the store in a directory that are
// programs.
func (c *cli) openPlugins(dir string) (*plugin.Host, error) {
	return configured(dir, providersFile, plugin.ReadConfig, func(config plugin.Config) (*plugin.Host, error) {
		return plugin.NewHost(config, c.log())
	})
}

// openDeclared returns the provider of declared classes for the store in a
// directory.
func (c *cli) openDeclared(dir string) (*declared.Provider, error) {
	return configured(dir, declaredFile, declared.ReadConfig, func(config *declared.Config) (*declared.Provider, error) {
		return declared.New(config, declared.Options{Logger: c.log()})
	})
}

// configured makes what a file in the directory of a store configures, of the
// zero value if there is no such file.
func configured[C, T any](dir, file string, read func(name string) (C, error), make func(C) (*T, error)) (*T, error) {
	name := filepath.Join(dir, file)
	config, err := read(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		var none C
		config, err = none, nil // opening the store says what is wrong with dir
	}
	var made *T
	if err == nil {
		made, err = make(config)
	}
	return made, failed("ReadConfiguration", name, invalid(name, err))
}

// invalid returns what is wrong with the configuration in a file.
func invalid(name string, err error) error {
	if err != nil && statusOf(err) == wbem.Failed {
		err = cim.Errorf(wbem.InvalidParameter, "%s", strings.TrimPrefix(err.Error(), name+": "))
	}
	return err
}
