// Package logfile appends lines to files for events: the standard consumer
// LogFileEventConsumer. events.md 10.3
//
// It writes to regular files in the directories that the configuration lists,
// and to nothing else, whoever put the consumer: the service has more rights
// than those for whom it writes. Decision: administrators are no exception,
// because a file name in a repository is easily changed and hardly noticed.
//
// A value of an event ends no line: control characters in it become blanks.
package logfile

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/internal/logical"
	"openwmi/provider"
	"openwmi/wbem"
)

// Class is the class of the logical consumers.
const Class = "LogFileEventConsumer"

// maxOpen is how many files are open at once. Whoever needs one more waits.
const maxOpen = 64

// Options of a Consumer. The zero value allows no file.
type Options struct {
	Rules  consumers.LogFileRules
	Logger *slog.Logger // nil discards
}

// A Consumer writes. It may be used by several goroutines.
type Consumer struct {
	dirs []string
	log  *slog.Logger
	open chan struct{} // has an element for each file that is open

	mu    sync.Mutex // guards files
	files map[string]*turn
}

// A turn is taken by whoever writes to a file. It is in the map while anybody
// has or wants it.
type turn struct {
	taken   chan struct{}
	wanting int
}

var _ provider.EventConsumer = (*Consumer)(nil)

// New returns a consumer; the error is that of the rules.
func New(o Options) (*Consumer, error) {
	if err := o.Rules.Check(); err != nil {
		return nil, err
	}
	return &Consumer{
		dirs: o.Rules.Dirs, log: logical.Logger(o.Logger), open: make(chan struct{}, maxOpen), files: map[string]*turn{},
	}, nil
}

// Consume implements provider.EventConsumer: a line for each event. The error is
// AccessDenied for a file that may not be written, NotFound for a directory
// that there is not, OutOfDiskSpace, or Failed.
func (c *Consumer) Consume(ctx context.Context, consumer *cim.Instance, events []provider.Event) error {
	path := logical.Property(consumer, "Filename").Text()
	dir, name, err := c.place(path)
	if err != nil {
		return err
	}
	template := logical.Template(c.log, consumer, "Text")
	if template == nil {
		template = consumers.ParseTemplate("")
	}
	template.OneLine = true // who raises events must not write lines of their own
	release, err := c.take(ctx, path)
	if err != nil {
		return err
	}
	defer release()
	select {
	case c.open <- struct{}{}:
		defer func() { <-c.open }()
	case <-ctx.Done():
		return ctx.Err()
	}
	f := &file{
		dir: dir, name: name,
		max:     logical.Property(consumer, "MaximumFileSize").Uint(),
		unicode: logical.Property(consumer, "IsUnicode").Bool(),
	}
	err = logical.Each(ctx, events, func(e *provider.Event) error {
		line, err := template.Expand(e.Instance)
		if err != nil {
			return err
		}
		return fileError(path, f.append(line))
	})
	return cmp.Or(err, fileError(path, f.close()))
}

// place returns the directory of the configuration that a file is in, and its
// name there.
func (c *Consumer) place(path string) (dir, name string, err error) {
	if !filepath.IsAbs(path) || strings.Contains(path, "\x00") {
		return "", "", cim.Errorf(wbem.InvalidParameter, "Filename is %.200q, which is not the full path of a file", path)
	}
	path = filepath.Clean(path)
	for _, d := range c.dirs {
		rel, err := filepath.Rel(d, path)
		if err == nil && rel != "." && filepath.IsLocal(rel) && len(d) > len(dir) {
			dir, name = d, rel
		}
	}
	if dir == "" {
		return "", "", cim.Errorf(wbem.AccessDenied, "the file %.200q may not be written: logFile.dirs in consumers.json, the configuration of consumers, would need the entry %.200q",
			path, filepath.Dir(path))
	}
	return dir, name, nil
}

// take waits for the turn to write to a file.
func (c *Consumer) take(ctx context.Context, path string) (release func(), err error) {
	path = filepath.Clean(path)
	c.mu.Lock()
	t := c.files[path]
	if t == nil {
		t = &turn{taken: make(chan struct{}, 1)}
		c.files[path] = t
	}
	t.wanting++
	c.mu.Unlock()

	leave := func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if t.wanting--; t.wanting == 0 {
			delete(c.files, path)
		}
	}
	select {
	case t.taken <- struct{}{}:
		return func() { <-t.taken; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}

// fileError returns an error of the file system as one with a status.
func fileError(path string, err error) error {
	var known *cim.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	status := wbem.Failed
	switch {
	case errors.Is(err, fs.ErrPermission):
		status = wbem.AccessDenied
	case errors.Is(err, fs.ErrNotExist):
		status = wbem.NotFound
	case errors.Is(err, syscall.ENOSPC):
		status = wbem.OutOfDiskSpace
	}
	return cim.Errorf(status, "file %.200q: %v", path, err)
}
