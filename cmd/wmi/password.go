package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"openwmi/cim"
	"openwmi/cmd/wmi/internal/input"
	"openwmi/internal/auth"
	"openwmi/wbem"
)

func passwordFlag(cmd *cobra.Command, piped *bool) {
	cmd.Flags().BoolVar(piped, "password-stdin", false, "read the password, one line, from standard input")
}

// newPassword asks for a password, twice, or reads it from standard input.
func (c *cli) newPassword(cmd *cobra.Command, piped bool) (string, error) {
	if piped {
		text, err := io.ReadAll(io.LimitReader(c.in, auth.MaxPassword+2))
		return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), err
	}
	if !c.typing() {
		return "", usage(cmd, "the password is asked for on a terminal; elsewhere give it with --password-stdin")
	}
	first, err := c.ask(cmd.Context(), "Password: ")
	if err != nil {
		return "", err
	}
	second, err := c.ask(cmd.Context(), "Again: ")
	if err == nil && first != second {
		err = cim.Errorf(wbem.InvalidParameter, "the passwords differ")
	}
	return first, err
}

// ask reads a line from the terminal that is not shown there. The error is CallCancelled
// when somebody presses Ctrl-C: what needs the password ends with it.
func (c *cli) ask(ctx context.Context, prompt string) (string, error) {
	fd := int(c.in.(*os.File).Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprint(c.errs, prompt)
	line, err := hidden(ctx, c.input)
	// Whoever is interrupted sees again what it types.
	err = cmp.Or(err, term.Restore(fd, before))
	fmt.Fprintln(c.errs)
	return line, err
}

// hidden reads a line from a terminal that is raw.
func hidden(ctx context.Context, in *input.Reader) (string, error) {
	const (
		ctrlC = 'C' - '@'
		ctrlD = 'D' - '@'
		ctrlU = 'U' - '@'
		del   = 0x7f
	)
	var line []byte
	for len(line) <= auth.MaxPassword {
		key, err := in.ReadKey(ctx)
		if err != nil {
			return "", err
		}
		switch key {
		case '\r', '\n':
			return string(line), nil
		case '\b', del:
			_, n := utf8.DecodeLastRune(line)
			line = line[:len(line)-n]
		case ctrlU:
			line = line[:0]
		case ctrlC, ctrlD:
			return "", cim.Errorf(wbem.CallCancelled, "no password was given")
		default:
			line = append(line, key)
		}
	}
	return "", cim.Errorf(wbem.QuotaViolation, "a password may have %d bytes", auth.MaxPassword)
}
