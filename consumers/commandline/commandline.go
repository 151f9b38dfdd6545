// Package commandline runs a program for each event: the standard consumer
// CommandLineEventConsumer. events.md 10.2
//
// A program runs with the rights of the service. So only those run that the
// configuration lists, and only for consumers that an administrator has put.
// There is no shell: the expanded template is split into arguments, and these
// are given to the program as they are. Note that a value in a template can hold
// blanks, and so become several arguments.
//
// A program gets PATH, the variables of the configuration, and
//
//	WMI_EVENT_ID         the same when an event is delivered again
//	WMI_EVENT_NAMESPACE  where it was raised
//	WMI_EVENT_CLASS      its class
//
// no input, and its output up to 8 KiB goes to the log when it ends. Events are
// delivered when their program has started; how it ends is not their failure. A
// limit on its time and, on Linux, on its memory begins right after its start.
//
// A program that runs when the service ends goes on, as it does on Windows: the
// events that it is about do not come again. Nobody ends it then when its time is
// over, and nobody reads what it prints, which on Unix ends a program that does
// not expect that.
package commandline

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/internal/logical"
	"openwmi/internal/child"
	"openwmi/provider"
	"openwmi/wbem"
)

// Class is the class of the logical consumers.
const Class = "CommandLineEventConsumer"

// Options of a Consumer. The zero value allows no program.
type Options struct {
	Rules  consumers.CommandLineRules
	Logger *slog.Logger // nil discards

	// Grace is what a program has to end by itself once it must, before it is
	// killed. Zero is 5 seconds.
	Grace time.Duration
}

// A Consumer runs programs. It may be used by several goroutines. Close ends it.
type Consumer struct {
	rules consumers.CommandLineRules
	grace time.Duration
	wait  time.Duration // of Close
	log   *slog.Logger
	slots chan struct{} // has an element for each program that runs

	mu      sync.Mutex    // guards what follows
	closed  bool          // running grows no more
	stop    chan struct{} // closed by Close
	running map[*program]struct{}
	quiet   chan struct{} // closed when the last of running has ended after Close
}

var _ provider.EventConsumer = (*Consumer)(nil)

// New returns a consumer; the error is that of the rules.
func New(o Options) (*Consumer, error) {
	if err := o.Rules.Check(); err != nil {
		return nil, err
	}
	r := o.Rules
	r.TimeLimit = consumers.Duration(r.TimeLimit.Or(10 * time.Minute))
	r.MemoryLimit = cmp.Or(r.MemoryLimit, 1<<30)
	r.MaxProcesses = cmp.Or(r.MaxProcesses, 16)
	if len(r.Path) == 0 {
		r.Path = child.Path()
	}
	return &Consumer{
		rules: r, grace: cmp.Or(o.Grace, 5*time.Second), wait: closeWait, log: logical.Logger(o.Logger),
		slots: make(chan struct{}, r.MaxProcesses), stop: make(chan struct{}),
		running: map[*program]struct{}{}, quiet: make(chan struct{}),
	}, nil
}

// closeWait is how long Close waits for programs, most of which are short.
const closeWait = 2 * time.Second

// Close waits two seconds for the programs that still run and leaves those alone
// that then do. Whoever hands events over is to be closed before: what comes later
// is ShuttingDown.
func (c *Consumer) Close() error {
	c.mu.Lock()
	if !c.closed {
		c.closed = true
		close(c.stop)
		c.rest()
	}
	c.mu.Unlock()
	late := time.NewTimer(c.wait)
	defer late.Stop()
	select {
	case <-c.quiet:
	case <-late.C:
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for p := range c.running {
		p.log.Warn("program is left running: the service stops")
	}
	return nil
}

// rest tells Close that no program runs any more; c.mu is held.
func (c *Consumer) rest() {
	if c.closed && len(c.running) == 0 {
		close(c.quiet)
	}
}

// Consume implements provider.EventConsumer: a program for each event. The error
// is AccessDenied for a program that the configuration does not list or a
// consumer that no administrator put, InvalidParameter for properties that make
// no command, NotFound for a program that there is not, and ShuttingDown after
// Close.
func (c *Consumer) Consume(ctx context.Context, consumer *cim.Instance, events []provider.Event) error {
	if err := logical.CheckCreator(consumer); err != nil {
		return err
	}
	base, err := c.command(consumer)
	if err != nil {
		return err
	}
	return logical.Each(ctx, events, func(e *provider.Event) error {
		cmd := *base
		if err := c.complete(&cmd, e); err != nil {
			return err
		}
		return c.start(ctx, &cmd)
	})
}

// A command is a program as it is to be started.
type command struct {
	name     string // of the consumer
	program  string // ExecutablePath, "" if it is the first argument
	template *consumers.Template
	path     string // of the file
	args     []string
	env      []string
	dir      string
	group    bool // is ended with all in its process group
	priority int64
	limit    time.Duration
	event    string // its ID
}

// command returns what is the same for all events.
func (c *Consumer) command(consumer *cim.Instance) (*command, error) {
	get := func(name string) cim.Value { return logical.Property(consumer, name) }
	cmd := &command{
		name:     logical.Describe(consumer),
		program:  get("ExecutablePath").Text(),
		template: logical.Template(c.log, consumer, "CommandLineTemplate"),
		dir:      get("WorkingDirectory").Text(),
		group:    get("CreateNewProcessGroup").Bool(),
		priority: get("Priority").Int(),
		limit:    time.Duration(c.rules.TimeLimit),
	}
	if seconds := get("KillTimeout").Uint(); seconds != 0 {
		cmd.limit = min(cmd.limit, time.Duration(seconds)*time.Second)
	}
	if get("Priority").IsNull() {
		cmd.priority = normalPriority
	}
	switch {
	case cmd.program == "" && cmd.template == nil:
		return nil, cim.Errorf(wbem.InvalidParameter, "ExecutablePath and CommandLineTemplate are NULL")
	case cmd.dir != "" && !filepath.IsAbs(cmd.dir):
		return nil, cim.Errorf(wbem.InvalidParameter, "WorkingDirectory is %.200q, which is not a full path", cmd.dir)
	case !isPriority(cmd.priority):
		return nil, cim.Errorf(wbem.InvalidParameter, "Priority is 0x%X, which is none of 0x20, 0x40, 0x80 and 0x100", cmd.priority)
	case cmd.priority == realtimePriority && !c.rules.Realtime:
		return nil, cim.Errorf(wbem.AccessDenied, "Priority is 0x100: commandLine.realtime in consumers.json, the configuration of consumers, does not allow it")
	case cmd.dir == "":
		cmd.dir = filepath.VolumeName(os.TempDir()) + string(filepath.Separator)
	}
	return cmd, nil
}

// The priorities that there are. events.md 10.2
const (
	normalPriority   = 0x20
	idlePriority     = 0x40
	highPriority     = 0x80
	realtimePriority = 0x100
)

func isPriority(p int64) bool {
	return p == normalPriority || p == idlePriority || p == highPriority || p == realtimePriority
}

// complete adds what depends on the event.
func (c *Consumer) complete(cmd *command, e *provider.Event) error {
	// The arguments begin with the name of the program, also when it is
	// ExecutablePath that is run.
	cmd.args = []string{cmd.program}
	if cmd.template != nil {
		line, err := cmd.template.Expand(e.Instance)
		if err != nil {
			return err
		}
		if cmd.args = split(line); len(cmd.args) == 0 {
			return cim.Errorf(wbem.InvalidParameter, "the command line is empty")
		}
	}
	var err error
	if cmd.path, err = c.resolve(cmp.Or(cmd.program, cmd.args[0])); err != nil {
		return err
	}
	cmd.event = e.ID
	cmd.env = append(child.Env(c.rules.Path, c.rules.Environment),
		"WMI_EVENT_ID="+e.ID, "WMI_EVENT_NAMESPACE="+e.Namespace, "WMI_EVENT_CLASS="+e.Instance.ClassName())
	return nil
}

// resolve returns the file of a program, which the configuration must list.
func (c *Consumer) resolve(program string) (string, error) {
	path := program
	switch {
	case filepath.Base(program) == program:
		var err error
		if path, err = c.find(program); err != nil {
			return "", err
		}
	case !filepath.IsAbs(program):
		return "", cim.Errorf(wbem.InvalidParameter, "the program %.200q has neither a full path nor only a name", program)
	}
	path = filepath.Clean(path)
	if !slices.ContainsFunc(c.rules.Programs, func(p string) bool { return sameFile(p, path) }) {
		return "", cim.Errorf(wbem.AccessDenied, "the program %.200q may not be run: commandLine.programs in consumers.json, the configuration of consumers, would need the entry %.200q",
			program, path)
	}
	if ext := strings.ToLower(filepath.Ext(path)); runtime.GOOS == "windows" && (ext == ".bat" || ext == ".cmd") {
		return "", cim.Errorf(wbem.NotSupported, "%.200q is run by a shell, which reads arguments as commands", path)
	}
	return path, nil
}

// find looks for a program in the directories of the path.
func (c *Consumer) find(name string) (string, error) {
	for _, dir := range c.rules.Path {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", cim.Errorf(wbem.NotFound, "the program %.200q is not in %s", name, strings.Join(c.rules.Path, ", "))
}

// sameFile reports whether two paths are those of the same file, without looking
// at it: links are not followed, so that an entry allows what it names.
func sameFile(a, b string) bool {
	return a == b || runtime.GOOS == "windows" && strings.EqualFold(a, b)
}

// startError returns why a program did not start as an error with a status.
func startError(path string, err error) error {
	status := wbem.Failed
	switch {
	case errors.Is(err, fs.ErrNotExist):
		status = wbem.NotFound
	case errors.Is(err, fs.ErrPermission):
		status = wbem.AccessDenied
	}
	return cim.Errorf(status, "the program %.200q did not start: %v", path, err)
}
