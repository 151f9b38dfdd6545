// Package activescript runs a script for each event: the standard consumer
// ActiveScriptEventConsumer. events.md 10.1
//
// A script has WMI with the rights of an administrator. So only languages that the
// configuration lists are run, and only for consumers that an administrator has put;
// files, commands and the environment are closed to scripts until the
// configuration opens them, and their time and memory are bounded. The script sees the
// event as TargetEvent, and there is no WScript.
//
// An event is delivered when its script has ended. A script that does not parse, fails
// or takes too long fails the event.
package activescript

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/internal/logical"
	"openwmi/provider"
	"openwmi/wbem"
)

// Class is the class of the logical consumers.
const Class = "ActiveScriptEventConsumer"

// A Script is what a Runner runs.
type Script struct {
	Name   string // for messages: of the consumer, or the file
	Engine string // the language, one of Rules.Engines
	Text   []byte
	Event  *provider.Event
	Rules  consumers.ActiveScriptRules
}

// A Runner runs a script until it has ended or ctx does. The error is what the consumer
// reports. It is called by several goroutines.
type Runner func(ctx context.Context, s *Script) error

// Options of a Consumer. The zero value allows no script.
type Options struct {
	Rules  consumers.ActiveScriptRules
	Logger *slog.Logger // nil discards
	Run    Runner       // nil refuses all scripts
}

// A Consumer runs scripts. It may be used by several goroutines.
type Consumer struct {
	rules consumers.ActiveScriptRules
	log   *slog.Logger
	run   Runner
	slots chan struct{} // has an element for each script that runs
}

var _ provider.EventConsumer = (*Consumer)(nil)

// New returns a consumer; the error is that of the rules.
func New(o Options) (*Consumer, error) {
	if err := o.Rules.Check(); err != nil {
		return nil, err
	}
	r := o.Rules
	r.TimeLimit = consumers.Duration(r.TimeLimit.Or(time.Minute))
	r.MemoryLimit = cmp.Or(r.MemoryLimit, 64<<20)
	r.MaxScripts = cmp.Or(r.MaxScripts, 4)
	return &Consumer{rules: r, log: logical.Logger(o.Logger), run: o.Run, slots: make(chan struct{}, r.MaxScripts)}, nil
}

// Consume implements provider.EventConsumer: the script is run for each event. The error
// is AccessDenied for a language or a file that the configuration does not list or a
// consumer that no administrator put, InvalidParameter for properties that make no
// script, and Failed for a script that fails.
func (c *Consumer) Consume(ctx context.Context, consumer *cim.Instance, events []provider.Event) error {
	if err := logical.CheckCreator(consumer); err != nil {
		return err
	}
	base, limit, err := c.script(consumer)
	if err != nil {
		return err
	}
	return logical.Each(ctx, events, func(e *provider.Event) error {
		s := *base
		s.Event = e
		return c.deliver(ctx, &s, limit)
	})
}

// deliver runs the script for one event, when there is a place for it.
func (c *Consumer) deliver(ctx context.Context, s *Script, limit time.Duration) error {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", provider.ErrNotAttempted, ctx.Err())
	}
	run, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	began := time.Now()
	err := c.run(run, s)
	if err != nil && run.Err() != nil && ctx.Err() == nil {
		err = cim.Errorf(wbem.Failed, "the script was ended after %v", limit)
	}
	c.log.Debug("script has run", "script", s.Name, "event", s.Event.ID, "took", time.Since(began), "error", err)
	return err
}

// script returns what is the same for all events, and how long the script may take.
func (c *Consumer) script(consumer *cim.Instance) (*Script, time.Duration, error) {
	engine := logical.Property(consumer, "ScriptingEngine").Text()
	i := slices.IndexFunc(c.rules.Engines, func(e string) bool { return strings.EqualFold(e, engine) })
	if i < 0 || c.run == nil {
		return nil, 0, cim.Errorf(wbem.AccessDenied,
			"scripts in %.40q may not be run: activeScript.engines in consumers.json, the configuration of consumers, would need the entry", engine)
	}
	s := &Script{Name: logical.Describe(consumer), Engine: c.rules.Engines[i], Rules: c.rules}
	text, file := logical.Property(consumer, "ScriptText"), logical.Property(consumer, "ScriptFileName")
	switch {
	case text.IsNull() == file.IsNull():
		return nil, 0, cim.Errorf(wbem.InvalidParameter, "one of ScriptText and ScriptFileName has to be NULL, and not both")
	case file.IsNull():
		s.Text = []byte(text.Text())
	default:
		var err error
		if s.Text, err = c.read(file.Text()); err != nil {
			return nil, 0, err
		}
		s.Name = file.Text()
	}
	limit := time.Duration(c.rules.TimeLimit)
	if seconds := logical.Property(consumer, "KillTimeout").Uint(); seconds != 0 {
		limit = min(limit, time.Duration(seconds)*time.Second)
	}
	return s, limit, nil
}

// maxScript bounds a script file, in bytes.
const maxScript = 1 << 20

// read reads a script file, which has to be in one of the directories of the rules. No
// link in it leads out of there.
func (c *Consumer) read(path string) ([]byte, error) {
	if !filepath.IsAbs(path) {
		return nil, cim.Errorf(wbem.InvalidParameter, "ScriptFileName is %.200q, which is not a full path", path)
	}
	path = filepath.Clean(path)
	for _, dir := range c.rules.Dirs {
		rel, err := filepath.Rel(dir, path)
		if err != nil || !filepath.IsLocal(rel) {
			continue
		}
		text, err := readBelow(dir, rel)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return nil, cim.Errorf(wbem.NotFound, "the script %.200q does not exist", path)
		case err != nil:
			return nil, cim.Errorf(wbem.Failed, "the script %.200q: %v", path, err)
		}
		return text, nil
	}
	return nil, cim.Errorf(wbem.AccessDenied, "the script %.200q may not be run: activeScript.dirs in consumers.json, the configuration of consumers, would need the entry %.200q",
		path, filepath.Dir(path))
}

func readBelow(dir, name string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, cmp.Or(err, errors.New("it is no file"))
	}
	text, err := io.ReadAll(io.LimitReader(f, maxScript+1))
	if err == nil && len(text) > maxScript {
		err = fmt.Errorf("it has more than %d bytes", maxScript)
	}
	return text, err
}
