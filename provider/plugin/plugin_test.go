package plugin_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/provider"
	"openwmi/provider/plugin"
	"openwmi/wbem"
)

// TestMain makes the test binary the programs that are tested.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "program" {
		program(os.Args[2])
		return
	}
	os.Exit(m.Run())
}

// A journal is a log that can be waited for.
type journal struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
	more chan struct{} // has an element when something was written
}

func newJournal() *journal { return &journal{more: make(chan struct{}, 1)} }

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	select {
	case j.more <- struct{}{}:
	default:
	}
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// wait waits until the log has the text so often.
func (j *journal) wait(t testing.TB, text string, times int) {
	t.Helper()
	late := time.After(time.Minute)
	for strings.Count(j.String(), text) < times {
		select {
		case <-j.more:
		case <-late:
			t.Fatalf("the log does not say %q %d times:\n%s", text, times, j)
		}
	}
}

// self is the configuration of a program in this binary.
func self(t testing.TB, name string) plugin.Program {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return plugin.Program{Path: exe, Args: []string{"program", name}, MemoryLimit: 1 << 50}
}

// newHost returns a host with one program, and its log.
func newHost(t testing.TB, name string, p plugin.Program) (*plugin.Host, *journal) {
	t.Helper()
	j := newJournal()
	h, err := plugin.NewHost(plugin.Config{name: p}, slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h, j
}

// open opens the only program of a host.
func open(t testing.TB, h *plugin.Host, env *provider.Environment) (any, error) {
	t.Helper()
	return resolve(t, h, provider.Locator{Name: plugin.Only(h)}).Open(t.Context(), env)
}

func resolve(t testing.TB, h *plugin.Host, l provider.Locator) provider.Opener {
	t.Helper()
	v, err := h.Resolve(l)
	if err != nil {
		t.Fatal(err)
	}
	return v.(provider.Opener)
}

func mustOpen(t testing.TB, h *plugin.Host) any {
	t.Helper()
	v, err := open(t, h, &provider.Environment{Name: "P", Namespace: `root\cimv2`})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.(io.Closer).Close() })
	return v
}

// request returns a request for a class.
func request(c *cim.Class) *provider.Request {
	return &provider.Request{Namespace: `root\cimv2`, Class: c, Caller: &wbem.Identity{Name: "ada"}, Progress: func(wbem.Progress) {}}
}

// start opens an object manager in memory that has the words.
func start(t testing.TB, o cimom.Options, mof string) wbem.Services {
	t.Helper()
	o.Server = "HERE"
	m, err := cimom.OpenMemory(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	p, err := compile.ParseText(t.Context(), compile.Options{}, "test.mof", []byte(mof))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Store(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	s, err := m.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wordsWork tests what the samples do.
func wordsWork(t *testing.T, p plugin.Program) {
	mof, err := os.ReadFile("sample/words.mof")
	if err != nil {
		t.Fatal(err)
	}
	h, j := newHost(t, "words", p)
	s := start(t, cimom.Options{Host: h}, string(mof))
	ctx := t.Context()
	word, err := s.GetInstance(ctx, cim.MustParsePath(`Word.Text="Ox"`), wbem.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, j)
	}
	if n, _ := word.Get("Count"); n.Uint() != 3 {
		t.Errorf("3 oxen are %v", n)
	}
	_ = word.Set("Text", cim.StringValue("gnu"))
	if path, err := s.PutInstance(ctx, word, wbem.Options{}); err != nil || path.String() != `\\HERE\root\cimv2:Word.Text="gnu"` {
		t.Errorf("put: %v %v", path, err)
	}
	_ = word.Set("Text", cim.StringValue("blue gnu"))
	if _, err = s.PutInstance(ctx, word, wbem.Options{}); wbem.StatusOf(err) != wbem.InvalidObject || !strings.Contains(err.Error(), "is not a word") {
		t.Errorf("blue gnu: %v", err)
	}
	if _, err := s.GetInstance(ctx, cim.MustParsePath(`Word.Text="yak"`), wbem.Options{}); wbem.StatusOf(err) != wbem.NotFound {
		t.Errorf("yak: %v", err)
	}
	if err := s.DeleteInstance(ctx, cim.MustParsePath(`Word.Text="ox"`), wbem.Options{}); wbem.StatusOf(err) != wbem.ProviderNotCapable {
		t.Errorf("delete: %v", err)
	}
	got := map[string]uint64{}
	for o, err := range s.Query(ctx, "WQL", "SELECT * FROM Word WHERE Count > 2", wbem.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		inst := o.(*cim.Instance)
		text, _ := inst.Get("Text")
		n, _ := inst.Get("Count")
		got[text.Text()] = n.Uint()
	}
	if !maps.Equal(got, map[string]uint64{"ox": 3, "gnu": 3}) {
		t.Errorf("words: %v", got)
	}
	bull, err := s.GetInstance(ctx, cim.MustParsePath(`Animal.Name="Bull"`), wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := bull.Get("Used"); n.Uint() != 3 {
		t.Errorf("a bull is an ox %v times, not 3", n)
	}
}

// sum returns the SHA-256 of a file in hexadecimal.
func sum(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))
}
