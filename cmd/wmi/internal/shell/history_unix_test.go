//go:build unix

package shell_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"openwmi/cmd/wmi/internal/shell"
)

// The history may be a link to a device, which is for others too: it keeps its mode.
func TestNoRegularHistory(t *testing.T) {
	name := filepath.Join(t.TempDir(), "history")
	if err := syscall.Mkfifo(name, 0o644); err != nil {
		t.Skipf("the file system has no fifos: %v", err)
	}
	h, err := shell.OpenHistory(name)
	if err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Error(err)
	}
	h.Append("one")
	if h.Len() != 1 {
		t.Errorf("%q", h.Lines())
	}
}
