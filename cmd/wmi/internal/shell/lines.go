package shell

import (
	"context"
	"errors"
	"strings"

	"openwmi/cmd/wmi/internal/input"
)

// Lines are what a shell reads.
type Lines interface {
	// Line returns the next line without its end, after a prompt if somebody is there
	// to see it: io.EOF at the end. With more it goes on with a statement.
	Line(ctx context.Context, prompt string, more bool) (string, error)
}

// errInterrupted is the error of a line that was given up.
var errInterrupted = errors.New("the line was given up")

// A plain reads lines from what is no terminal.
type plain struct {
	r     *input.Reader
	begun bool
}

// Plain returns the lines of r, which scripts may read from in between. A byte order mark
// before the first is none of it.
func Plain(r *input.Reader) Lines { return &plain{r: r} }

// Line implements Lines.
func (p *plain) Line(ctx context.Context, _ string, _ bool) (string, error) {
	line, err := p.r.ReadLine(ctx, maxStatement)
	if !p.begun {
		line = strings.TrimPrefix(line, "\ufeff")
	}
	p.begun = true
	return line, err
}
