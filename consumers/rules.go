package consumers

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"openwmi/consumers/internal/address"
	"openwmi/internal/child"
)

// Check reports the first member that is wrong, by its name such as
// smtp.servers[1].
func (c *Config) Check() error {
	for _, section := range []struct {
		name  string
		check func() error
	}{
		{"logFile", c.LogFile.Check},
		{"commandLine", c.CommandLine.Check},
		{"smtp", c.SMTP.Check},
		{"webhook", c.Webhook.Check},
		{"activeScript", c.ActiveScript.Check},
	} {
		if err := section.check(); err != nil {
			return fmt.Errorf("%s.%w", section.name, err)
		}
	}
	return nil
}

// Check is Config.Check for this member.
func (r *LogFileRules) Check() error { return checkPaths("dirs", r.Dirs) }

// Check is Config.Check for this member.
func (r *CommandLineRules) Check() error {
	variables := child.CheckEnv(r.Environment)
	if variables != nil {
		variables = fmt.Errorf("environment: %w", variables)
	}
	return cmp.Or(
		checkPaths("programs", r.Programs),
		checkPaths("path", r.Path),
		variables,
		checkRange("timeLimit", r.TimeLimit),
		checkRange("memoryLimit", r.MemoryLimit),
		checkRange("maxProcesses", r.MaxProcesses),
	)
}

// Check is Config.Check for this member.
func (r *SMTPRules) Check() error {
	return cmp.Or(
		checkEach("servers", r.Servers, func(s string) error { _, err := address.Of(s, 25); return err }),
		checkRange("timeout", r.Timeout),
	)
}

// Check is Config.Check for this member.
func (r *WebhookRules) Check() error {
	var secrets error
	for _, name := range slices.Sorted(maps.Keys(r.Secrets)) {
		if err := checkPath(r.Secrets[name]); err != nil {
			secrets = fmt.Errorf("secrets[%q]: %w", name, err)
		}
	}
	return cmp.Or(
		checkEach("hosts", r.Hosts, func(s string) error { _, err := address.Of(s, 443); return err }),
		checkEach("networks", r.Networks, func(s string) error { _, err := netip.ParsePrefix(s); return err }),
		secrets,
		checkRange("timeout", r.Timeout),
		checkRange("retryFor", r.RetryFor),
	)
}

// Check is Config.Check for this member.
func (r *ActiveScriptRules) Check() error {
	return cmp.Or(
		checkEach("engines", r.Engines, func(s string) error {
			if !strings.EqualFold(s, "VBScript") && !strings.EqualFold(s, "JScript") {
				return fmt.Errorf("%.40q is neither VBScript nor JScript", s)
			}
			return nil
		}),
		checkPaths("dirs", r.Dirs),
		checkPaths("read", r.Read),
		checkPaths("write", r.Write),
		checkRange("timeLimit", r.TimeLimit),
		checkRange("memoryLimit", r.MemoryLimit),
		checkRange("maxScripts", r.MaxScripts),
	)
}

func checkRange[T int | int64 | Duration](name string, v T) error {
	if v < 0 {
		return fmt.Errorf("%s: it is less than zero", name)
	}
	return nil
}

func checkEach(name string, list []string, check func(string) error) error {
	for i, s := range list {
		if err := check(s); err != nil {
			return fmt.Errorf("%s[%d]: %w", name, i, err)
		}
	}
	return nil
}

func checkPaths(name string, list []string) error { return checkEach(name, list, checkPath) }

func checkPath(path string) error {
	switch {
	case !filepath.IsAbs(path):
		return fmt.Errorf("%.100q is not an absolute path", path)
	case filepath.Clean(path) != path:
		return fmt.Errorf("%.100q is to be written as %.100q", path, filepath.Clean(path))
	case strings.Contains(path, "\x00"):
		return fmt.Errorf("%.100q is not a path", path)
	}
	return nil
}
