package kv

import "log/slog"

// Options adjust a store. The zero value is right for most.
type Options struct {
	// CacheSize is how many bytes of stored blocks are kept in memory,
	// decompressed. As much as two memtables, 64 MiB, comes on top, for what
	// was written and not yet moved into tables, or for more blocks. Memory
	// is taken only as data are read and written. Zero means 64 MiB.
	CacheSize int64

	// MinFree is how many bytes a transaction must leave free on the disk;
	// one that would leave less returns ErrNoSpace. The reserve is what the
	// engine needs to finish the work it has begun. Zero means 16 MiB, a
	// negative number no reserve.
	MinFree int64

	// ReadOnly opens a store, which must exist, without writing anything.
	// Any number of readers may have it open at once, but no writer.
	ReadOnly bool

	// Logger gets what the engine reports about its work in the background,
	// such as a compaction that met a damaged file. Nil discards it.
	Logger *slog.Logger
}

const (
	defaultCacheSize = 64 << 20
	defaultMinFree   = 16 << 20
)

func (o Options) withDefaults() Options {
	if o.CacheSize <= 0 {
		o.CacheSize = defaultCacheSize
	}
	if o.MinFree == 0 {
		o.MinFree = defaultMinFree
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}
