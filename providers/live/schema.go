package live

import (
	"bytes"
	_ "embed"
	"io/fs"
)

// MOF declares, in root\cimv2, the classes above those of several providers. It
// can be compiled any number of times, and comes before theirs.
//
//go:embed cim.mof
var MOF []byte

// Join returns the MOF that a package has embedded as several files: those that
// match the first pattern of path.Match come first, by name. It panics if a pattern
// matches none, which the package itself has to see to.
func Join(files fs.FS, patterns ...string) []byte {
	var all [][]byte
	for _, p := range patterns {
		names, err := fs.Glob(files, p)
		if err != nil || len(names) == 0 {
			panic("no MOF is embedded as " + p)
		}
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				panic(err)
			}
			all = append(all, text)
		}
	}
	return bytes.Join(all, []byte("\n"))
}
