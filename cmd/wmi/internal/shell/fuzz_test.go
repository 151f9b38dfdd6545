package shell_test

import (
	"context"
	"io"
	"testing"

	"openwmi/cmd/wmi/internal/shell"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/script/vbscript"
	"openwmi/wbem"
)

// mute is a language that runs nothing.
type mute struct{}

func (mute) Name() string                                         { return "mute" }
func (mute) Run(context.Context, string) error                    { return nil }
func (mute) Incomplete(text string) bool                          { return text[len(text)-1] == '_' }
func (mute) Global(string) vbscript.Value                         { return vbscript.Empty }
func (mute) Names() []string                                      { return []string{"größe", "Größer", "x"} }
func (mute) Eval(context.Context, string) (vbscript.Value, error) { return vbscript.Empty, nil }

// Whatever keys are pressed, the shell comes to the end of them.
func FuzzKeys(f *testing.F) {
	for _, keys := range []string{
		"select * from \t\t\r", "sel\t\x1b[D\x1b[D\t\t\r", ".use \t\r.us\t\t", "gr\t\t\t\x03", "x_\r\t\r\x04",
		paste + "\t\x1b[20" + pasted + "\t", "select x from y where z isa 'a\t\x7f\t", "associators of {a.b='c'} where re\t\t",
		"\x1c\x0c\x14\x0b\x15\x17", "\x1b[200~\x1b[201", "größe\t" + up + up + "\t\r", "\xff\xfe\t\r",
	} {
		f.Add(keys, 20)
	}
	store := diskStore(f)
	f.Fuzz(func(t *testing.T, keys string, width int) {
		term, _ := typed(keys, shell.TerminalOptions{Size: func() (int, int) { return width, 10 }})
		s := shell.New(shell.Options{
			Connect: func(ctx context.Context, namespace string) (wbem.Services, error) {
				return store.Connect(ctx, namespace, wbem.ConnectOptions{})
			},
			Namespace: "root/cimv2",
			Languages: []shell.Language{mute{}},
			Lines:     term,
			Screen:    func() show.Screen { return show.Screen{W: io.Discard, Terminal: true, Width: width} },
			Interruptible: func(ctx context.Context) (context.Context, context.CancelFunc) {
				// Notification queries would wait.
				ctx, cancel := context.WithCancel(ctx)
				cancel()
				return ctx, cancel
			},
		})
		if _, err := s.Run(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
