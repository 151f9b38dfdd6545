package scrrun_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/script/internal/scripttest"
	"openwmi/script/sandbox"
	"openwmi/script/scrrun"
	"openwmi/script/vbscript"
)

// A script is what a test runs: its C: is a folder of the test.
type script struct {
	t       *testing.T
	dir     string
	policy  sandbox.Policy
	streams [3]*scrrun.TextStream
	memory  int64
}

func newScript(t *testing.T) *script {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &script{t: t, dir: dir, policy: sandbox.Policy{Read: []string{dir}, Write: []string{dir}}}
}

// write makes a file with its folders, or a folder if the name ends with a slash.
func (s *script) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, filepath.FromSlash(name))
	err := os.MkdirAll(filepath.Dir(path), 0o777)
	if err == nil && strings.HasSuffix(name, "/") {
		err = os.MkdirAll(path, 0o777)
	} else if err == nil {
		err = os.WriteFile(path, []byte(text), 0o666)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *script) read(name string) string {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, filepath.FromSlash(name)))
	if err != nil {
		s.t.Error(err)
	}
	return string(b)
}

// CreateObject implements vbscript.Host.
type host struct{ *scrrun.Runtime }

func (h host) CreateObject(_ context.Context, class, _ string) (vbscript.Object, error) {
	o, err := h.Object(class)
	if o == nil && err == nil {
		err = vbscript.NewError(429, class)
	}
	return o, err
}

func (h host) GetObject(_ context.Context, path, _ string) (vbscript.Object, error) {
	return nil, vbscript.NewError(432, path)
}

func (h host) MsgBox(context.Context, string, int, string) (int, error) { return 0, nil }

func (h host) InputBox(context.Context, string, string, string) (string, bool, error) {
	return "", false, nil
}

// run runs a text with f and d, a FileSystemObject and a Dictionary. It returns what P
// was called with, and at the end the error with its number.
func (s *script) run(text string) string { return s.runContext(context.Background(), text) }

func (s *script) runContext(ctx context.Context, text string) string {
	s.t.Helper()
	box, err := sandbox.New(sandbox.Options{
		Policy: s.policy, Drives: map[string]string{"C": s.dir}, Dir: s.dir, Temp: filepath.Join(s.dir, "tmp"),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	rt := scrrun.New(scrrun.Options{
		Sandbox: box, Stdin: s.streams[0], Stdout: s.streams[1], Stderr: s.streams[2], Memory: s.memory,
	})
	in := vbscript.New(vbscript.Options{Host: host{rt}})
	const head = `
Dim f, d
Set f = CreateObject("scripting.filesystemobject")
Set d = CreateObject("Scripting.Dictionary")
`
	return scripttest.Run(ctx, s.t, in, head+text, rt.Close)
}

// check runs each text in the same folder.
func (s *script) check(tests []struct{ script, want string }) {
	s.t.Helper()
	for _, test := range tests {
		if got := s.run(test.script); got != test.want {
			s.t.Errorf("%s\n got %s\nwant %s", test.script, got, test.want)
		}
	}
}

func TestObject(t *testing.T) {
	o, err := scrrun.New(scrrun.Options{}).Object("ADODB.Stream")
	if o != nil || err != nil {
		t.Errorf("another's class: %v, %v", o, err)
	}
	if _, err := scrrun.New(scrrun.Options{}).Object("Scripting.FileSystemObject"); err == nil {
		t.Error("files without a sandbox")
	}
}
