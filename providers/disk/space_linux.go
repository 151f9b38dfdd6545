package disk

import "golang.org/x/sys/unix"

func readSpace(point string) *space {
	var s unix.Statfs_t
	if unix.Statfs(point, &s) != nil || s.Bsize <= 0 {
		return &space{}
	}
	block := uint64(s.Bsize)
	if s.Frsize > 0 {
		block = uint64(s.Frsize)
	}
	return &space{ok: true, block: block, blocks: s.Blocks, free: s.Bavail, nameLength: uint32(s.Namelen)}
}
