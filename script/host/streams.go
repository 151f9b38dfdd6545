package host

import (
	"io"
	"strings"

	"openwmi/script/scrrun"
)

// streams are the standard streams of a session, as objects and for Echo.
type streams struct {
	stdout       io.Writer
	in, out, err *scrrun.TextStream
}

func (s *Session) newStreams() streams {
	in, out, errs := s.opts.Stdin, s.opts.Stdout, s.opts.Stderr
	if in == nil {
		in = strings.NewReader("")
	}
	if out == nil {
		out = io.Discard
	}
	if errs == nil {
		errs = io.Discard
	}
	return streams{
		stdout: out,
		in:     scrrun.NewTextStream(in, nil),
		out:    scrrun.NewTextStream(nil, out),
		err:    scrrun.NewTextStream(nil, errs),
	}
}

func (s *streams) writeLine(line string) error {
	_, err := io.WriteString(s.stdout, line+"\n")
	return err
}
