package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"openwmi/cim"
	"openwmi/internal/config"
	"openwmi/wbem"
)

// computersFile says which servers the computers are that scripts name, in the directory
// of the store.
const computersFile = "computers.json"

// computers connects scripts to the computers that they name: to this one, and to those
// that the configuration knows.
type computers struct {
	local wbem.Locator
	known map[string]endpoint // by the folded name
	ask   passwords

	mu      sync.Mutex              // guards clients; who holds it asks for a password
	clients map[string]wbem.Locator // by the folded name, without those with credentials of a script
}

// readComputers returns the computers of the configuration and those of --computer, each
// checked to be NAME=URL.
func (c *cli) readComputers(local wbem.Locator, flags []string) (*computers, error) {
	known := map[string]endpoint{}
	if c.server == "" {
		dir, err := c.storeDir()
		if err != nil {
			return nil, err
		}
		file := filepath.Join(dir, computersFile)
		if known, err = readComputersFile(file); err != nil {
			return nil, failed("ReadConfiguration", file, invalid(file, err))
		}
	}
	for _, f := range flags {
		name, address, _ := strings.Cut(f, "=")
		known[strings.ToLower(name)] = endpoint{URL: address, CA: c.ca, Fingerprint: c.fingerprint, ClientCert: c.clientCert}
	}
	return &computers{local: local, known: known, ask: c.connectPassword, clients: map[string]wbem.Locator{}}, nil
}

// readComputersFile returns the computers in a file, by their folded names. There need not
// be one.
func readComputersFile(file string) (map[string]endpoint, error) {
	var list struct {
		Computers map[string]endpoint `json:"computers"`
	}
	if err := config.Read(file, &list); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	known := map[string]endpoint{}
	for _, name := range slices.Sorted(maps.Keys(list.Computers)) {
		e := list.Computers[name]
		_, again := known[strings.ToLower(name)]
		switch {
		case name == "":
			return nil, errors.New("a computer has no name")
		case again:
			return nil, fmt.Errorf("computer %s stands there twice", name)
		case e.URL == "":
			return nil, fmt.Errorf("computer %s has no url", name)
		}
		for _, path := range []*string{&e.CA, &e.ClientCert} {
			if *path != "" && !filepath.IsAbs(*path) {
				*path = filepath.Join(filepath.Dir(file), *path)
			}
		}
		known[strings.ToLower(name)] = e
	}
	return known, nil
}

// Connect implements wbem.Locator. What names a computer that is not known goes to the
// local manager, which knows its own names and refuses others.
func (c *computers) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	server, path, err := cim.ParseNamespace(namespace)
	if err != nil {
		return c.local.Connect(ctx, namespace, o)
	}
	e, ok := c.known[strings.ToLower(server)]
	if !ok {
		return c.local.Connect(ctx, namespace, o)
	}
	l, err := c.client(ctx, server, e, o)
	if err != nil {
		return nil, err
	}
	o.User, o.Password, o.Authority = "", "", ""
	svc, err := l.Connect(ctx, path, o)
	if errors.Is(err, wbem.AccessDenied) {
		// The password may be wrong: who connects anew is asked for it again.
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.clients, strings.ToLower(server))
	}
	return svc, err
}

// client returns the client of a known computer. Credentials of the script take the place
// of those in the configuration, and such a client is not kept.
func (c *computers) client(ctx context.Context, name string, e endpoint, o wbem.ConnectOptions) (wbem.Locator, error) {
	if o.User != "" {
		u, err := url.Parse(e.URL)
		if err != nil {
			return nil, cim.Errorf(wbem.InvalidParameter, "the URL of computer %s is malformed", name)
		}
		u.User = url.User(o.User)
		e.URL = u.String()
		return dial(ctx, e, func(context.Context, string) (string, error) { return o.Password, nil })
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := strings.ToLower(name)
	if l := c.clients[key]; l != nil {
		return l, nil
	}
	l, err := dial(ctx, e, c.ask)
	if err == nil {
		c.clients[key] = l
	}
	return l, err
}
