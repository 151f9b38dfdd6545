package demo

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"openwmi/scripting"
	"openwmi/wbem"
)

// A stage is where the story takes place: it makes the calls, hears the
// callbacks, prints both, and compares them with what was to be expected.
//
//	  → PutAsync     {call=3}   Garden_Thermometer.Tag="T-south", CreateOnly
//	✓ ← OnCompleted  {call=3}   AlreadyExists (0x80041019)
//
// The first failure of something that the story does not tell is kept in err;
// nothing happens after it.
type stage struct {
	ctx     context.Context
	locator wbem.Locator
	out     io.Writer
	colour  bool

	garden *scripting.Services
	sink   *scripting.Sink
	events chan event
	last   *scripting.LastError // what the last OnCompleted brought

	chapters, calls, callbacks, checks, unmet int
	err                                       error
}

// An event is a callback of a sink.
type event struct {
	name    string // OnObjectPut or OnCompleted
	path    *scripting.ObjectPath
	status  wbem.Status
	object  *scripting.LastError // of OnCompleted, nil after success
	context *scripting.NamedValueSet
}

// consistent reports whether the error object says the same as the status.
func (e event) consistent() bool {
	if e.object == nil {
		return e.status == wbem.OK
	}
	code, err := e.object.Get("StatusCode")
	return err == nil && fmt.Sprint(code) == fmt.Sprint(int32(e.status))
}

func newStage(ctx context.Context, l wbem.Locator, o Options) *stage {
	s := &stage{ctx: ctx, locator: l, out: o.Out, colour: o.Colour, events: make(chan event, 64)}
	s.sink = s.newSink(nil)
	return s
}

// newSink returns a sink whose callbacks the stage hears. then, if not nil, is
// called in OnCompleted, after the stage has heard it.
func (s *stage) newSink(then func(*scripting.Sink)) *scripting.Sink {
	sink := &scripting.Sink{}
	hear := func(e event) {
		select {
		case s.events <- e:
		case <-s.ctx.Done():
		}
	}
	sink.OnObjectPut = func(path *scripting.ObjectPath, actx *scripting.NamedValueSet) {
		hear(event{name: "OnObjectPut", path: path, context: actx})
	}
	sink.OnCompleted = func(status wbem.Status, object *scripting.LastError, actx *scripting.NamedValueSet) {
		hear(event{name: "OnCompleted", status: status, object: object, context: actx})
		if then != nil {
			then(sink)
		}
	}
	return sink
}

// say prints a line.
func (s *stage) say(format string, args ...any) {
	if s.err == nil {
		_, s.err = fmt.Fprintf(s.out, format+"\n", args...)
	}
}

// chapter prints the heading of the next chapter.
func (s *stage) chapter(title string) {
	s.chapters++
	s.say("\n%s", s.paint(bold, fmt.Sprintf("%2d  %s", s.chapters, title)))
}

// Colours of the terminal.
const (
	bold  = "1"
	green = "32"
	red   = "31"
)

func (s *stage) paint(colour, text string) string {
	if !s.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// fail keeps the first error and reports whether there is one.
func (s *stage) fail(err error) bool {
	if s.err == nil {
		s.err = err
	}
	return s.err != nil
}

// Widths of the columns, in characters.
const (
	nameWidth    = 12
	contextWidth = 10
)

// line prints a call or a callback; mark stands before it.
func (s *stage) line(mark, arrow, name string, actx *scripting.NamedValueSet, text string) {
	context := ""
	if actx != nil {
		context = fmt.Sprintf("%-*s", contextWidth, contextText(actx))
	}
	s.say("  %s", strings.TrimRight(fmt.Sprintf("%s %s %-*s %s%s", mark, arrow, nameWidth, name, context, text), " "))
}

// call prints a call.
func (s *stage) call(name string, actx *scripting.NamedValueSet, text string) {
	s.line(" ", "→", name, actx, text)
}

// heard prints a callback or a fact, and whether it is as expected.
func (s *stage) heard(arrow, name string, actx *scripting.NamedValueSet, text string, met bool, expected string) {
	s.checks++
	mark := s.paint(green, "✓")
	if !met {
		s.unmet++
		mark = s.paint(red, "✗")
		text += s.paint(red, "  expected "+expected)
	}
	s.line(mark, arrow, name, actx, text)
}

// contextText shows an asynchronous context as {name=value ...}.
func contextText(actx *scripting.NamedValueSet) string {
	if actx == nil {
		return ""
	}
	var parts []string
	for v := range actx.All() {
		value, err := v.Value()
		if err != nil {
			value = err
		}
		parts = append(parts, fmt.Sprintf("%s=%v", v.Name(), value))
	}
	return "{" + strings.Join(parts, " ") + "}"
}

// check prints a fact that was looked up, and whether it is as expected.
func (s *stage) check(what string, got, want any) {
	if s.err == nil {
		g, w := fmt.Sprint(got), fmt.Sprint(want)
		s.heard("=", what+":", nil, g, g == w, w)
	}
}

// nextContext returns the asynchronous context of the next call.
func (s *stage) nextContext() *scripting.NamedValueSet {
	s.calls++
	actx := scripting.NewNamedValueSet()
	if _, err := actx.Add("call", int32(s.calls), 0); err != nil {
		s.fail(err)
	}
	return actx
}

// putAsync makes one call in the namespace of the story and waits for its end.
// It returns the path of OnObjectPut, "" if there was none.
// notes say what is remarkable about the object.
func (s *stage) putAsync(object *scripting.Object, flags scripting.Flags, want wbem.Status, notes ...string) string {
	return s.putTo(s.garden, object, flags, want, notes...)
}

// putTo is putAsync with another session.
func (s *stage) putTo(services *scripting.Services, object *scripting.Object, flags scripting.Flags, want wbem.Status, notes ...string) string {
	if s.err != nil {
		return ""
	}
	actx := s.nextContext()
	s.call("PutAsync", actx, callText(object, flags, notes...))
	if s.fail(services.PutAsync(s.sink, object, flags, nil, actx)) {
		return ""
	}
	return s.outcome(actx, want)
}

// outcome hears the callbacks of one call up to its end.
func (s *stage) outcome(actx *scripting.NamedValueSet, want wbem.Status) string {
	var path string
	for {
		e, ok := s.hear()
		if !ok {
			return ""
		}
		if e.context != actx {
			s.heard("←", e.name, e.context, "of another call", false, "none")
			continue
		}
		if e.name == "OnObjectPut" {
			path = e.path.Path()
			s.heard("←", e.name, e.context, path, want == wbem.OK, "none")
			continue
		}
		s.last = e.object
		met := e.status == want && e.consistent() && (path != "") == (want == wbem.OK)
		s.heard("←", e.name, e.context, statusText(e.status), met, statusText(want))
		return path
	}
}

// hear waits for the next callback.
func (s *stage) hear() (event, bool) {
	select {
	case e := <-s.events:
		s.callbacks++
		return e, true
	case <-s.ctx.Done():
		s.fail(s.ctx.Err())
		return event{}, false
	}
}

func statusText(status wbem.Status) string {
	if status == wbem.OK {
		return "OK (0x0)"
	}
	return fmt.Sprintf("%s (0x%X)", status.Name(), uint32(status))
}

// callText says what is put and how.
func callText(object *scripting.Object, flags scripting.Flags, notes ...string) string {
	text := object.Path().RelPath()
	if text == "" {
		text = cmp.Or(object.Path().Class(), "a class")
	}
	for _, note := range notes {
		text += " with " + note
	}
	return text + ", " + flagText(flags)
}

var flagNames = []struct {
	flag scripting.Flags
	name string
}{
	{scripting.ChangeFlagUpdateOnly, "UpdateOnly"},
	{scripting.ChangeFlagCreateOnly, "CreateOnly"},
	{scripting.ChangeFlagUpdateSafeMode, "UpdateSafeMode"},
	{scripting.ChangeFlagUpdateForceMode, "UpdateForceMode"},
	{scripting.FlagUseAmendedQualifiers, "UseAmendedQualifiers"},
}

// flagText names the flags of a put.
func flagText(flags scripting.Flags) string {
	if flags == 0 {
		return "CreateOrUpdate"
	}
	var names []string
	for _, f := range flagNames {
		if flags&f.flag != 0 {
			names = append(names, f.name)
		}
	}
	return strings.Join(slices.Clip(names), " + ")
}
