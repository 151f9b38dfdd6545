package host

import (
	"maps"
	"slices"
	"strings"

	"openwmi/script/scrrun"
	"openwmi/script/vbscript"
	"openwmi/script/wmi"
	"openwmi/script/wshom"
)

// typeLibrary is one whose constants an element <reference> makes globals.
// ("<reference> Element")
type typeLibrary struct {
	guid      string
	prefixes  []string // of the ProgIDs of its classes, in lower case
	constants func() map[string]int32
}

var typeLibraries = []*typeLibrary{
	{"{565783c6-cb41-11d1-8b02-00600806d9b6}", []string{"wbemscripting."}, wmi.Constants},
	{"{420b2830-e718-11cf-893d-00a0c9054228}", []string{"scripting.filesystemobject", "scripting.dictionary"}, scrrun.Constants},
	// The library of WScript has that of Scripting inside.
	{"{f935dc20-1cf0-11d0-adb9-00c04fd58a0b}", []string{"wscript.shell", "wscript.network"}, func() map[string]int32 {
		all := scrrun.Constants()
		maps.Copy(all, wshom.Constants())
		return all
	}},
}

// libraryOf returns the type library of a class, or with a GUID; nil when there is none.
func libraryOf(class, guid string) *typeLibrary {
	class = strings.ToLower(class)
	for _, l := range typeLibraries {
		if guid != "" && strings.EqualFold(strings.Trim(guid, "{}"), strings.Trim(l.guid, "{}")) {
			return l
		}
		if class != "" && slices.ContainsFunc(l.prefixes, func(p string) bool { return strings.HasPrefix(class, p) }) {
			return l
		}
	}
	return nil
}

// refer makes the constants of a type library globals of all languages of a program.
func (s *Session) refer(p *Program, l *typeLibrary) {
	for name, n := range l.constants() {
		s.global(p, name, vbscript.Long(n))
	}
}

// classIDs are the classes that an element <object> may name by their CLSID instead.
var classIDs = map[string]string{
	"0d43fe01-f093-11cf-8940-00a0c9054228": "Scripting.FileSystemObject",
	"ee09b103-97e0-11cf-978f-00a02463e06f": "Scripting.Dictionary",
	"72c24dd5-d70a-438b-8a42-98424b88afb8": "WScript.Shell",
	"f935dc22-1cf0-11d0-adb9-00c04fd58a0b": "WScript.Shell",
	"093ff999-1ea0-4079-9525-9614c3504b74": "WScript.Network",
	"f935dc26-1cf0-11d0-adb9-00c04fd58a0b": "WScript.Network",
	"76a64158-cb41-11d1-8b02-00600806d9b6": "WbemScripting.SWbemLocator",
}

// classOf returns the class with a CLSID, as clsid:...; "" when there is none.
func classOf(id string) string {
	id = strings.TrimPrefix(strings.ToLower(id), "clsid:")
	return classIDs[strings.Trim(id, "{}")]
}
