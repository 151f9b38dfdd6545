package shell

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"

	"openwmi/cim"
	"openwmi/wbem"
)

// Lines are what a shell reads.
type Lines interface {
	// Line returns the next line without its end, after a prompt if somebody is there
	// to see it: io.EOF at the end.
	Line(ctx context.Context, prompt string) (string, error)
}

// errInterrupted is the error of a line that was given up.
var errInterrupted = errors.New("the line was given up")

// A plain reads lines from what is no terminal.
type plain struct{ r *bufio.Reader }

// Plain returns the lines of r, which scripts may read from in between.
func Plain(r *bufio.Reader) Lines { return plain{r} }

// Line implements Lines. Who waits when ctx ends is left to the end of the program.
func (p plain) Line(ctx context.Context, _ string) (string, error) {
	return wait(ctx, func() (string, error) {
		var b strings.Builder
		for {
			part, err := p.r.ReadSlice('\n')
			b.Write(part)
			switch {
			case b.Len() > maxStatement:
				return "", cim.Errorf(wbem.QuotaViolation, "a line may have %d bytes", maxStatement)
			case err == bufio.ErrBufferFull:
				continue
			case err == io.EOF && b.Len() > 0:
				err = nil
			}
			return strings.TrimRight(b.String(), "\r\n"), err
		}
	})
}

// wait returns what read returns, or the error of ctx if that comes first.
func wait(ctx context.Context, read func() (string, error)) (string, error) {
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := read()
		done <- result{line, err}
	}()
	select {
	case r := <-done:
		return r.line, r.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
