package scripttest

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Foreign runs scripts under another engine of a language.
type Foreign struct {
	command []string
	dir     string
	ext     string

	mu sync.Mutex // guards n
	n  int
}

// NewForeign returns the engine whose command $OPENWMI_CSCRIPT has: "cscript //nologo", or
// "wine cscript //nologo". The test is skipped without one. Scripts have the extension.
func NewForeign(t *testing.T, ext string) *Foreign {
	t.Helper()
	command := strings.Fields(os.Getenv("OPENWMI_CSCRIPT"))
	if len(command) == 0 {
		t.Skipf("OPENWMI_CSCRIPT names no command that runs a file *%s", ext)
	}
	e := &Foreign{command: command, dir: t.TempDir(), ext: ext}
	if out := e.Run(t.Context(), "WScript.Echo(6 * 7)"); strings.TrimSpace(out) != "42" {
		t.Fatalf("%v answers %q", command, out)
	}
	return e
}

// Run runs a script and returns what it writes, whether it fails or not. It ends a script
// after 20 seconds.
func (e *Foreign) Run(ctx context.Context, script string) string {
	e.mu.Lock()
	e.n++
	name := fmt.Sprintf("case%d%s", e.n, e.ext)
	e.mu.Unlock()
	path := filepath.Join(e.dir, name)
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(script, "\n", "\r\n")), 0o644); err != nil {
		return err.Error()
	}
	defer os.Remove(path)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, e.command[0], append(e.command[1:len(e.command):len(e.command)], name)...)
	cmd.Dir = e.dir
	cmd.WaitDelay = time.Second
	out, _ := cmd.CombinedOutput() // what failed shows in the output
	return strings.ReplaceAll(string(out), "\r\n", "\n")
}

// Parallel does work, three pieces at a time.
func Parallel(work []func()) {
	var wg sync.WaitGroup
	next := make(chan func())
	for range 3 {
		wg.Go(func() {
			for f := range next {
				f()
			}
		})
	}
	for _, f := range work {
		next <- f
	}
	close(next)
	wg.Wait()
}

// Visible writes characters that are not in ASCII by their number in hexadecimal, such as
// \u00E9.
func Visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r >= ' ' && r < 127:
			b.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\u%04X\u%04X`, 0xD800+(r-0x10000)>>10, 0xDC00+(r-0x10000)&0x3FF)
		default:
			fmt.Fprintf(&b, `\u%04X`, r)
		}
	}
	return b.String()
}

// A Judgement is a difference between engines that is known: who is right, and why. An
// answer may end with "*", for any rest.
type Judgement struct {
	File, Case, Answer, Who, Why string

	used bool
}

// Judgements are those of a file.
type Judgements []*Judgement

// ReadJudgements reads lines of file, case, answer, who ("we", "they", "open") and reason,
// with tabs between; "*" stands for any.
func ReadJudgements(t *testing.T, file string) (list Judgements) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(string(data), "\n") {
		if line == "" || line[0] == '\'' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 5 {
			t.Fatalf("%s:%d: %d fields", file, n+1, len(f))
		}
		list = append(list, &Judgement{File: f[0], Case: f[1], Answer: f[2], Who: f[3], Why: f[4]})
	}
	return list
}

// Find returns what was judged of the answer to a case, nil for nothing.
func (list Judgements) Find(file, name, answer string) *Judgement {
	fits := func(pattern, s string) bool {
		start, ok := strings.CutSuffix(pattern, "*")
		return s == pattern || ok && strings.HasPrefix(s, start)
	}
	answer = cmp.Or(strings.ReplaceAll(answer, "\n", " | "), "nothing")
	for _, j := range list {
		if fits(j.File, file) && fits(j.Case, name) && fits(j.Answer, answer) {
			j.used = true
			return j
		}
	}
	return nil
}

// Unused returns those that Find has never returned.
func (list Judgements) Unused() (rest Judgements) {
	for _, j := range list {
		if !j.used && j.Case != "*" {
			rest = append(rest, j)
		}
	}
	return rest
}
