package shell

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Limits of a history.
const (
	maxHistory     = 1000    // lines
	maxHistoryFile = 1 << 20 // bytes of the file that are read, its last ones
)

// A History is the lines typed before, in this run of the shell and in others that used
// the same file. The zero History has no file.
//
// A line that may hold a password is kept for this run, and not written.
type History struct {
	lines []string // the oldest first
	file  *os.File // nil for none
}

// secret finds lines that may hold a password: those that name one, and calls in which
// one is passed without a name.
var secret = regexp.MustCompile(`(?i)passw|\bpwd\b|secret|credential|ConnectServer`)

// OpenHistory reads the history in a file, which only its owner may read and which is
// made, with its directory, if it is not there. Without an error, the caller closes the
// history; with one there is a history that is not written, of the lines that could be
// read. What is no regular file, such as /dev/null, is left alone.
func OpenHistory(name string) (*History, error) {
	h := &History{}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return h, err
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return h, fmt.Errorf("%s is no regular file", name)
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		if f, e := os.Open(name); e == nil {
			defer f.Close()
			h.lines, _, _ = readHistory(f) // or there is none
		}
	}
	if err != nil {
		return h, err
	}
	lines, total, err := readHistory(f)
	if err == nil {
		err = f.Chmod(0o600)
	}
	if err == nil && total > 2*maxHistory {
		err = rewrite(f, lines)
	}
	if err != nil {
		f.Close()
		return h, err
	}
	h.lines, h.file = lines, f
	return h, nil
}

// readHistory returns the last lines of a file, and how many it has at least.
func readHistory(f *os.File) (lines []string, total int, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	from := max(0, info.Size()-maxHistoryFile)
	text, err := io.ReadAll(io.NewSectionReader(f, from, maxHistoryFile))
	if err != nil {
		return nil, 0, err
	}
	lines = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if from > 0 || lines[0] == "" {
		lines = lines[1:] // what is cut, or the only line of an empty file
	}
	total = len(lines)
	if from > 0 {
		total = max(total, 2*maxHistory+1)
	}
	return lines[max(0, len(lines)-maxHistory):], total, nil
}

// rewrite replaces what is in a file by lines. Another shell that appends a line at this
// moment loses it, no more.
func rewrite(f *os.File, lines []string) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteString(strings.Join(lines, "\n") + "\n")
	return err
}

// Append adds a line, unless it is that before or empty. A line that cannot be written is the end of writing.
func (h *History) Append(line string) {
	if strings.TrimSpace(line) == "" {
		return
	}
	if n := len(h.lines); n > 0 && h.lines[n-1] == line {
		return
	}
	if len(h.lines) == maxHistory {
		h.lines = h.lines[1:]
	}
	h.lines = append(h.lines, line)
	if h.file == nil || secret.MatchString(line) {
		return
	}
	if _, err := h.file.WriteString(line + "\n"); err != nil {
		h.file.Close()
		h.file = nil
	}
}

// Lines returns the lines, the oldest first. They are those of the history.
func (h *History) Lines() []string { return h.lines }

// Close closes the file.
func (h *History) Close() error {
	if h.file == nil {
		return nil
	}
	err := h.file.Close()
	h.file = nil
	return err
}

// Len implements term.History.
func (h *History) Len() int { return len(h.lines) }

// At implements term.History: 0 is the last line.
func (h *History) At(i int) string { return h.lines[len(h.lines)-1-i] }

// Add implements term.History. A terminal adds the line itself, when it knows whether
// that was given up.
func (h *History) Add(string) {}
