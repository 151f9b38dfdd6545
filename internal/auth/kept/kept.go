// Package kept keeps what was read from files, such as certificates and keys, and
// reads it again when they change or somebody says so. Files that have become bad
// change nothing: what was read before stays in use, and the log says why.
package kept

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

// MaxFile is how many bytes a file has at most: a list of several hundred thousand
// revoked certificates.
const MaxFile = 32 << 20

// Recheck is how long what was read counts without a look at the files.
const Recheck = time.Second

// A Value is what some files say. It may be used by several goroutines.
type Value[T any] struct {
	what  string
	names []string
	parse func(texts [][]byte) (T, string, error)
	log   *slog.Logger

	mu     sync.Mutex // guards what follows, and is held while files are read
	value  T
	stamps []os.FileInfo // of the files when they were read
	digest [sha256.Size]byte
	looked time.Time
	failed string // why they could not be read again, "" if they could
}

// Read reads files for the first time. what says in the log what they are, such as
// "keys of Kerberos"; parse turns their contents into a value and a text for the log
// that says which one. It is called by one goroutine at a time.
func Read[T any](what string, log *slog.Logger, parse func(texts [][]byte) (T, string, error), names ...string) (*Value[T], error) {
	v := &Value[T]{what: what, names: names, parse: parse, log: log}
	texts, stamps, err := v.read()
	if err == nil {
		v.value, _, err = v.parsed(texts)
	}
	if err != nil {
		return nil, err
	}
	v.stamps, v.digest, v.looked = stamps, digestOf(texts), time.Now()
	return v, nil
}

// Get returns the value. Files that have changed are read again, if they were looked
// at longer than Recheck ago.
func (v *Value[T]) Get() T {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	if since := now.Sub(v.looked); 0 <= since && since < Recheck {
		return v.value
	}
	v.looked = now
	if v.failed != "" || v.touched() {
		_, _ = v.again() // the log has it
	}
	return v.value
}

// Reread reads the files again, whether they seem to have changed or not, and says
// whether there is another value. The error says why the one before stays in use.
func (v *Value[T]) Reread() (changed bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.looked = time.Now()
	v.failed = "" // so that it is logged
	return v.again()
}

// touched reports whether a file is another one than was read.
func (v *Value[T]) touched() bool {
	for i, name := range v.names {
		info, err := os.Stat(name)
		if was := v.stamps[i]; err != nil || !os.SameFile(info, was) || !info.ModTime().Equal(was.ModTime()) || info.Size() != was.Size() {
			return true
		}
	}
	return false
}

// again reads the files again, with v.mu locked.
func (v *Value[T]) again() (changed bool, err error) {
	var value T
	var now string
	texts, stamps, err := v.read()
	digest := digestOf(texts)
	if err == nil && digest == v.digest {
		v.stamps, v.failed = stamps, ""
		return false, nil
	}
	if err == nil {
		value, now, err = v.parsed(texts)
	}
	if err != nil {
		if v.failed != err.Error() { // once, while files are being replaced
			v.failed = err.Error()
			v.log.Warn(v.what+": cannot be read again, what was read before stays in use", "cause", err)
		}
		return false, err
	}
	v.value, v.stamps, v.digest, v.failed = value, stamps, digest, ""
	v.log.Info(v.what+": read again", "files", strings.Join(v.names, ", "), "now", now)
	return true, nil
}

func (v *Value[T]) parsed(texts [][]byte) (T, string, error) {
	value, now, err := v.parse(texts)
	if err != nil {
		err = fmt.Errorf("%s: %w", strings.Join(v.names, ", "), err)
	}
	return value, now, err
}

func (v *Value[T]) read() (texts [][]byte, stamps []os.FileInfo, err error) {
	for _, name := range v.names {
		text, info, err := readFile(name)
		if err != nil {
			return nil, nil, err
		}
		texts, stamps = append(texts, text), append(stamps, info)
	}
	return texts, stamps, nil
}

func readFile(name string) ([]byte, os.FileInfo, error) {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() { // to open a pipe could take for ever
		err = fmt.Errorf("%s is no file", name)
	}
	if err != nil {
		return nil, nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(f, MaxFile+1))
	if err == nil && n > MaxFile {
		err = fmt.Errorf("%s has more than %d bytes", name, MaxFile)
	}
	return b.Bytes(), info, err
}

func digestOf(texts [][]byte) [sha256.Size]byte {
	h := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(h, "%d:", len(t))
		h.Write(t)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
