package sandbox

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"openwmi/script/vbscript"
)

// Numbers of errors.
const (
	errBadName      = 52
	errPathNotFound = 76
)

// maxPath bounds what scripts may have as a path, in bytes. "Maximum Path Length Limitation"
const maxPath = 32767

// Dir returns the current directory as scripts write it.
func (s *Sandbox) Dir() string { return s.dir }

// SetDir makes path the current directory. It does not look whether there is one.
func (s *Sandbox) SetDir(path string) error {
	abs, err := s.Abs(path)
	if err == nil {
		_, err = s.Native(abs)
	}
	if err == nil {
		s.dir = abs
	}
	return err
}

// Letters returns the letters of the drives in order. It is empty where paths are
// native.
func (s *Sandbox) Letters() []string { return slices.Sorted(maps.Keys(s.drives)) }

// Abs returns a path as scripts write it, made absolute: C:\x\y without "." and "..",
// and without a "\" at its end unless it is that of a drive. \\server\share\x stays so.
// Error 52 says that it can't be the name of anything.
func (s *Sandbox) Abs(path string) (string, error) {
	if len(path) > maxPath || strings.ContainsRune(path, 0) {
		return "", vbscript.NewError(errBadName, "")
	}
	p := strings.TrimPrefix(strings.ReplaceAll(path, "/", `\`), `\\?\`)
	if strings.HasPrefix(p, `\\`) {
		return `\\` + strings.TrimLeft(cleanRest(p), `\`), nil
	}
	drive := s.dir[:len(Volume(s.dir))]
	if v := Volume(p); v != "" && !strings.EqualFold(v, drive) {
		drive, p = v, `\`+p[len(v):]
	} else {
		p = p[len(v):]
		if !strings.HasPrefix(p, `\`) {
			p = s.dir[len(drive):] + `\` + p
		}
	}
	return drive + cleanRest(p), nil
}

// cleanRest removes "." and ".." from what follows a drive.
func cleanRest(p string) string {
	var out []string
	for name := range strings.SplitSeq(p, `\`) {
		switch name {
		case "", ".":
		case "..":
			out = out[:max(0, len(out)-1)]
		default:
			out = append(out, name)
		}
	}
	return `\` + strings.Join(out, `\`)
}

// Volume returns the drive with which a path begins, such as "C:", or "".
func Volume(path string) string {
	if len(path) >= 2 && path[1] == ':' && isLetter(path[:1]) {
		return path[:2]
	}
	return ""
}

func isLetter(s string) bool {
	return len(s) == 1 && (s[0]|0x20) >= 'a' && (s[0]|0x20) <= 'z'
}

// Native returns a path of a script as the system has it, absolute. Error 76 says that
// no drive has the letter, or that it is on another computer.
func (s *Sandbox) Native(path string) (string, error) {
	abs, err := s.Abs(path)
	if err != nil || s.drives == nil {
		return abs, err
	}
	root, ok := s.drives[strings.ToUpper(strings.TrimSuffix(Volume(abs), ":"))]
	if !ok {
		e := vbscript.NewError(errPathNotFound, path)
		if strings.HasPrefix(abs, `\\`) {
			e.Description += ": there are no shares here"
		}
		return "", e
	}
	rest := strings.ReplaceAll(abs[len("C:"):], `\`, string(filepath.Separator))
	return filepath.Join(root, rest), nil
}

// Path returns an absolute path of the system as scripts write it: on the drive whose
// folder has it, the deepest if several have. What is on none is the top of a drive.
func (s *Sandbox) Path(native string) string {
	native = filepath.Clean(native)
	if s.drives == nil {
		return native
	}
	best, path := -1, s.top()
	for _, letter := range s.Letters() {
		root := s.drives[letter]
		if rel, ok := below(root, native); ok && len(root) > best {
			best, path = len(root), letter+`:\`
			if rel != "." {
				path += strings.ReplaceAll(rel, string(filepath.Separator), `\`)
			}
		}
	}
	return path
}

// below returns what leads from a folder to a path in it, "." for the folder itself.
// Both are clean.
func below(dir, path string) (string, bool) {
	if dir == path {
		return ".", true
	}
	if !strings.HasSuffix(dir, string(filepath.Separator)) {
		dir += string(filepath.Separator)
	}
	rel, ok := strings.CutPrefix(path, dir)
	return rel, ok
}
