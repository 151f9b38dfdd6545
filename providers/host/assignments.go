package host

import (
	"strings"

	"openwmi/providers/live"
)

// assignments returns what a file of lines NAME=value assigns, nothing if it
// cannot be read. The value may be quoted, the line may begin with "export", and
// # begins a comment line. environment(5), locale.conf(5)
func assignments(file string) map[string]string {
	values := map[string]string{}
	b, err := live.ReadFile(file, live.MaxFile)
	if err != nil {
		return values
	}
	for line := range strings.Lines(strings.ToValidUTF8(string(b), "\uFFFD")) {
		line = strings.TrimSpace(line)
		line = strings.TrimSpace(strings.TrimPrefix(line, "export "))
		name, value, ok := strings.Cut(line, "=")
		if !ok || name == "" || strings.ContainsAny(name, " \t#") {
			continue
		}
		if n := len(value); n >= 2 && value[0] == value[n-1] && (value[0] == '"' || value[0] == '\'') {
			value = value[1 : n-1]
		}
		values[name] = value
	}
	return values
}
