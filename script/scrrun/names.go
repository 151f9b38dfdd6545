package scrrun

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"openwmi/script/sandbox"
)

// isSeparator reports whether a byte separates the names of a path.
func isSeparator(b byte) bool { return b == '\\' || b == '/' }

// driveName returns the drive or share with which a path begins, "" if with none.
// "GetDriveName Method"
func driveName(path string) string {
	if len(path) > 2 && isSeparator(path[0]) && isSeparator(path[1]) {
		seen := 0
		for i := 2; i < len(path); i++ {
			if isSeparator(path[i]) {
				if seen++; seen == 2 {
					return path[:i]
				}
			}
		}
		if seen == 1 {
			return path
		}
		return ""
	}
	return sandbox.Volume(path)
}

// cut splits a path before its last name. The folder has no separator at its end unless
// that of a drive.
func cut(path string) (folder, name string) {
	drive := len(driveName(path))
	end := len(path)
	for end > drive && isSeparator(path[end-1]) {
		end--
	}
	start := end
	for start > drive && !isSeparator(path[start-1]) {
		start--
	}
	name = path[start:end]
	if name == "" {
		return "", ""
	}
	top := drive
	if top < len(path) && isSeparator(path[top]) && sandbox.Volume(path) != "" {
		top++
	}
	for start > top && isSeparator(path[start-1]) {
		start--
	}
	return path[:start], name
}

// parentName returns the path without its last name, "" for the top of a drive.
// "GetParentFolderName Method"
func parentName(path string) string {
	folder, _ := cut(path)
	return folder
}

// fileName returns the last name of a path. "GetFileName Method"
func fileName(path string) string {
	_, name := cut(path)
	return name
}

// baseName returns the last name without its extension. "GetBaseName Method"
func baseName(path string) string {
	name := fileName(path)
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[:i]
	}
	return name
}

// extensionName returns what follows the last dot of the last name. "GetExtensionName
// Method"
func extensionName(path string) string {
	name := fileName(path)
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[i+1:]
	}
	return ""
}

// buildPath joins a folder and a name with one separator between them. A drive without
// one is a folder of its own, the current one. "BuildPath Method"
func buildPath(path, name string) string {
	switch {
	case path == "":
		return name
	case isSeparator(path[len(path)-1]):
		return path + strings.TrimLeft(name, `\/`)
	case name != "" && isSeparator(name[0]), len(path) == 2 && sandbox.Volume(path) != "":
		return path + name
	}
	return path + `\` + name
}

// tempName returns a name that hardly any file has. "GetTempName Method"
func tempName() string { return fmt.Sprintf("rad%05X.tmp", rand.N(0x100000)) }

// hasWildcard reports whether the last name of a path is a pattern.
func hasWildcard(path string) bool { return strings.ContainsAny(fileName(path), "*?") }

// match reports whether a name is what a pattern says, without regard to case: "*" is any
// text, "?" one character, and "*.*" every name.
func match(pattern, name string) bool {
	if pattern == "*.*" {
		return true
	}
	p, n := []rune(strings.ToLower(pattern)), []rune(strings.ToLower(name))
	i, j, star, retry := 0, 0, -1, 0
	for j < len(n) {
		switch {
		case i < len(p) && p[i] == '*':
			star, retry = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == n[j]):
			i++
			j++
		case star >= 0: // the last star takes one character more
			retry++
			i, j = star+1, retry
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
