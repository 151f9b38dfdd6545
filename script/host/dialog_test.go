package host_test

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"openwmi/script/host"
)

// nobody is a dialog that is never answered.
type nobody struct{}

func (nobody) Message(ctx context.Context, _, _ string, _ int) (int, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func (nobody) Line(ctx context.Context, _, _, _ string) (string, bool, error) {
	<-ctx.Done()
	return "", false, ctx.Err()
}

// somebody answers when asked.
type somebody struct{}

func (somebody) Message(_ context.Context, _, _ string, buttons int) (int, error) {
	return buttons, nil
}

func (somebody) Line(_ context.Context, prompt, title, preset string) (string, bool, error) {
	return prompt + title + preset, prompt != "cancel", nil
}

// slow takes a while to see that nobody wants an answer any more.
type slow struct {
	nobody
	asked, gone atomic.Bool
}

func (d *slow) Line(ctx context.Context, _, _, _ string) (string, bool, error) {
	d.asked.Store(true)
	<-ctx.Done()
	for range 1000 {
		runtime.Gosched()
	}
	d.gone.Store(true)
	return "", false, ctx.Err()
}

// What a dialog shows stands before what comes after the script.
func TestDialogEnds(t *testing.T) {
	d := &slow{}
	for limit := time.Millisecond; !d.asked.Load(); limit *= 2 { // until the script comes so far
		run(t, host.Options{Timeout: limit, Ask: d}, "ask.vbs", `InputBox "name"`)
	}
	if !d.gone.Load() {
		t.Error("the script has ended before its dialog")
	}
}

func TestDialog(t *testing.T) {
	for _, test := range []struct {
		name, script, want string
		ask                host.Dialog
		batch              bool
	}{
		{"answers.vbs", `WScript.Echo MsgBox("x", 3), InputBox("a", "b", "c"), TypeName(InputBox("cancel")), CreateObject("WScript.Shell").Popup("x", 0, "t", 4)`, "3 abc Empty 4\n", somebody{}, false},
		{"batch.vbs", `WScript.Echo MsgBox("x", 3), InputBox("a", "b", "c"), WScript.Interactive`, "6  0\n", somebody{}, true},
		{"popup.vbs", `WScript.Echo CreateObject("WScript.Shell").Popup("x", 1)`, "-1\n", nobody{}, false},
		{"events.vbs", `
			Sub X_OnCompleted(h, e, c) : WScript.Echo "completed" : WScript.Quit : End Sub
			Set sink = WScript.CreateObject("WbemScripting.SWbemSink", "X_")
			GetObject("winmgmts:").GetAsync sink, "Ware"
			MsgBox "wait"`, "completed\n", nobody{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := run(t, host.Options{Timeout: time.Minute, Ask: test.ask, Batch: test.batch, Locator: manager(t)}, test.name, test.script)
			if got := o.out + o.errs; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
