package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/shirou/gopsutil/v4/process"

	"openwmi/cim"
	"openwmi/wbem"
)

// served is a server in another process.
type served struct {
	cmd      *exec.Cmd
	address  string
	password string
	user     string
	stored   uint32 // instances of diskClass, ids from 0
}

// largeClass has a definition of 60 kB.
const largeClass = "Bench_Large"

func large() *cim.ClassDecl {
	d := &cim.ClassDecl{Name: largeClass}
	for k := range 60 {
		d.Properties = append(d.Properties, cim.PropertyDecl{
			Name: fmt.Sprintf("P%02d", k), Type: cim.TypeUint32,
			Qualifiers: cim.Qualifiers{{Name: "Description", Value: cim.StringValue(note)}},
		})
	}
	d.Properties[0].Qualifiers = append(d.Properties[0].Qualifiers, cim.Qualifier{Name: "key", Value: cim.BoolValue(true)})
	return d
}

// serve returns the server that benchmarks of protocols share; it is started when
// it is first needed.
func (e *Env) serve(ctx context.Context) (*served, error) {
	if e.served != nil {
		return e.served, nil
	}
	dir := filepath.Join(e.Dir, "served")
	if err := e.stock(ctx, dir); err != nil {
		return nil, err
	}
	s := &served{cmd: e.Command(ctx, "serve", "--ephemeral", "--schema", dir), stored: uint32(e.Stored)}
	s.cmd.Stderr = os.Stderr
	s.cmd.Env = append(os.Environ(), "TMPDIR="+e.Dir)
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(os.Interrupt) }
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	e.served = s
	var line struct{ CIMXML, User, Password string }
	if err := json.NewDecoder(out).Decode(&line); err != nil {
		return nil, fmt.Errorf("the server does not start: %w", err)
	}
	u, err := url.Parse(line.CIMXML)
	if err != nil {
		return nil, err
	}
	s.address, s.user, s.password = u.Host, line.User, line.Password
	w, err := s.dial()
	if err != nil {
		return nil, err
	}
	defer w.conn.Close()
	// Once all of it is read, the disk is out of the way.
	if _, err = s.fetch(w, cimCall{method: "EnumerateInstances", params: className(diskClass)}, ""); err != nil {
		return nil, err
	}
	return s, s.rest(ctx)
}

// rest waits until the server has nothing to do, a minute at most: for some
// seconds after a large store was opened, its tables are merged.
func (s *served) rest(ctx context.Context) error {
	p, err := process.NewProcessWithContext(ctx, int32(s.cmd.Process.Pid))
	if err != nil {
		return err
	}
	last := -1.0
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(250 * time.Millisecond) {
		used, err := p.TimesWithContext(ctx)
		if err != nil {
			return err
		}
		now := used.User + used.System
		if last >= 0 && now-last <= 0.01 { // seconds; it is counted in hundredths
			break
		}
		last = now
	}
	return nil
}

// stock makes the store of a server: the schema if there is one, and instances.
func (e *Env) stock(ctx context.Context, dir string) (err error) {
	if e.Schema != "" {
		cmd := e.Command(ctx, "--data", dir, "-n", `root\cimv2`, "mof", "compile", e.Schema)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("compiling %s: %w", e.Schema, err)
		}
	}
	store, err := e.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	svc, c, err := connect(ctx, store)
	if err == nil {
		err = svc.PutClass(ctx, large(), wbem.Options{})
	}
	if err != nil {
		return err
	}
	for id := range uint32(e.Stored) {
		inst, err := newDisk(c, id)
		if err != nil {
			return err
		}
		if _, err := svc.PutInstance(ctx, inst, wbem.Options{Lazy: true}); err != nil {
			return err
		}
	}
	if flusher, ok := svc.(wbem.Flusher); ok {
		return flusher.Flush(ctx)
	}
	return nil
}

// stop ends the server.
func (s *served) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	var exit *exec.ExitError
	if err := s.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}

// A call is an operation of a protocol.
type call interface {
	request(s *served) []byte // as it is sent
	failed(answer []byte) bool
}

// wireRate measures how often a second so many clients have an operation answered.
// next returns the n-th call, n from 0, of a server with so many instances.
func wireRate(clients int, bar, aim float64, next func(n, stored uint32) (call, error)) func(context.Context, *Env) (Result, error) {
	return func(ctx context.Context, e *Env) (Result, error) {
		r := Result{Unit: "op/s", Bar: bar, Aim: aim}
		s, err := e.serve(ctx)
		if err != nil {
			return r, err
		}
		var calls atomic.Uint32
		var began time.Time
		work := func(until time.Duration) error {
			began = time.Now()
			return parallel(clients, func(int) error {
				w, err := s.dial()
				if err != nil {
					return err
				}
				defer w.conn.Close()
				for time.Since(began) < until {
					c, err := next(calls.Add(1)-1, s.stored)
					if err != nil {
						return err
					}
					if _, err := w.ask(c.request(s), true); err != nil {
						return err
					}
					if c.failed(w.body) {
						return fmt.Errorf("the server answers %s", w.body)
					}
				}
				return nil
			})
		}
		if err := work(e.Time / 4); err != nil { // warm up
			return r, err
		}
		warm := calls.Load()
		if err := work(e.Time); err != nil {
			return r, err
		}
		r.Value = float64(calls.Load()-warm) / time.Since(began).Seconds()
		r.Note = fmt.Sprintf("%d instances stored", s.stored)
		return r, nil
	}
}

// A wire is a connection that sends prepared requests over HTTP and looks at no
// more of the answers than it has to: what is measured is the server.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
	body []byte // of the last answer, if it is kept
}

func (s *served) dial() (*wire, error) {
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		return nil, err
	}
	return &wire{conn: conn, r: bufio.NewReaderSize(conn, 256<<10)}, nil
}

// ask sends a request and reads the answer: how many bytes its body has. The
// body is only kept if keep says so.
func (w *wire) ask(request []byte, keep bool) (int, error) {
	if _, err := w.conn.Write(request); err != nil {
		return 0, err
	}
	length, status := -1, ""
	for n := 0; ; n++ {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if n == 0 {
			status = string(line)
			continue
		}
		if len(line) == 0 {
			break
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(v)); err != nil {
				return 0, err
			}
		}
	}
	if !strings.Contains(status, " 200 ") {
		return 0, fmt.Errorf("the server answers %s", status)
	}
	w.body = w.body[:0]
	if length >= 0 {
		return length, w.take(length, keep)
	}
	for total := 0; ; {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			return total, err
		}
		size, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 31)
		if err != nil {
			return total, err
		}
		if err := w.take(int(size), keep); err != nil {
			return total, err
		}
		if _, err := w.r.Discard(len("\r\n")); err != nil {
			return total, err
		}
		if size == 0 {
			return total, nil
		}
		total += int(size)
	}
}

func (w *wire) take(n int, keep bool) error {
	if !keep {
		_, err := w.r.Discard(n)
		return err
	}
	at := len(w.body)
	w.body = append(w.body, make([]byte, n)...)
	_, err := io.ReadFull(w.r, w.body[at:])
	return err
}

// timed measures how long an exchange takes with the server, by one client: the median,
// in milliseconds, with how many bytes come.
func (e *Env) timed(ctx context.Context, r Result, exchange func(*served, *wire) (int, error)) (Result, error) {
	s, err := e.serve(ctx)
	if err != nil {
		return r, err
	}
	w, err := s.dial()
	if err != nil {
		return r, err
	}
	defer w.conn.Close()
	var times []time.Duration
	total := 0
	for began := time.Now(); time.Since(began) < e.Time || len(times) < 3; {
		at := time.Now()
		if total, err = exchange(s, w); err != nil {
			return r, err
		}
		times = append(times, time.Since(at))
	}
	r.Value = float64(median(times).Microseconds()) / 1000
	r.Note = fmt.Sprintf("%.1f MB", float64(total)/1e6)
	return r, nil
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}
