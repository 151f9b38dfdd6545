package automation

import (
	"fmt"
	"strconv"
	"strings"

	"openwmi/script/vbscript"
)

// A param is a parameter of a member.
type param struct {
	name     string
	optional bool
	value    vbscript.Value // when left out
	rest     bool           // all arguments from here on
}

// parseSignature reads Name or Name(a, b="x", rest...).
func parseSignature(s string) (*member, error) {
	name, rest, method := strings.Cut(s, "(")
	m := &member{name: name, method: method}
	if name == "" {
		return nil, fmt.Errorf("no name")
	}
	if !method {
		return m, nil
	}
	rest, ok := strings.CutSuffix(rest, ")")
	if !ok {
		return nil, fmt.Errorf("no closing parenthesis")
	}
	if rest == "" {
		return m, nil
	}
	for p := range strings.SplitSeq(rest, ",") {
		name, text, optional := strings.Cut(strings.TrimSpace(p), "=")
		q := param{name: name, optional: optional}
		if n := len(m.params); n > 0 && m.params[n-1].rest {
			return nil, fmt.Errorf("parameter %s is behind the rest", name)
		}
		if name, rest := strings.CutSuffix(name, "..."); rest {
			m.params = append(m.params, param{name: name, rest: true})
			continue
		}
		if optional {
			var err error
			if q.value, err = parseDefault(text); err != nil {
				return nil, fmt.Errorf("parameter %s: %w", name, err)
			}
		} else if n := len(m.params); n > 0 && m.params[n-1].optional {
			return nil, fmt.Errorf("parameter %s can't be left out, but the one before can", name)
		}
		m.params = append(m.params, q)
	}
	return m, nil
}

func parseDefault(s string) (vbscript.Value, error) {
	switch s {
	case "nil":
		return vbscript.Nothing, nil
	case "true":
		return vbscript.True, nil
	case "false":
		return vbscript.False, nil
	case "missing":
		return vbscript.Missing, nil
	}
	if text, err := strconv.Unquote(s); err == nil {
		return vbscript.String(text), nil
	}
	n, err := strconv.ParseInt(s, 0, 32)
	if err != nil {
		return vbscript.Empty, fmt.Errorf("default %s is neither text nor a number", s)
	}
	return vbscript.Long(int32(n)), nil
}
