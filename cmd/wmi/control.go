package main

import (
	"fmt"
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/internal/config"
	"openwmi/provider"
	"openwmi/wbem"
)

// A subject is a part of the machine that providers can change.
type subject string

const (
	processes subject = "processes"
	services  subject = "services"
	shares    subject = "shares"
	files     subject = "files"
)

var subjects = []subject{processes, services, shares, files}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *subject) UnmarshalText(text []byte) error {
	*s = subject(text)
	if !slices.Contains(subjects, *s) {
		return fmt.Errorf("%.40q is none of %q", text, subjects)
	}
	return nil
}

// subjectOf returns what the methods of a class change.
func subjectOf(c *cim.Class) subject {
	switch {
	case c.IsA("CIM_Process"):
		return processes
	case c.IsA("CIM_Service"):
		return services
	case c.IsA("Win32_Share"):
		return shares
	}
	return files
}

// A machineConfig says which parts of the machine the user of this process may
// change through providers. Nil are all but files: a process or a service can be
// started again, a file that is deleted is gone.
type machineConfig struct {
	Control []subject `json:"control"`
}

// readMachine returns what the file in the directory of a store allows.
func readMachine(dir string) ([]subject, error) {
	found, err := configured(dir, machineFile, func(name string) (c machineConfig, err error) {
		return c, config.Read(name, &c)
	}, func(c machineConfig) (*machineConfig, error) {
		if c.Control == nil {
			c.Control = []subject{processes, services, shares}
		}
		return &c, nil
	})
	if err != nil {
		return nil, err
	}
	return found.Control, nil
}

// control says who may change the machine through providers, which happens with
// the rights of this process: the user who runs it, as far as the configuration of
// the store goes. Callers learn no more than that it was refused.
func (c *cli) control(r *provider.Request, method string) error {
	if !cimom.IsOwner(r.Caller) {
		return cim.Errorf(wbem.AccessDenied, "%s is for the user who runs this program", method)
	}
	s := subjectOf(r.Class)
	if slices.Contains(c.allowed, s) {
		return nil
	}
	c.log().Warn("not allowed: "+machineFile+" in the directory of the store has to list the subject in control",
		"method", r.Class.Name()+"."+method, "subject", s)
	return cim.Errorf(wbem.AccessDenied, "%s allows no %s for %s", machineFile, strings.ToLower(method), s)
}
