package journal

import (
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// What a cache holds at most: pages and bytes of each, 4 MiB.
const (
	pageSize = 16 << 10
	maxPages = 256
)

// rooms are pages that no cache uses. Most Sets are opened for one query that reads
// few pages.
var rooms = sync.Pool{New: func() any { return new([pageSize]byte) }}

// A cache holds pages of files, and what else the files of a Set share.
type cache struct {
	pages []page
	index map[pageID]int32
	hand  int // the page that is looked at next when room is needed
	files uint32
	zstd  *zstd.Decoder // nil until it is needed
}

type pageID struct {
	file uint32
	at   uint64
}

type page struct {
	id   pageID
	used bool   // since the hand went by
	data []byte // of room
	room *[pageSize]byte
}

func newCache() *cache { return &cache{index: map[pageID]int32{}} }

// newFile returns a number under which no page is cached.
func (c *cache) newFile() uint32 {
	c.files++
	return c.files
}

func (c *cache) close() {
	for _, p := range c.pages {
		rooms.Put(p.room)
	}
	c.pages, c.index = nil, map[pageID]int32{}
	if c.zstd != nil {
		c.zstd.Close()
	}
}

// page returns the page that begins at a multiple of pageSize, shorter at the end
// of the file. It is good until the next call.
func (c *cache) page(file uint32, r io.ReaderAt, at uint64) ([]byte, error) {
	id := pageID{file, at}
	if i, ok := c.index[id]; ok {
		c.pages[i].used = true
		return c.pages[i].data, nil
	}
	i := c.victim()
	p := &c.pages[i]
	n, err := r.ReadAt(p.room[:], int64(at))
	if n == 0 && err != nil {
		return nil, err
	}
	p.id, p.used, p.data = id, true, p.room[:n]
	c.index[id] = int32(i)
	return p.data, nil
}

// victim returns a page that can be filled, which is in no index.
func (c *cache) victim() int {
	if len(c.pages) < maxPages {
		c.pages = append(c.pages, page{room: rooms.Get().(*[pageSize]byte)})
		return len(c.pages) - 1
	}
	for {
		i := c.hand
		c.hand = (c.hand + 1) % len(c.pages)
		p := &c.pages[i]
		if !p.used {
			delete(c.index, p.id)
			p.id, p.data = pageID{}, nil
			return i
		}
		p.used = false
	}
}
