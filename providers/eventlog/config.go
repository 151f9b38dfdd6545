package eventlog

import (
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"openwmi/cim"
	"openwmi/providers/live"
)

// maxSize returns how many bytes journald lets the files of a directory have, NULL
// if its configuration leaves that to it. journald.conf(5)
func (p *Provider) maxSize(dir string) cim.Value {
	key := "SystemMaxUse"
	if strings.HasPrefix(dir, "/run/") {
		key = "RuntimeMaxUse"
	}
	more, _ := filepath.Glob(p.sys.EtcFile("systemd", "journald.conf.d", "*.conf"))
	slices.Sort(more)
	text := ""
	for _, name := range append([]string{p.sys.EtcFile("systemd", "journald.conf")}, more...) {
		b, err := live.ReadFile(name, live.MaxFile)
		if err != nil {
			continue
		}
		section := ""
		for line := range strings.Lines(string(b)) {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "[") {
				section = line
			}
			if name, value, ok := strings.Cut(line, "="); ok && section == "[Journal]" && strings.TrimSpace(name) == key {
				text = strings.TrimSpace(value)
			}
		}
	}
	n, ok := size(text)
	if !ok || n > math.MaxUint32 {
		return cim.Value{}
	}
	return cim.Uint32Value(uint32(n))
}

// size reads a number of bytes, with a letter for a power of 1024.
func size(text string) (uint64, bool) {
	shift := 0
	if n := len(text); n > 0 {
		if i := strings.IndexByte("KMGTPE", text[n-1]); i >= 0 {
			shift, text = 10*(i+1), text[:n-1]
		}
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n << shift, err == nil && n <= math.MaxUint64>>shift
}
