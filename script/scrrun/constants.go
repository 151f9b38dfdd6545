package scrrun

import "maps"

// Constants are those of the type library "Microsoft Scripting Runtime", by their names.
// ("FileSystemObject Constants")
func Constants() map[string]int32 { return maps.Clone(constants) }

var constants = map[string]int32{
	// CompareMethod
	"BinaryCompare": 0, "TextCompare": 1, "DatabaseCompare": 2,
	// DriveTypeConst
	"UnknownType": 0, "Removable": 1, "Fixed": 2, "Remote": 3, "CDRom": 4, "RamDisk": 5,
	// FileAttribute
	"Normal": 0, "ReadOnly": 1, "Hidden": 2, "System": 4, "Volume": 8, "Directory": 16, "Archive": 32, "Alias": 1024, "Compressed": 2048,
	// IOMode
	"ForReading": 1, "ForWriting": 2, "ForAppending": 8,
	// SpecialFolderConst
	"WindowsFolder": 0, "SystemFolder": 1, "TemporaryFolder": 2,
	// StandardStreamTypes
	"StdIn": 0, "StdOut": 1, "StdErr": 2,
	// Tristate
	"TristateTrue": -1, "TristateFalse": 0, "TristateUseDefault": -2, "TristateMixed": -2,
}
