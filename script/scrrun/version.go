package scrrun

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// maxResources bounds the part of a program in which its version is looked for, and
// maxSections the parts that a program has, as Windows does.
const (
	maxResources = 64 << 20
	maxSections  = 96
)

// resources returns the section ".rsrc" of a PE file, nil if there is none. Package
// debug/pe would read relocations too, as many as a hostile file says.
//
//	0x00  "MZ"
//	0x3c  where the header is:
//	      0   "PE", 0, 0
//	      6   number of sections
//	      20  size of the optional header, which begins at 24 and is followed by
//	          the sections, 40 bytes each: 0 name, 16 size, 20 where it is
func resources(r io.ReaderAt) []byte {
	n := binary.LittleEndian
	var dos [0x40]byte
	if _, err := r.ReadAt(dos[:], 0); err != nil || string(dos[:2]) != "MZ" {
		return nil
	}
	at := int64(n.Uint32(dos[0x3c:]))
	var head [24]byte
	if _, err := r.ReadAt(head[:], at); err != nil || string(head[:4]) != "PE\x00\x00" {
		return nil
	}
	table := make([]byte, 40*min(int(n.Uint16(head[6:])), maxSections))
	if _, err := r.ReadAt(table, at+int64(len(head))+int64(n.Uint16(head[20:]))); err != nil {
		return nil
	}
	for ; len(table) > 0; table = table[40:] {
		if string(bytes.TrimRight(table[:8], "\x00")) != ".rsrc" {
			continue
		}
		size := min(n.Uint32(table[16:]), maxResources)
		data, err := io.ReadAll(io.NewSectionReader(r, int64(n.Uint32(table[20:])), int64(size)))
		if err != nil {
			return nil
		}
		return data
	}
	return nil
}

// version returns the version in the resources of a PE file, or "". It looks for the
// beginning of a VS_FIXEDFILEINFO, which is aligned to 4 bytes:
//
//	0  signature FEEF04BD
//	4  version of the structure, 1.0
//	8  file version: minor, major
//	12 build: revision, build
func version(r io.ReaderAt) string {
	data := resources(r)
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
