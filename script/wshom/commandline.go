package wshom

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"openwmi/script/sandbox"
)

// splitCommand splits a command line into words: spaces and tabs separate them outside of
// double quotes; a backslash before quotes is one if it is one of an even number, else
// the quote is of the word. "Parsing C Command-Line Arguments"
func splitCommand(line string) []string {
	var words []string
	var word strings.Builder
	started, quoted := false, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\':
			n := 1
			for i+n < len(line) && line[i+n] == '\\' {
				n++
			}
			started = true
			if i+n == len(line) || line[i+n] != '"' {
				word.WriteString(line[i : i+n])
				i += n - 1
				continue
			}
			word.WriteString(line[i : i+n/2])
			i += n - 1
			if n%2 == 1 {
				word.WriteByte('"')
				i++
			}
		case c == '"':
			started = true
			if quoted && i+1 < len(line) && line[i+1] == '"' {
				word.WriteByte('"')
				i++
				continue
			}
			quoted = !quoted
		case (c == ' ' || c == '\t') && !quoted:
			if started {
				words = append(words, word.String())
				word.Reset()
				started = false
			}
		default:
			started = true
			word.WriteByte(c)
		}
	}
	if started {
		words = append(words, word.String())
	}
	return words
}

// shellText returns what the system's shell is to run when a command line is one of cmd.
func shellText(line string) (string, bool) {
	line = strings.TrimLeft(line, " \t")
	var name string
	if rest, ok := strings.CutPrefix(line, `"`); ok {
		name, line, _ = strings.Cut(rest, `"`)
	} else {
		i := strings.IndexAny(line, " \t")
		if i < 0 {
			return "", false
		}
		name, line = line[:i], line[i:]
	}
	if programName(name) != "cmd" {
		return "", false
	}
	for { // switches such as /s and /v:on come before /c
		line = strings.TrimLeft(line, " \t")
		if len(line) < 2 || line[0] != '/' {
			return "", false
		}
		if c := line[1] | 0x20; c == 'c' || c == 'k' {
			break
		}
		i := strings.IndexAny(line, " \t")
		if i < 0 {
			return "", false
		}
		line = line[i:]
	}
	text := strings.TrimSpace(line[2:])
	// cmd drops the quotes around all of it.
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	return text, true
}

// parseCommand returns the command for a line whose variables are expanded, or nil when
// it is empty or its program is not there.
func (r *Runtime) parseCommand(line string) *exec.Cmd {
	if runtime.GOOS != "windows" {
		if text, ok := shellText(line); ok {
			return exec.Command("/bin/sh", "-c", r.nativeText(text))
		}
	}
	words := splitCommand(line)
	if len(words) == 0 {
		return nil
	}
	for i, w := range words {
		words[i] = r.native(w)
	}
	if host := r.opts.ScriptHost; len(host) > 0 {
		switch n := programName(words[0]); {
		case n == "cscript" || n == "wscript":
			return exec.Command(host[0], slices.Concat(host[1:], words[1:])...)
		case isScript(n):
			return exec.Command(host[0], slices.Concat(host[1:], words)...)
		}
	}
	name := r.find(words[0])
	if name == "" {
		return nil
	}
	return exec.Command(name, words[1:]...)
}

// programName returns the name of a program in lower case, without its folder and .exe.
func programName(path string) string {
	return strings.TrimSuffix(strings.ToLower(path[strings.LastIndexAny(path, `\/`)+1:]), ".exe")
}

// isScript reports whether a name in lower case is that of a script.
func isScript(name string) bool {
	ext := filepath.Ext(name)
	return ext == ".vbs" || ext == ".js" || ext == ".wsf"
}

// native returns a word that is an absolute path of a script as the system has it. What
// is in the folder of Windows stays.
func (r *Runtime) native(word string) string {
	if isDrivePath(word) && !r.inSystem(word) {
		if path, err := r.box.Native(word); err == nil {
			return path
		}
	}
	return word
}

func isDrivePath(s string) bool {
	return len(s) > 2 && sandbox.Volume(s) != "" && (s[2] == '\\' || s[2] == '/')
}

func (r *Runtime) inSystem(path string) bool {
	system := r.box.System() + `\`
	return len(path) > len(system) && strings.EqualFold(path[:len(system)], system)
}

// nativeText returns a text for the shell with the absolute paths of scripts in it as the
// system has them. A path ends at a space or at what ends a word in the shell, in quotes
// with them.
func (r *Runtime) nativeText(text string) string {
	const ends = " \t\n\"'<>|&;()="
	var out strings.Builder
	for i := 0; i < len(text); {
		if !isDrivePath(text[i:]) || i > 0 && strings.IndexByte(ends, text[i-1]) < 0 {
			out.WriteByte(text[i])
			i++
			continue
		}
		until := ends
		if i > 0 && (text[i-1] == '"' || text[i-1] == '\'') {
			until = text[i-1 : i]
		}
		n := strings.IndexAny(text[i:], until)
		if n < 0 {
			n = len(text) - i
		}
		out.WriteString(r.native(text[i : i+n]))
		i += n
	}
	return out.String()
}

// find returns the path of a program, "" when there is none: in the folders of PATH, or
// for a name with a folder relative to the current directory of the script. Programs of
// Windows' own folder are looked for by their names.
func (r *Runtime) find(name string) string {
	if r.inSystem(name) {
		name = name[strings.LastIndexAny(name, `\/`)+1:]
	}
	names := []string{name}
	if n := len(name) - len(".exe"); n > 0 && strings.EqualFold(name[n:], ".exe") {
		names = append(names, name[:n], strings.ToLower(name[:n]))
	}
	for _, n := range names {
		if strings.ContainsAny(n, `\/`) && !filepath.IsAbs(n) {
			path, err := r.box.Native(n)
			if err != nil {
				continue
			}
			n = path
		}
		if path, err := exec.LookPath(n); err == nil && filepath.IsAbs(path) {
			return path
		}
	}
	return ""
}

// isDir reports whether a path of a script is a folder.
func isDir(box *sandbox.Sandbox, path string) bool {
	native, err := box.Native(path)
	return err == nil && statDir(native)
}
