package scripting

import (
	"strings"

	"openwmi/cim"
)

// A moniker is what GetObject takes and SWbemObjectPath.DisplayName shows:
//
//	winmgmts:{impersonationLevel=impersonate,(Debug,!Shutdown)}[locale=ms_409]!root/wmi:class
//
// Each part may be absent (scripting-api.md 2.1). Before a path that begins with a server
// scripts leave out the ! too, or have it though nothing stands before it, or a blank:
// {(Security)}\\server\root\cimv2.
type moniker struct {
	security  Security
	authority string
	locale    string
	path      cim.Path // zero for none
}

const monikerPrefix = "winmgmts:"

var (
	impersonationWords  = []string{1: "anonymous", "identify", "impersonate", "delegate"}
	authenticationWords = []string{"default", "none", "connect", "call", "pkt", "pktIntegrity", "pktPrivacy"}
)

// parseMoniker reads a moniker. The error is ErrInvalidParameter, or
// ErrInvalidObjectPath if only the path in it is malformed.
func parseMoniker(text string) (moniker, error) {
	var m moniker
	if len(text) < len(monikerPrefix) || !cim.EqualNames(text[:len(monikerPrefix)], monikerPrefix) {
		return m, badMoniker(text, "it does not begin with winmgmts:")
	}
	rest := text[len(monikerPrefix):]
	if path := strings.TrimLeft(rest, " !"); path != "" && (path[0] == '\\' || path[0] == '/') {
		rest = path
	}
	settings := false
	if strings.HasPrefix(rest, "{") {
		end := strings.IndexByte(rest, '}')
		if end < 0 {
			return m, badMoniker(text, "a } is missing")
		}
		if why := m.parseSecurity(rest[1:end]); why != "" {
			return m, badMoniker(text, why)
		}
		rest = rest[end+1:]
		settings = true
	}
	if strings.HasPrefix(rest, "[") {
		end := strings.IndexByte(rest, ']')
		if end < 0 {
			return m, badMoniker(text, "a ] is missing")
		}
		locale, ok := cutName(rest[1:end], "locale=")
		if !ok || !isLocale(locale) {
			return m, badMoniker(text, "the locale is not of the form [locale=ms_409]")
		}
		m.locale, rest = locale, rest[end+1:]
		settings = true
	}
	if after, ok := strings.CutPrefix(rest, "!"); ok && settings {
		rest = after
	} else if settings && rest != "" && rest[0] != '\\' && rest[0] != '/' {
		return m, badMoniker(text, "a ! is missing before the path")
	}
	if rest == "" {
		return m, nil
	}
	var err error
	m.path, err = parseMonikerPath(rest)
	return m, err
}

func badMoniker(text, why string) error {
	return cim.Errorf(ErrInvalidParameter, "moniker %.120q: %s", text, why)
}

// cutName cuts a prefix in any case and reports whether it was there.
func cutName(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !cim.EqualNames(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func isLocale(s string) bool {
	digits, ok := cutName(s, "ms_")
	return ok && digits != "" && len(digits) <= 8 && strings.Trim(digits, "0123456789abcdefABCDEF") == ""
}

// parseSecurity reads what stands between the braces and says what is wrong
// with it, "" if nothing is.
func (m *moniker) parseSecurity(text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	for {
		item, rest := text, ""
		end := strings.IndexByte(text, ',')
		if open := strings.IndexByte(text, '('); open >= 0 && open < end {
			// The commas inside the parentheses belong to them.
			if end = strings.IndexByte(text[open:], ')'); end >= 0 {
				end += open
				if next := strings.IndexByte(text[end:], ','); next >= 0 {
					end += next
				} else {
					end = -1
				}
			}
		}
		if end >= 0 {
			item, rest = text[:end], text[end+1:]
		}
		if why := m.parseItem(strings.TrimSpace(item)); why != "" {
			return why
		}
		if end < 0 {
			return ""
		}
		text = rest
	}
}

func (m *moniker) parseItem(item string) string {
	if privileges, ok := strings.CutPrefix(item, "("); ok {
		privileges, ok = strings.CutSuffix(privileges, ")")
		if !ok {
			return "a ) is missing"
		}
		return m.parsePrivileges(privileges)
	}
	return m.parseSetting(item)
}

func (m *moniker) parseSetting(item string) string {
	if level, ok := cutName(item, "authenticationLevel="); ok {
		i := indexName(authenticationWords, level)
		if i < 0 {
			return "there is no authentication level " + level
		}
		m.security.authentication, m.security.hasAuthentication = AuthenticationLevel(i), true
		return ""
	}
	if authority, ok := cutName(item, "authority="); ok {
		if !isAuthority(authority) {
			return "the authority is neither kerberos:principal nor ntlmdomain:domain"
		}
		m.authority = authority
		return ""
	}
	level, _ := cutName(item, "impersonationLevel=")
	i := indexName(impersonationWords, level)
	if i <= 0 {
		return "there is no security setting " + item
	}
	m.security.impersonation = ImpersonationLevel(i)
	return ""
}

func indexName(names []string, name string) int {
	for i := range names {
		if cim.EqualNames(names[i], name) {
			return i
		}
	}
	return -1
}

func isAuthority(s string) bool {
	for _, kind := range []string{"kerberos:", "ntlmdomain:"} {
		if name, ok := cutName(s, kind); ok {
			return name != ""
		}
	}
	return false
}

func (m *moniker) parsePrivileges(text string) string {
	for item := range strings.SplitSeq(text, ",") {
		name, disabled := strings.CutPrefix(strings.TrimSpace(item), "!")
		id := privilegeByName(name)
		if id == 0 {
			return "there is no privilege " + name
		}
		m.security.Privileges().set(privilege{id, !disabled})
	}
	return ""
}

// parseMonikerPath reads the path of a moniker. A single name is a class, but
// root is the namespace (Decision S-4). %20 and the like stand for characters,
// except in quoted keys.
func parseMonikerPath(text string) (cim.Path, error) {
	text = decodePercent(text)
	if cim.EqualNames(text, "root") {
		return cim.Path{Namespace: text}, nil
	}
	return cim.ParsePath(text)
}

// decodePercent replaces %HH outside quotes by the byte that it names.
func decodePercent(text string) string {
	if strings.IndexByte(text, '%') < 0 {
		return text
	}
	b := make([]byte, 0, len(text))
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			if c == '\\' && i+1 < len(text) {
				b = append(b, c)
				i++
				c = text[i]
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '%' && i+2 < len(text) && unhex(text[i+1]) < 16 && unhex(text[i+2]) < 16:
			c = unhex(text[i+1])<<4 | unhex(text[i+2])
			i += 2
		}
		b = append(b, c)
	}
	return string(b)
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xFF
}

// String returns the moniker in normal form, with backslashes in the path.
func (m *moniker) String() string {
	var items []string
	if m.security.impersonation != 0 {
		items = append(items, "impersonationLevel="+impersonationWords[m.security.impersonation])
	}
	if m.security.hasAuthentication {
		items = append(items, "authenticationLevel="+authenticationWords[m.security.authentication])
	}
	if m.authority != "" {
		items = append(items, "authority="+m.authority)
	}
	if p := m.security.Privileges().monikerText(); p != "" {
		items = append(items, p)
	}
	settings := ""
	if items != nil {
		settings = "{" + strings.Join(items, ",") + "}"
	}
	if m.locale != "" {
		settings += "[locale=" + m.locale + "]"
	}
	path := m.path.String()
	if settings != "" && path != "" {
		settings += "!"
	}
	return monikerPrefix + settings + path
}
