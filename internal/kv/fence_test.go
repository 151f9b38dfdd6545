package kv

import (
	"errors"
	"io"
	"log/slog"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Behind a fence that is down nothing changes on the disk; logs go on without
// an error, tables that were begun have one, and new ones are in memory, except
// those of compactions.
func TestFenceDown(t *testing.T) {
	disk := vfs.NewMem()
	f := newFence(disk, "store", slog.New(slog.DiscardHandler))
	f.opened()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	create := func(name string, c vfs.DiskWriteCategory) vfs.File {
		t.Helper()
		file, err := f.Create("store/"+name, c)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	ok(f.MkdirAll("store", 0o755))
	oldLog := create("000001.log", "pebble-wal")
	write := func(file vfs.File, text string) error {
		n, err := file.Write([]byte(text))
		if err == nil && n != len(text) {
			t.Errorf("wrote %d bytes of %q", n, text)
		}
		return err
	}
	ok(write(oldLog, "before"))
	table := create("000002.sst", "pebble-memtable-flush")
	ok(write(table, "before"))
	dir, err := f.OpenDir("store")
	ok(err)

	f.fail(syscall.EIO)
	f.fail(syscall.ENOSPC)
	if f.err() != syscall.EIO {
		t.Errorf("error is %v, want the first", f.err())
	}
	before := disk.String()

	ok(write(oldLog, "after"))
	ok(oldLog.Sync())
	ok(oldLog.SyncData())
	ok(oldLog.Close())
	ok(dir.Sync())
	if err := write(table, "after"); err == nil {
		t.Error("wrote to a table")
	}
	if err := table.Sync(); err == nil {
		t.Error("synced a table")
	}
	ok(table.Close())
	ok(f.Remove("store/000001.log"))
	ok(f.Remove("store/000002.sst"))
	ok(f.Rename("store/000001.log", "store/000009.log"))
	reused, err := f.ReuseForWrite("store/000001.log", "store/000003.log", "pebble-wal")
	ok(err)
	ok(write(reused, "reused"))
	ok(reused.Close())
	for _, name := range []string{"000004.log", "MANIFEST-000005", "marker.manifest.000002.MANIFEST-000005", "000006.sst"} {
		file := create(name, "pebble-memtable-flush")
		ok(write(file, name))
		ok(file.Sync())
		ok(file.Close())
		file, err := f.Open("store/" + name)
		ok(err)
		if text, err := io.ReadAll(file); string(text) != name || err != nil {
			t.Errorf("read %q, %v; want %q", text, err, name)
		}
		if info, err := f.Stat("store/" + name); err != nil || info.Size() != int64(len(name)) {
			t.Errorf("stat: %v, %v", info, err)
		}
	}
	if _, err := f.Create("store/000007.sst", "pebble-compaction"); err == nil {
		t.Error("a compaction goes on")
	}
	if after := disk.String(); after != before {
		t.Errorf("the disk changed:\n%s\nbefore:\n%s", after, before)
	}

	// What was there before can be read, and other directories are as ever.
	if _, err := f.Open("store/000002.sst"); err != nil {
		t.Error(err)
	}
	ok(f.MkdirAll("copy", 0o755))
	file, err := f.Create("copy/000002.sst", "")
	ok(err)
	ok(write(file, "copy"))
	ok(file.Close())
	if _, err := disk.Stat("copy/000002.sst"); err != nil {
		t.Error(err)
	}
}

// A record of the manifest that is damaged is damage if another record begins
// behind it, and the torn end of a crash otherwise.
func TestDamagedChunk(t *testing.T) {
	chunkOf := func(kind byte, payload string) []byte {
		b := append([]byte{0, 0, 0, 0, byte(len(payload)), byte(len(payload) >> 8), kind}, payload...)
		sum := checksum(b[6:])
		b[0], b[1], b[2], b[3] = byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24)
		return b
	}
	first, second := chunkOf(chunkFull, "first"), chunkOf(chunkFull, "second record")
	filler := chunkOf(chunkFull, string(make([]byte, chunkBlock-chunkHeader-len(first)-3)))
	flip := func(b []byte, at int) []byte { b[at] ^= 1; return b }
	join := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	for _, test := range []struct {
		name string
		b    []byte
		at   int
		ok   bool
	}{
		{name: "empty"},
		{name: "whole", b: join(first, second)},
		{name: "second torn", b: join(first, second[:9])},
		{name: "second damaged", b: flip(join(first, second), len(first)+8)},
		{name: "first damaged", b: flip(join(first, second), 8), at: 0, ok: true},
		{name: "length damaged", b: flip(join(first, second), 4), at: 0, ok: true},
		{name: "rest of a torn record", b: join(first, flip(chunkOf(chunkFirst, "begin"), 8), chunkOf(chunkLast, "end"))},
		{name: "zeros behind", b: join(first, second, make([]byte, 100))},
		{name: "padding", b: join(first, filler, make([]byte, 3), second)},
		{name: "damaged before padding", b: flip(join(first, filler, make([]byte, 3), second), 100), at: len(first), ok: true},
	} {
		if at, ok := damagedChunk(test.b); at != test.at || ok != test.ok {
			t.Errorf("%s: %d, %t; want %d, %t", test.name, at, ok, test.at, test.ok)
		}
	}
}

// Errors of the engine tell the caller what to do.
func TestOpenErrorKinds(t *testing.T) {
	for _, test := range []struct{ err, want error }{
		{syscall.EACCES, ErrReadOnly},
		{syscall.EROFS, ErrReadOnly},
		{syscall.ENOSPC, ErrNoSpace},
		{syscall.EDQUOT, ErrNoSpace},
		{syscall.ENOENT, ErrCorrupt},
		{errors.New("whatever Pebble finds"), ErrCorrupt},
		{pebblePanic{"index out of range"}, ErrCorrupt},
		{syscall.EIO, syscall.EIO},
	} {
		err := openError("dir", test.err)
		if !errors.Is(err, test.want) || !errors.Is(err, test.err) {
			t.Errorf("%v: %v", test.err, err)
		}
	}
	if err := openError("dir", syscall.EIO); errors.Is(err, ErrCorrupt) {
		t.Errorf("an error of the device is not damage: %v", err)
	}
}
