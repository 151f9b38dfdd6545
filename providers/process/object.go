package process

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"openwmi/cim"
	"openwmi/providers/live"
)

// A scan is what the objects of one request share.
type scan struct {
	sys  *live.System
	own  bool             // for whom this process runs as
	boot func() time.Time // zero if not known
	up   func() uint64    // ticks since the system was started, 0 if not known
}

func newScan(ctx context.Context, sys *live.System) *scan {
	return &scan{
		sys: sys,
		own: live.Own(ctx),
		boot: sync.OnceValue(func() time.Time {
			t, _ := sys.BootTime()
			return t
		}),
		up: sync.OnceValue(func() uint64 {
			up, _ := sys.Uptime()
			return uint64(up / (time.Second / live.Ticks))
		}),
	}
}

// An object is a process, of which each file is read when it is first needed.
type object struct {
	scan *scan
	id   uint32
	dir  string

	gone    bool
	stat    *live.ProcessStat
	status  []byte // nil until read
	io      []byte
	command []byte
}

// all yields the processes, by number where the kernel lists them so.
func (p *Provider) all(ctx context.Context) iter.Seq2[*object, error] {
	return func(yield func(*object, error) bool) {
		names, err := live.ReadNames(p.sys.ProcFile())
		if err != nil {
			yield(nil, live.Unavailable(err))
			return
		}
		s := newScan(ctx, p.sys)
		for _, name := range names {
			if id, ok := number(name); ok && !yield(s.object(id), nil) {
				return
			}
		}
	}
}

func (s *scan) object(id uint32) *object {
	return &object{scan: s, id: id, dir: s.sys.ProcFile(strconv.FormatUint(uint64(id), 10))}
}

// byHandle and byID look a process up. /proc answers for the numbers of threads
// too, though it does not list them; the status says whose thread it is.
func (p *Provider) byHandle(ctx context.Context, v cim.Value) ([]*object, error) {
	id, ok := number(v.Text())
	if !ok {
		return nil, nil
	}
	return p.byNumber(ctx, id)
}

func (p *Provider) byID(ctx context.Context, v cim.Value) ([]*object, error) {
	return p.byNumber(ctx, uint32(v.Uint()))
}

func (p *Provider) byNumber(ctx context.Context, id uint32) ([]*object, error) {
	o := newScan(ctx, p.sys).object(id)
	if leader := o.line("Tgid:"); o.gone || leader != "" && leader != strconv.FormatUint(uint64(id), 10) {
		return nil, nil
	}
	return []*object{o}, nil
}

// number reads the name of the directory of a process.
func number(name string) (uint32, bool) {
	if name == "" || name[0] < '1' || name[0] > '9' {
		return 0, false
	}
	id, err := strconv.ParseUint(name, 10, 32)
	return uint32(id), err == nil
}

// read returns the content of a file of the process, empty if it may not be read.
func (o *object) read(name string) []byte {
	b, err := live.ReadFile(path.Join(o.dir, name), live.MaxFile)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		o.gone = o.gone || name == "stat" || name == "status" || name == "cmdline"
	}
	if b == nil {
		b = []byte{}
	}
	return b
}

// s returns what the file stat says.
func (o *object) s() *live.ProcessStat {
	if o.stat == nil {
		s, err := live.ParseProcessStat(o.read("stat"))
		if err != nil {
			o.gone = true // every process has one
		}
		o.stat = &s
	}
	return o.stat
}

// line returns what stands behind a name in the file status, "" for a name that
// it does not have.
func (o *object) line(name string) string {
	if o.status == nil {
		o.status = o.read("status")
	}
	return lineOf(o.status, name)
}

// kilobytes returns a size of the file status.
func (o *object) kilobytes(name string) (uint64, bool) {
	text := o.line(name)
	return live.Uint(text), strings.HasSuffix(text, " kB")
}

// count returns a number of the file io, which the kernel shows to the user of the
// process alone.
func (o *object) count(name string) cim.Value {
	if !o.scan.own {
		return cim.Value{}
	}
	if o.io == nil {
		o.io = o.read("io")
	}
	text := lineOf(o.io, name)
	if text == "" {
		return cim.Value{}
	}
	return cim.Uint64Value(live.Uint(text))
}

func lineOf(b []byte, name string) string {
	for len(b) > 0 {
		line := b
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			line, b = b[:i], b[i+1:]
		} else {
			b = nil
		}
		if len(line) > len(name) && string(line[:len(name)]) == name {
			return string(bytes.TrimSpace(line[len(name):]))
		}
	}
	return ""
}

// commandLine returns the arguments with blanks between them, "" for a process
// that has none, such as a thread of the kernel.
func (o *object) commandLine() string {
	if o.command == nil {
		o.command = o.read("cmdline")
	}
	b := bytes.TrimRight(o.command, "\x00 ")
	return string(bytes.ReplaceAll(b, []byte{0}, []byte{' '}))
}

// name returns the name of the program. The kernel keeps 15 bytes of it; a longer
// one begins the arguments, unless the process has changed them.
func (o *object) name() string {
	comm := o.s().Comm
	if len(comm) < 15 {
		return comm
	}
	o.commandLine()
	first, _, _ := bytes.Cut(o.command, []byte{0})
	if base := path.Base(string(first)); strings.HasPrefix(base, comm) {
		return base
	}
	return comm
}

// executable returns the path of the program, "" if it has none or that may not
// be known: the kernel shows it to the user of the process alone.
func (o *object) executable() string {
	if !o.scan.own {
		return ""
	}
	name, err := os.Readlink(path.Join(o.dir, "exe"))
	if err != nil || !path.IsAbs(name) {
		return ""
	}
	return strings.TrimSuffix(name, " (deleted)")
}

// created returns when the process was started.
func (o *object) created() time.Time {
	boot := o.scan.boot()
	if s := o.s(); boot.IsZero() || !s.HasStart {
		return time.Time{}
	}
	return sinceBoot(boot, o.s().Start)
}

func sinceBoot(boot time.Time, n uint64) time.Time {
	if n > 1<<40 {
		return time.Time{}
	}
	return boot.Add(time.Duration(n) * (time.Second / live.Ticks)).Local()
}

// handles returns how many files the process has open, which the kernel shows to
// the user of the process alone.
func (o *object) handles() cim.Value {
	if !o.scan.own {
		return cim.Value{}
	}
	dir := path.Join(o.dir, "fd")
	info, err := os.Stat(dir)
	if err != nil {
		return cim.Value{}
	}
	n := info.Size() // of procfs, since Linux 6.2
	if n == 0 || o.scan.sys.Proc != "" {
		names, err := live.ReadNames(dir)
		if err != nil {
			return cim.Value{}
		}
		n = int64(len(names))
	}
	return cim.Uint32Value(uint32(n))
}
