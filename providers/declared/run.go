package declared

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"openwmi/cim"
	"openwmi/internal/child"
	"openwmi/wbem"
)

// grace is how long what a program has started may keep its standard error open.
const grace = time.Second

// A source is a text that is read, and where it comes from.
type source struct {
	text  *bufio.Reader
	meter *meter
	name  string

	// end is called when nothing more is read. If the text was read to its end
	// its error says why it is not all.
	end func(complete bool) error
}

func newSource(r io.Reader, most int64, name string, end func(bool) error) *source {
	m := &meter{io.LimitedReader{R: r, N: most + 1}, most, false}
	return &source{bufio.NewReader(m), m, name, end}
}

// byteOrderMark is what some programs begin a text in UTF-8 with.
const byteOrderMark = "\uFEFF"

// skipMark skips it.
func (s *source) skipMark() {
	if b, _ := s.text.Peek(len(byteOrderMark)); string(b) == byteOrderMark {
		_, _ = s.text.Discard(len(b))
	}
}

// A meter has an error behind some bytes if there are more.
type meter struct {
	io.LimitedReader
	most int64
	end  bool // all was read
}

func (m *meter) Read(b []byte) (int, error) {
	n, err := m.LimitedReader.Read(b)
	if m.N == 0 {
		return n, cim.Errorf(wbem.QuotaViolation, "the text has more than %d bytes", m.most)
	}
	m.end = err == io.EOF
	return n, err
}

// open starts a command, or opens the file if args are nil.
func (p *Provider) open(ctx context.Context, d *declaration, args []string) (*source, error) {
	if args != nil {
		return p.start(ctx, d, args)
	}
	f, err := p.config.open(d.file)
	if err != nil {
		return nil, err
	}
	return newSource(f, d.maxOutput, d.file, func(bool) error { return f.Close() }), nil
}

// start starts a program as soon as fewer run than may. It is killed when ctx
// ends, with all that it has started.
func (p *Provider) start(ctx context.Context, d *declaration, args []string) (_ *source, err error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() {
		if err != nil {
			<-p.slots
		}
	}()
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	log := child.NewLog(p.log.With("class", d.class.Name(), "program", args[0]), "program of a class")
	process, err := child.Start(&exec.Cmd{
		Path: args[0], Args: args, Env: p.env, Dir: string(filepath.Separator), Stdout: w, Stderr: log, WaitDelay: grace,
	}, child.Options{Limits: child.Limits{Memory: uint64(p.config.MemoryLimit)}})
	_ = w.Close()
	if err != nil {
		_ = r.Close()
		return nil, missing(err)
	}
	go func() {
		<-process.Done()
		<-p.slots
	}()
	unhook := context.AfterFunc(ctx, func() {
		process.Kill()
		_ = r.Close() // somebody who has left the group may have the other end
	})
	return newSource(r, d.maxOutput, args[0], func(complete bool) error {
		if !complete {
			process.Kill()
		}
		_ = r.Close()
		err := process.Wait()
		unhook()
		return err
	}), nil
}

var errTime = errors.New("the time of the class is over")

// read hands the instances of a command over, or of the file if args are nil,
// until use has an error.
func (p *Provider) read(ctx context.Context, d *declaration, args []string, use func(*cim.Instance) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, d.timeout, errTime)
	defer cancel()
	s, err := p.open(ctx, d, args)
	rows := int64(0)
	var ended error
	if err == nil {
		s.skipMark()
		rows, err = d.rows(ctx, s, use)
		if ended = s.end(s.meter.end); !s.meter.end {
			ended = nil // it was killed
		}
	}
	switch {
	case err == errEnough:
		return err
	case context.Cause(ctx) == errTime:
		return cim.Errorf(wbem.ProviderTimedOut, "class %s has taken more than %v", d.class.Name(), d.timeout)
	case ctx.Err() != nil:
		return ctx.Err()
	case ended != nil:
		return &exitError{s.name, rows, ended}
	}
	return err
}

// rows hands over what the rows of a text are, and returns their number.
func (d *declaration) rows(ctx context.Context, s *source, use func(*cim.Instance) error) (rows int64, err error) {
	for r, err := range d.parse(d, s.text) {
		switch {
		case err != nil:
			return rows, &textError{s.name, err}
		case ctx.Err() != nil:
			return rows, ctx.Err()
		case rows == d.maxRows:
			return rows, &textError{s.name, cim.Errorf(wbem.QuotaViolation, "there are more than %d rows", d.maxRows)}
		}
		inst, err := d.instance(r)
		if err != nil {
			return rows, &textError{s.name, err}
		}
		rows++
		if err := use(inst); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// A textError is that a text, or a row of it, makes no sense.
type textError struct {
	name string
	err  error
}

func (e *textError) Error() string { return fmt.Sprintf("%s: %v", e.name, e.err) }

// An exitError is that a program has failed.
type exitError struct {
	name string
	rows int64 // that it has printed before
	err  error
}

func (e *exitError) Error() string { return fmt.Sprintf("%s: %v", e.name, e.err) }
