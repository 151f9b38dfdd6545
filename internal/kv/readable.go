package kv

import (
	"bytes"
	"errors"
	"fmt"
)

const (
	// maxGaps is how many damaged places Readable steps over. Each takes a good
	// part of a second, since Pebble looks for a bit that may have flipped
	// whenever it reads a damaged block.
	maxGaps = 1000
	// maxProbes is how often the space between a key that cannot be read and one
	// that can is halved.
	maxProbes = 20
)

// Readable calls fn with the pairs lo <= k < hi of a store, in order, and steps
// over places that are damaged. It returns how many there are: one is a block of
// some kilobytes, or more that follow each other closely. What is damaged is not
// known; pairs that stand between two places close to each other may be passed over
// as well. What a pair was before is never shown in the place of what it is.
//
// The error is that of fn, one of the store that is no damage, or ErrCorrupt if so
// much is damaged that it is not worth the time.
func Readable(from Reader, lo, hi []byte, fn func(key, value []byte) error) (gaps int, err error) {
	for {
		it, err := from.Scan(lo, hi)
		if err != nil {
			return gaps, err
		}
		for it.Next() {
			lo = append(append(lo[:0:0], it.Key()...), 0)
			if err := fn(it.Key(), it.Value()); err != nil {
				_ = it.Close()
				return gaps, err
			}
		}
		err = it.Close()
		if err == nil || !errors.Is(err, ErrCorrupt) {
			return gaps, err
		}
		if gaps++; gaps > maxGaps {
			return gaps, fmt.Errorf("more than %d places: %w", maxGaps, err)
		}
		if lo, err = behind(from, lo, hi); lo == nil || err != nil {
			return gaps, err
		}
	}
}

// behind returns where reading goes on after a damaged place: a key from which a
// range can be read, though not from lo; nil if that is the end of the range.
//
// It looks at lo with one of its last bytes increased and the rest cut off, then
// with one further to the front, until one can be read: so steps become longer and
// little is passed over. Then it comes back.
func behind(from Reader, lo, hi []byte) ([]byte, error) {
	bad, good := lo, hi
	for step := 1; step <= len(lo); step += max(1, step/2) {
		n := len(lo) - step
		for n > 0 && lo[n] == 0xFF {
			n--
		}
		if lo[n] == 0xFF {
			break
		}
		next := append(bytes.Clone(lo[:n]), lo[n]+1)
		if hi != nil && bytes.Compare(next, hi) >= 0 {
			break
		}
		ok, err := isReadable(from, next, hi)
		if err != nil {
			return nil, err
		}
		if ok {
			good = next
			break
		}
		bad = next
	}
	// good can be read, or is the end; between the two is the boundary.
	for range maxProbes {
		mid := between(bad, good)
		if mid == nil {
			break
		}
		ok, err := isReadable(from, mid, hi)
		if err != nil {
			return nil, err
		}
		if ok {
			good = mid
		} else {
			bad = mid
		}
	}
	if hi != nil && bytes.Equal(good, hi) {
		return nil, nil
	}
	return good, nil
}

// isReadable reports whether the first key from lo on can be read.
func isReadable(from Reader, lo, hi []byte) (bool, error) {
	it, err := from.Scan(lo, hi)
	if err != nil {
		return false, err
	}
	it.Next()
	if err := it.Close(); errors.Is(err, ErrCorrupt) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	return true, nil
}

// between returns the middle of two keys that are taken for fractions, nil if they
// are next to each other in as many bytes as the longer has and one more. A nil
// key b is the end of all keys.
func between(a, b []byte) []byte {
	n := max(len(a), len(b)) + 1
	sum := make([]byte, n) // a + b, without the carry
	carry := 0
	for i := n - 1; i >= 0; i-- {
		if i < len(a) {
			carry += int(a[i])
		}
		if i < len(b) {
			carry += int(b[i])
		}
		sum[i] = byte(carry)
		carry >>= 8
	}
	if b == nil {
		carry++
	}
	for i := range sum {
		carry = carry<<8 | int(sum[i])
		sum[i] = byte(carry >> 1)
		carry &= 1
	}
	mid := bytes.TrimRight(sum, "\x00")
	if bytes.Compare(mid, a) <= 0 || b != nil && bytes.Compare(mid, b) >= 0 {
		return nil
	}
	return mid
}
