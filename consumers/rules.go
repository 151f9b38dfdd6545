package consumers

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
	var variables error
	for _, name := range slices.Sorted(maps.Keys(r.Environment)) {
		if name == "" || strings.ContainsAny(name+r.Environment[name], "\x00") || strings.Contains(name, "=") {
			variables = fmt.Errorf("environment: %.40q cannot be a variable", name)
		}
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
		checkEach("servers", r.Servers, func(s string) error { _, err := Address(s, 25); return err }),
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
		checkEach("hosts", r.Hosts, func(s string) error { _, err := Address(s, 443); return err }),
		checkEach("networks", r.Networks, func(s string) error { _, err := netip.ParsePrefix(s); return err }),
		secrets,
		checkRange("timeout", r.Timeout),
		checkRange("retryFor", r.RetryFor),
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

// Address returns HOST:PORT in the form in which addresses are compared: in
// lower case, with the port that is given by default where there is none, and
// with brackets around addresses of IPv6.
func Address(s string, port uint16) (string, error) {
	host, service, err := net.SplitHostPort(s)
	if err != nil {
		host, service = s, strconv.Itoa(int(port))
		if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
			host = s[1 : len(s)-1]
		}
	}
	n, err := strconv.ParseUint(service, 10, 16)
	if err != nil || n == 0 {
		return "", fmt.Errorf("%.100q has no port between 1 and 65535", s)
	}
	host, err = canonicalHost(host)
	if err != nil {
		return "", fmt.Errorf("%.100q: %w", s, err)
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), nil
}

var errNoHost = errors.New("it is neither the name of a host nor an address")

func canonicalHost(host string) (string, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.Zone() != "" {
			return "", errNoHost
		}
		return ip.Unmap().String(), nil
	}
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if name == "" || len(name) > 253 {
		return "", errNoHost
	}
	for _, c := range []byte(name) {
		if c != '-' && c != '.' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return "", errNoHost
		}
	}
	return name, nil
}
