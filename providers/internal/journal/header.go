package journal

import (
	"encoding/binary"
	"fmt"
)

var le = binary.LittleEndian

// An ID is a 128-bit identifier: of a file, a sequence, a boot.
type ID [16]byte

// Sizes of the header: that of the first version, and that of which all is known
// here.
const (
	minHeader = 208
	maxHeader = 272
)

var signature = [8]byte{'L', 'P', 'K', 'S', 'H', 'H', 'R', 'H'}

// What a reader has to understand of a file.
const (
	compressedXZ = 1 << iota
	compressedLZ4
	keyedHash
	compressedZSTD
	compact

	understood = compressedXZ | compressedLZ4 | keyedHash | compressedZSTD | compact
)

// The states of a file.
const (
	offline  = 0 // closed
	online   = 1 // being written, or the system crashed
	archived = 2 // will not be written any more
)

// A header is what a file says of itself.
//
//	 0 signature           104 data hash table, bytes    176 first array
//	 8 compatible flags    120 field hash table, bytes   184 realtime of the first
//	12 incompatible flags  136 last object               192 and of the last entry
//	16 state               144 objects                   200 monotonic of the last
//	24 file   40 machine   152 entries                   208 data objects, fields, ...
//	56 boot   72 sequence  160 last sequence number
//	88 size   96 arena     168 first
type header struct {
	incompatible uint32
	state        byte
	file         ID
	sequence     ID
	size         uint64 // of the header
	arena        uint64 // bytes behind it

	dataTable, dataTableSize   uint64 // offset of the buckets, and their bytes
	fieldTable, fieldTableSize uint64

	entries     uint64
	tail, head  uint64 // sequence numbers
	array       uint64
	first, last uint64 // realtime
}

// parseHeader reads a header; b has minHeader bytes or more.
func parseHeader(b []byte) (header, error) {
	h := header{
		incompatible: le.Uint32(b[12:]), state: b[16],
		file: ID(b[24:40]), sequence: ID(b[72:88]),
		size: le.Uint64(b[88:]), arena: le.Uint64(b[96:]),
		dataTable: le.Uint64(b[104:]), dataTableSize: le.Uint64(b[112:]),
		fieldTable: le.Uint64(b[120:]), fieldTableSize: le.Uint64(b[128:]),
		entries: le.Uint64(b[152:]), tail: le.Uint64(b[160:]), head: le.Uint64(b[168:]),
		array: le.Uint64(b[176:]), first: le.Uint64(b[184:]), last: le.Uint64(b[192:]),
	}
	switch {
	case [8]byte(b) != signature:
		return h, fmt.Errorf("this is no journal file")
	case h.incompatible&^understood != 0:
		return h, fmt.Errorf("the file uses features that are not known here: flags 0x%x", h.incompatible&^understood)
	case h.size < minHeader || h.size%8 != 0:
		return h, fmt.Errorf("the header has %d bytes", h.size)
	case h.arena > 1<<62 || h.size > 1<<62:
		return h, fmt.Errorf("the file has %d bytes, it says", h.arena)
	case h.state > archived:
		return h, fmt.Errorf("the state is %d", h.state)
	}
	return h, nil
}
