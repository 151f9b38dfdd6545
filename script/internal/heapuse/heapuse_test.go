package heapuse_test

import (
	"runtime"
	"testing"

	"openwmi/script/internal/heapuse"
)

// blocks takes memory in pieces.
func blocks(n, size int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = make([]byte, size)
	}
	return list
}

// about reports whether a figure is what it should be, as far as samples tell.
func about(got, want int64) bool { return got > want/2 && got < 2*want }

// TestHeld tells what accounts hold apart from each other and from the rest.
func TestHeld(t *testing.T) {
	a, b := heapuse.Open(), heapuse.Open()
	if a == nil || b == nil {
		t.Fatal("no account")
	}
	defer a.Close()
	defer b.Close()
	a.Held()
	b.Held()
	const size = 64 << 20
	rest := blocks(64<<10, 4<<10)
	var mine, others [][]byte
	a.Run(func() { mine = blocks(64<<10, 1<<10) })
	b.Run(func() { others = blocks(64, 1<<20) })
	runtime.GC()
	if n := a.Held(); !about(n, size) {
		t.Errorf("small blocks: %d bytes, want %d", n, size)
	}
	if n := b.Held(); !about(n, size) {
		t.Errorf("large blocks: %d bytes, want %d", n, size)
	}
	runtime.KeepAlive(rest)
	runtime.KeepAlive(others)
	runtime.GC()
	if n := b.Held(); n > size/4 {
		t.Errorf("%d bytes are held after they were dropped", n)
	}
	if n := a.Held(); !about(n, size) {
		t.Errorf("%d bytes, want %d", n, size)
	}
	runtime.KeepAlive(mine)
}

// TestLeft does not count what an account held before it was opened.
func TestLeft(t *testing.T) {
	var left [][][]byte
	for range 40 { // each account at least once
		a := heapuse.Open()
		a.Held()
		a.Run(func() { left = append(left, blocks(2<<10, 1<<10)) })
		a.Close()
	}
	runtime.GC()
	a := heapuse.Open()
	defer a.Close()
	if n := a.Held(); n != 0 {
		t.Errorf("%d bytes at first", n)
	}
	runtime.GC()
	if n := a.Held(); n > 1<<20 {
		t.Errorf("%d bytes of nobody", n)
	}
	runtime.KeepAlive(left)
}

// TestAll takes all accounts there are.
func TestAll(t *testing.T) {
	var list []*heapuse.Account
	for {
		a := heapuse.Open()
		if a == nil {
			break
		}
		list = append(list, a)
		if len(list) > 1000 {
			t.Fatal("there is no end")
		}
	}
	if len(list) < 32 {
		t.Errorf("%d accounts", len(list))
	}
	list[5].Close()
	a := heapuse.Open()
	if a == nil {
		t.Fatal("no account, though one is free")
	}
	list[5] = a
	for _, a := range list {
		a.Close()
	}
}
