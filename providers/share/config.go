package share

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"strings"

	"openwmi/cim"
	"openwmi/providers/live"
	"openwmi/wbem"
)

const (
	maxDepth    = 16    // of includes
	maxIncludes = 1000  // files
	maxSections = 10000 // and of shares of users
)

// A section has those parameters of a section of smb.conf that matter here, by their
// names as key writes them.
type section struct {
	name   string // as written first
	params map[string]string
}

// A config is smb.conf with all that it includes.
type config struct {
	dir      string // of smb.conf
	global   section
	sections []*section
	byName   map[string]*section // by folded name
	current  *section
	files    int
}

// key returns the name of a parameter: case and blanks do not matter, and some have
// two names.
func key(name string) string {
	k := strings.ToLower(strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, name))
	switch k {
	case "directory":
		return "path"
	case "printok":
		return "printable"
	}
	return k
}

// readConfig reads smb.conf; nil if there is none.
func readConfig(file string) (*config, error) {
	c := &config{dir: path.Dir(file), byName: map[string]*section{}, global: section{"global", map[string]string{}}}
	c.current = &c.global
	err := c.read(file, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return c, err
}

// read reads a file: sections in brackets, and parameters with "=". A backslash at
// the end of a line continues it, and lines that begin with # or ; are comments.
func (c *config) read(file string, depth int) error {
	if c.files++; depth > maxDepth || c.files > maxIncludes {
		return cim.Errorf(wbem.NotAvailable, "%s: the configuration of Samba includes too many files", file)
	}
	b, err := live.ReadFile(file, live.MaxFile+1)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil:
		return live.Unavailable(err)
	case len(b) > live.MaxFile:
		return cim.Errorf(wbem.NotAvailable, "%s has more than %d bytes", file, live.MaxFile)
	}
	var begun strings.Builder
	for text := range strings.Lines(string(b)) {
		line := strings.TrimSpace(text)
		if begun.Len() == 0 && (line == "" || line[0] == '#' || line[0] == ';') {
			continue
		}
		if before, ok := strings.CutSuffix(line, "\\"); ok {
			begun.WriteString(before)
			continue
		}
		begun.WriteString(line)
		line = begun.String()
		begun.Reset()
		if err := c.line(line, depth); err != nil {
			return err
		}
	}
	return nil
}

func (c *config) line(line string, depth int) error {
	if name, ok := strings.CutPrefix(line, "["); ok {
		name, _, ok = strings.Cut(name, "]")
		if name = strings.TrimSpace(name); ok && name != "" {
			return c.begin(name)
		}
		return nil
	}
	name, value, ok := strings.Cut(line, "=")
	if !ok {
		return nil
	}
	name, value = key(name), unquoted(strings.TrimSpace(value))
	switch name {
	case "include":
		// "registry" is none, and what % stands for depends on the client.
		if value == "" || value == "registry" || strings.Contains(value, "%") {
			return nil
		}
		if !path.IsAbs(value) {
			value = path.Join(c.dir, value)
		}
		err := c.read(value, depth+1)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // as Samba does
		}
		return err
	case "copy":
		if from := c.byName[cim.Fold(value)]; from != nil && from != c.current {
			maps.Copy(c.current.params, from.params)
		}
	case "path", "comment", "available", "printable", "maxconnections", "serverstring", "usersharepath", "usersharemaxshares":
		c.current.params[name] = value
	}
	return nil
}

func unquoted(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

// begin makes a section the current one; it may have been that before.
func (c *config) begin(name string) error {
	if cim.EqualNames(name, "global") || cim.EqualNames(name, "globals") {
		c.current = &c.global
		return nil
	}
	s := c.byName[cim.Fold(name)]
	if s == nil {
		if len(c.sections) == maxSections {
			return cim.Errorf(wbem.NotAvailable, "the configuration of Samba has more than %d sections", maxSections)
		}
		s = &section{name, map[string]string{}}
		c.sections = append(c.sections, s)
		c.byName[cim.Fold(name)] = s
	}
	c.current = s
	return nil
}

// param returns a parameter of a section, by default that of all.
func (c *config) param(s *section, name string) string {
	if v, ok := s.params[name]; ok {
		return v
	}
	return c.global.params[name]
}

// is reports whether a parameter says yes, or does not say no if yes is the
// default.
func is(value string, yes bool) bool {
	switch strings.ToLower(value) {
	case "yes", "y", "true", "on", "1":
		return true
	case "no", "n", "false", "off", "0":
		return false
	}
	return yes
}
