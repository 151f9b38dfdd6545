package input_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"openwmi/cmd/wmi/internal/input"
	"openwmi/wbem"
)

// Who goes away while it waits takes nothing: what comes then is for who reads next, also
// keys of a terminal that sends them one by one, without the end of a line.
func TestGoneAway(t *testing.T) {
	for _, c := range []struct {
		name string
		gone func(*input.Reader, context.Context) error
	}{
		{"line", func(r *input.Reader, ctx context.Context) error { _, err := r.ReadLine(ctx, 100); return err }},
		{"stream", func(r *input.Reader, ctx context.Context) error {
			s := r.Stream(true)
			stop := context.AfterFunc(ctx, func() { s.SetReadDeadline(time.Now()) })
			defer stop()
			if n, err := s.Read(make([]byte, 10)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%d bytes, %v", n, err)
			}
			return ctx.Err()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, out := io.Pipe()
			r := input.New(in)
			gone, cancel := context.WithCancel(t.Context())
			waits := make(chan error)
			go func() { waits <- c.gone(r, gone) }()
			io.WriteString(out, "") // somebody reads, or will
			cancel()
			if err := <-waits; err != context.Canceled {
				t.Error(err)
			}
			if err := c.gone(r, gone); err != context.Canceled {
				t.Error(err)
			}
			go io.WriteString(out, "? 1\r")
			p := make([]byte, 3)
			for _, want := range []string{"? 1", "\r"} {
				if n, err := r.Read(p); string(p[:n]) != want || err != nil {
					t.Fatalf("%q, %v, want %q", p[:n], err, want)
				}
			}
			go func() { io.WriteString(out, "one\r\ntwo\nthree"); out.Close() }()
			for _, want := range []string{"one", "two", "three"} {
				if got, err := r.ReadLine(t.Context(), 100); got != want || err != nil {
					t.Fatalf("%q, %v, want %q", got, err, want)
				}
			}
			if _, err := r.ReadLine(t.Context(), 100); err != io.EOF {
				t.Error(err)
			}
		})
	}
}

// A line that is half there when its reader goes away is there for the next.
func TestHalfALine(t *testing.T) {
	in, out := io.Pipe()
	r := input.New(in)
	gone, cancel := context.WithCancel(t.Context())
	waits := make(chan error)
	go func() { _, err := r.ReadLine(gone, 100); waits <- err }()
	io.WriteString(out, "ha") // returns when it was read
	cancel()
	if err := <-waits; err != context.Canceled {
		t.Error(err)
	}
	go io.WriteString(out, "lf\nnext\n")
	for _, want := range []string{"half", "next"} {
		if got, err := r.ReadLine(t.Context(), 100); got != want || err != nil {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
}

// Several read from one input, however it comes.
func TestShared(t *testing.T) {
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "with EOF": iotest.DataErrReader,
	} {
		t.Run(name, func(t *testing.T) {
			r := input.New(wrap(strings.NewReader("one\r\n\ntwo\nthree\nfour")))
			line := func(want string) {
				t.Helper()
				if got, err := r.ReadLine(t.Context(), 100); got != want || err != nil {
					t.Errorf("%q, %v, want %q", got, err, want)
				}
			}
			line("one")
			line("")
			s := r.Stream(true)
			var got []byte
			for !strings.HasSuffix(string(got), "\n") {
				p := make([]byte, 100)
				n, err := s.Read(p)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, p[:n]...)
			}
			if string(got) != "two\n" {
				t.Errorf("%q", got)
			}
			line("three")
			rest, err := io.ReadAll(r)
			if string(rest) != "four" || err != nil {
				t.Errorf("%q, %v", rest, err)
			}
			if _, err := r.ReadLine(t.Context(), 100); err != io.EOF {
				t.Error(err)
			}
		})
	}
	if _, err := input.New(nil).ReadLine(t.Context(), 1); err != io.EOF {
		t.Error(err)
	}
}

func TestLongLine(t *testing.T) {
	r := input.New(strings.NewReader("12345\n123456\n" + strings.Repeat("x", 10000) + "\n"))
	if got, err := r.ReadLine(t.Context(), 5); got != "12345" || err != nil {
		t.Error(got, err)
	}
	if _, err := r.ReadLine(t.Context(), 5); !errors.Is(err, wbem.QuotaViolation) {
		t.Error(err)
	}
	if got, err := r.ReadLine(t.Context(), 5); got != "6" || err != nil {
		t.Error(got, err)
	}
	if _, err := r.ReadLine(t.Context(), 5000); !errors.Is(err, wbem.QuotaViolation) {
		t.Error(err)
	}
}
