package kv

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// The manifest lists the tables of a store: a sequence of records, each a
// change of that list, each synced before the next is written. A crash may
// tear the last record, so Pebble stops at the first that is damaged. When
// that is not the last one, it would open an old state of the store and delete
// the tables that are not part of it. checkManifest finds that out.
//
// Records are made of chunks, which don't cross blocks of 32 kB; a block ends
// with zeros when there is no room for another header:
//
//	| CRC-32C, masked (4) | length (2) | kind (1) | payload |
//
// all little-endian; the checksum covers kind and payload. A record is one
// chunk of kind 1, or one of kind 2, any number of kind 3, and one of kind 4.
const (
	chunkBlock  = 32 << 10
	chunkHeader = 7

	chunkFull  = 1
	chunkFirst = 2
	chunkLast  = 4
)

// checkManifest returns an error when a record begins behind a damaged one.
func checkManifest(fsys vfs.FS, name string) error {
	f, err := fsys.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	if at, ok := damagedChunk(b); ok {
		return fmt.Errorf("%w: %s at byte %d", ErrCorrupt, fsys.PathBase(name), at)
	}
	return nil
}

// damagedChunk returns where the first damaged chunk is, if a record begins
// anywhere behind it. Other chunks behind it may be of the same torn record.
func damagedChunk(b []byte) (at int, ok bool) {
	for at < len(b) {
		if left := chunkBlock - at%chunkBlock; left < chunkHeader {
			at += left
			continue
		}
		_, end := chunk(b, at)
		if end == 0 {
			break
		}
		at = end
	}
	for i := at + 1; i < len(b); i++ {
		if kind, _ := chunk(b, i); kind == chunkFull || kind == chunkFirst {
			return at, true
		}
	}
	return 0, false
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// chunk returns the kind and the end of the chunk at b[at], 0 if there is none.
func chunk(b []byte, at int) (kind byte, end int) {
	if at%chunkBlock > chunkBlock-chunkHeader || at+chunkHeader > len(b) {
		return 0, 0
	}
	header := b[at : at+chunkHeader]
	kind = header[6]
	end = at + chunkHeader + int(binary.LittleEndian.Uint16(header[4:]))
	if kind == 0 || kind > chunkLast || end > len(b) || (end-1)/chunkBlock != at/chunkBlock {
		return 0, 0
	}
	if checksum(b[at+6:end]) != binary.LittleEndian.Uint32(header) {
		return 0, 0
	}
	return kind, end
}

func checksum(b []byte) uint32 {
	sum := crc32.Checksum(b, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}
