package scrrun

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"fmt"
	"io"
)

// maxResources bounds the part of a program in which its version is looked for.
const maxResources = 64 << 20

// version returns the version in the resources of a PE file, or "". It looks for the
// beginning of a VS_FIXEDFILEINFO, which is aligned to 4 bytes:
//
//	0  signature FEEF04BD
//	4  version of the structure, 1.0
//	8  file version: minor, major
//	12 build: revision, build
func version(r io.ReaderAt) string {
	file, err := pe.NewFile(r)
	if err != nil {
		return ""
	}
	section := file.Section(".rsrc")
	if section == nil || section.Size > maxResources {
		return ""
	}
	data, err := section.Data()
	if err != nil {
		return ""
	}
	signature := []byte{0xbd, 0x04, 0xef, 0xfe, 0, 0, 1, 0}
	for at := 0; ; at += 4 {
		i := bytes.Index(data[at:], signature)
		if i < 0 || at+i+16 > len(data) {
			return ""
		}
		if at += i; at%4 != 0 {
			at &^= 3
			continue
		}
		v := data[at+8:]
		n := binary.LittleEndian.Uint16
		return fmt.Sprintf("%d.%d.%d.%d", n(v[2:]), n(v), n(v[6:]), n(v[4:]))
	}
}
