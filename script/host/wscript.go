package host

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"openwmi/script/automation"
	"openwmi/script/vbscript"
)

// wscript is the object WScript. ("WScript Object")
type wscript struct {
	s       *Session
	seconds int32 // of Timeout, as a script has set it
}

// What WScript says of itself. Scripts look for cscript.exe in its name, to learn that
// Echo writes lines and shows no boxes.
const (
	version      = "5.8"
	buildVersion = 0
	folder       = `C:\Windows\System32`
	fullName     = folder + `\cscript.exe`
)

// classes returns the tables of the objects of the host.
func classes() []*automation.Class {
	return []*automation.Class{
		{
			Name: "Object", Type: (*wscript)(nil), Default: "Name",
			Members: []automation.Member{
				m("Application", func(w *wscript) *wscript { return w }),
				m("Arguments", (*wscript).arguments),
				m("BuildVersion", func(*wscript) int { return buildVersion }),
				m("FullName", func(*wscript) string { return fullName }),
				m("Interactive", (*wscript).interactive, (*wscript).setInteractive),
				m("Name", func(*wscript) string { return "Windows Script Host" }),
				m("Path", func(*wscript) string { return folder }),
				m("ScriptFullName", (*wscript).scriptFullName),
				m("ScriptName", (*wscript).scriptName),
				m("StdErr", func(w *wscript) vbscript.Object { return w.s.streams.err.Object() }),
				m("StdIn", func(w *wscript) vbscript.Object { return w.s.streams.in.Object() }),
				m("StdOut", func(w *wscript) vbscript.Object { return w.s.streams.out.Object() }),
				m("Timeout", (*wscript).timeout, (*wscript).setTimeout),
				m("Version", func(*wscript) string { return version }),
				m("ConnectObject(object, prefix)", (*wscript).connectObject),
				m(`CreateObject(class, prefix="")`, (*wscript).createObject),
				m("DisconnectObject(object)", (*wscript).disconnectObject),
				m("Echo(arguments...)", (*wscript).echo),
				m(`GetObject(path, class="", prefix="")`, (*wscript).getObject),
				m("Quit(code=0)", (*wscript).quit),
				m("Sleep(milliseconds)", (*wscript).sleep),
			},
		},
		classArguments(), classNamed(), classResources(),
	}
}

// m is a row of a table: a member that is read or called, and what sets it.
func m(signature string, get any, put ...any) automation.Member {
	row := automation.Member{Signature: signature, Get: get}
	if len(put) > 0 {
		row.Put = put[0]
	}
	return row
}

// echo writes a line with the arguments, apart by blanks.
func (w *wscript) echo(ctx context.Context, arguments []vbscript.Value) error {
	words := make([]string, len(arguments))
	for i, v := range arguments {
		var err error
		if words[i], err = echoed(ctx, v); err != nil {
			return err
		}
	}
	return w.s.streams.writeLine(strings.Join(words, " "))
}

// echoed is a value as Echo writes it, which is not always as the language does: it
// converts without regard to the language.
func echoed(ctx context.Context, v vbscript.Value) (string, error) {
	v, err := vbscript.Resolve(ctx, v)
	if err != nil {
		return "", err
	}
	switch v.Type() {
	case vbscript.TypeNull:
		return "null", nil
	case vbscript.TypeBoolean:
		if v == vbscript.True {
			return "-1", nil
		}
		return "0", nil
	}
	return vbscript.ToText(ctx, v)
}

// sleep waits, and delivers the events of connected objects meanwhile.
func (w *wscript) sleep(ctx context.Context, milliseconds int32) error {
	if milliseconds < -1 {
		return vbscript.NewError(5, "")
	}
	if milliseconds == -1 { // for ever
		return w.s.wait(ctx, nil)
	}
	return w.s.sleep(ctx, time.Duration(milliseconds)*time.Millisecond)
}

// quit ends the script with an exit code.
func (w *wscript) quit(code int32) error { return w.s.Quit(int(code)) }

func (w *wscript) createObject(ctx context.Context, class, prefix string) (vbscript.Object, error) {
	o, err := w.s.CreateObject(ctx, class, "")
	if err != nil || prefix == "" {
		return o, err
	}
	return o, w.s.connect(o, prefix)
}

func (w *wscript) getObject(ctx context.Context, path, class, prefix string) (vbscript.Object, error) {
	o, err := w.s.GetObject(ctx, path, class)
	if err != nil || prefix == "" {
		return o, err
	}
	return o, w.s.connect(o, prefix)
}

func (w *wscript) connectObject(object vbscript.Value, prefix string) error {
	o := object.Object()
	if o == nil {
		return vbscript.NewError(424, "")
	}
	return w.s.connect(o, prefix)
}

func (w *wscript) disconnectObject(object vbscript.Value) error {
	o := object.Object()
	if o == nil {
		return vbscript.NewError(424, "")
	}
	return w.s.disconnect(o)
}

func (w *wscript) scriptName() string { return filepath.Base(w.s.opts.File) }

func (w *wscript) scriptFullName() (string, error) {
	if w.s.opts.File == "" {
		return "", nil
	}
	path, err := filepath.Abs(w.s.opts.File)
	if err != nil {
		return "", err
	}
	return w.s.sandbox.Path(path), nil
}

func (w *wscript) interactive() bool { return !w.s.opts.Batch }

func (w *wscript) setInteractive(on bool) { w.s.opts.Batch = !on }

// timeout is in seconds, 0 for none.
func (w *wscript) timeout() int32 {
	limit := int32(min(w.s.opts.Timeout/time.Second, maxTimeout))
	if w.seconds == 0 || limit > 0 && limit < w.seconds {
		return limit
	}
	return w.seconds
}

// maxTimeout is the longest, in seconds, as that of the switch //T.
const maxTimeout = 32767

func (w *wscript) setTimeout(seconds int32) error {
	if seconds < 0 || seconds > maxTimeout {
		return vbscript.NewError(5, "")
	}
	w.seconds = seconds
	w.s.setTimeout(time.Duration(seconds) * time.Second)
	return nil
}
