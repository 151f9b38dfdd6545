package wshom

import (
	"context"
	"os"
	"os/user"
	"strings"
	"time"

	"openwmi/internal/child"
	"openwmi/script/automation"
	"openwmi/script/sandbox"
	"openwmi/script/vbscript"
)

// Options are what a runtime needs. Sandbox is required.
type Options struct {
	Sandbox *sandbox.Sandbox
	// Computer and User are the names that scripts see; "" means those that the system
	// has.
	Computer, User string
	// Popup shows a message for at most the time, if it is not 0, and returns the
	// number of the button that was pressed, -1 when the time was over. Buttons are
	// those of MsgBox. Nil shows nothing and answers [DefaultButton].
	Popup func(ctx context.Context, text, title string, buttons int, wait time.Duration) (int, error)
	// Log writes an event: 0 success, 1 error, 2 warning, 4 information, 8 and 16 audit.
	// It reports whether it could. Nil never can.
	Log func(ctx context.Context, kind int, message string) bool
	// ScriptHost is the beginning of the command that runs scripts, such as "wmi", "run":
	// what the programs cscript and wscript mean, and what a script is run with that is
	// named like a program. Nil for none.
	ScriptHost []string
	// Output is where the output of the commands of Run goes. Nil drops it.
	Output *os.File
}

// maxCommands bounds the commands of Exec that a script has at once, each of which has
// three open files, and those of Run that it has not waited for.
const maxCommands = 64

// A Runtime makes the objects of one script.
type Runtime struct {
	opts Options
	box  *sandbox.Sandbox
	env  *variables

	commands map[*child.Process]command
	execs    int // calls of Exec
}

// A command is what is known about a process that may still run.
type command struct {
	stop  func() bool // what waits for the context
	kept  bool        // it goes on after the script
	files [3]*os.File // our ends of its streams
}

// New returns a runtime.
func New(o Options) *Runtime {
	if o.Computer == "" {
		o.Computer, _ = os.Hostname()
		o.Computer, _, _ = strings.Cut(o.Computer, ".")
	}
	if o.User == "" {
		if u, err := user.Current(); err == nil {
			o.User = u.Username[strings.LastIndexByte(u.Username, '\\')+1:]
		}
	}
	r := &Runtime{opts: o, box: o.Sandbox, commands: map[*child.Process]command{}}
	r.env = &variables{r: r, changed: map[string]variable{}}
	return r
}

// Object returns the object of a class, WScript.Shell or WScript.Network without regard
// to case, and nil for other classes.
func (r *Runtime) Object(class string) (vbscript.Object, error) {
	switch strings.ToLower(class) {
	case "wscript.shell", "wscript.shell.1":
		return library.Object(&shell{r}), nil
	case "wscript.network", "wscript.network.1":
		return library.Object(&network{r}), nil
	}
	return nil, nil
}

// Detach has the commands of Run that the script has not waited for go on when its context
// ends. A host calls it before it cancels the context because the script has quit.
func (r *Runtime) Detach() {
	for _, c := range r.commands {
		if c.kept {
			c.stop()
		}
	}
}

// Close does what Detach does, ends the commands of Exec and waits for that. It comes
// before the context of the script is canceled for good. No command starts after it.
func (r *Runtime) Close() error {
	r.Detach()
	for p, c := range r.commands {
		c.stop()
		if !c.kept {
			end(p)
		}
		closeAll(c.files)
	}
	r.commands = nil
	return nil
}

// library has the classes of the package; see the tables beside their types.
var library = automation.NewLibrary(
	shellClass, execClass, environmentClass, specialFoldersClass, networkClass, collectionClass,
)

// Numbers of errors.
const (
	errArgument = 5
	errAction   = 445

	errNotFound = -2147024894 // HRESULT 0x80070002, ERROR_FILE_NOT_FOUND
)

// refuse is the error of a member that can't do anything here, with the reason.
func refuse(member, reason string) error {
	e := vbscript.NewError(errAction, member)
	e.Description += ": " + reason
	return e
}

// notFound is the error for what the system does not have.
func notFound(source, text string) error {
	return &vbscript.Error{Number: errNotFound, Source: source, Description: text}
}
