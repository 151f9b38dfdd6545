package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"openwmi/cim"
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
	in, ok := c.in.(*os.File)
	if !ok || !isTerminal(in) {
		return "", usage(cmd, "the password is asked for on a terminal; elsewhere give it with --password-stdin")
	}
	first, err := c.ask(cmd.Context(), in, "Password: ")
	if err != nil {
		return "", err
	}
	second, err := c.ask(cmd.Context(), in, "Again: ")
	if err == nil && first != second {
		err = cim.Errorf(wbem.InvalidParameter, "the passwords differ")
	}
	return first, err
}

// ask reads a line from the terminal that is not shown there.
func (c *cli) ask(ctx context.Context, in *os.File, prompt string) (string, error) {
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprint(c.errs, prompt)
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		read <- line{text, err}
	}()
	defer fmt.Fprintln(c.errs)
	select {
	case l := <-read:
		return string(l.text), l.err
	case <-ctx.Done():
		// Whoever is interrupted sees again what it types.
		if err := term.Restore(fd, before); err != nil {
			return "", err
		}
		return "", ctx.Err()
	}
}
