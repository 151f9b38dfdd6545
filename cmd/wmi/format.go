package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"openwmi/internal/source"
	"openwmi/mof"
)

func (c *cli) mofFormatCommand() *cobra.Command {
	var write bool
	cmd := &cobra.Command{
		Use:   "format FILE...",
		Short: "Lay out MOF files in the canonical way",
		Long: `Print MOF files in the canonical layout, with their comments. The text means the same
afterwards. "-" is standard input.`,
		Example: examples(`
			wmi mof format disk.mof
			wmi mof format -w *.mof                   # change the files
			wmi classes -o mof | wmi mof format -`),
		Args: atLeast("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range args {
				if err := c.formatFile(cmd.Context(), name, write); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().BoolVarP(&write, "write", "w", false, "write the result back to the file, in its encoding")
	return cmd
}

func (c *cli) formatFile(ctx context.Context, name string, write bool) error {
	data, err := c.readInput(ctx, name)
	if err != nil {
		return err
	}
	src, encoding, err := source.Decode(name, data)
	if err != nil {
		return failed("FormatFile", name, err)
	}
	var list source.List
	tree := mof.Parse(src, mof.Options{}, &list)
	if err := list.Err(); err != nil {
		return err
	}
	text := mof.Format(tree)
	if !write || name == "-" {
		_, err := c.out.WriteString(text)
		return err
	}
	if i := strings.IndexByte(src.Text(), '\n'); i > 0 && src.Text()[i-1] == '\r' {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	out, err := source.Encode(text, encoding)
	if err == nil && string(out) != string(data) {
		err = replaceFile(name, out)
	}
	return failed("FormatFile", name, err)
}

// readInput reads a file, or standard input for "-". It reads no more than a MOF
// file may have and a little, so that who parses it refuses what is longer, and
// gives up when the context ends, whatever the file waits for.
func (c *cli) readInput(ctx context.Context, name string) ([]byte, error) {
	in, label := c.in, "standard input"
	if name != "-" {
		label = name
	}
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		if name != "-" {
			f, err := os.Open(name)
			if err != nil {
				done <- result{nil, err}
				return
			}
			defer f.Close()
			in = f
		}
		data, err := io.ReadAll(io.LimitReader(in, source.MaxFile+1))
		done <- result{data, err}
	}()
	select {
	case r := <-done:
		return r.data, failed("ReadFile", label, r.err)
	case <-ctx.Done():
		return nil, failed("ReadFile", label, ctx.Err())
	}
}

// replaceFile writes a file so that it is the old or the new one at any moment.
func replaceFile(name string, data []byte) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	// A link stays one.
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	for _, step := range []func() error{func() error { return f.Chmod(info.Mode().Perm()) }, f.Sync, f.Close} {
		if e := step(); err == nil {
			err = e
		}
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
