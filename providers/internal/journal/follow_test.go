package journal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/providers/internal/journal"
	"openwmi/providers/internal/journal/journaltest"
)

// follow runs Follow; what it yields comes out of the channel as MESSAGE and
// number.
func follow(t *testing.T, dirs ...string) <-chan string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	found, ended := make(chan string), make(chan error, 1)
	go func() {
		for e, err := range journal.Follow(ctx, dirs) {
			if err != nil {
				ended <- err
				return
			}
			message, _ := e.Get("MESSAGE")
			select {
			case found <- fmt.Sprint(message, " ", e.Number):
			case <-ctx.Done():
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Follow ends with %v", err)
		}
	})
	return found
}

// settle writes entries until one comes, after which none is lost.
func settle(t *testing.T, found <-chan string, w *journaltest.Writer, moment uint64) {
	t.Helper()
	for i := uint64(0); ; i++ {
		text := fmt.Sprint("settle", i)
		w.Append(boot, moment+i, moment+i, "MESSAGE="+text)
		flush(t, w)
		select {
		case got := <-found:
			for !strings.HasPrefix(got, text+" ") {
				got = <-found
			}
			return
		default:
		}
	}
}

// Entries come once and in order, also when journald begins a new file, moves
// entries from one to another, or a user has a file of his own.
func TestFollow(t *testing.T) {
	dir, volatile := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "system.journal")
	o := journaltest.Options{Sequence: sequence, File: journal.ID{1}}
	system := journaltest.New(path, o)
	at := second(0)
	write := func(w *journaltest.Writer, text string) {
		at += 1_000_000
		w.Append(boot, at, at, "MESSAGE="+text)
	}
	write(system, "old")
	system.SetState(1)
	flush(t, system)
	run := journaltest.New(filepath.Join(volatile, "system.journal"), journaltest.Options{Sequence: journal.ID{7}, File: journal.ID{7}})
	write(run, "volatile")
	flush(t, run)

	found := follow(t, dir, volatile)
	settle(t, found, system, at)
	at += 1_000_000
	want := func(texts ...string) {
		t.Helper()
		var got []string
		for range texts {
			got = append(got, <-found)
		}
		if diff := cmp.Diff(texts, got); diff != "" {
			t.Error(diff)
		}
	}
	next := system.Next()
	message := func(text string, n uint64) string { return fmt.Sprint(text, " ", next+n) }

	write(system, "a")
	write(system, "b")
	flush(t, system)
	base := run.Next() - 1 // that sequence is the older one now
	want(fmt.Sprint("a ", next+base), fmt.Sprint("b ", next+base+1))
	next += base

	// A rotation, with an entry just before and two after it.
	write(system, "c")
	system.SetState(2)
	flush(t, system)
	if err := system.Rename(filepath.Join(dir, "system@1.journal")); err != nil {
		t.Fatal(err)
	}
	o.File, o.Next = journal.ID{2}, system.Next()
	fresh := journaltest.New(path, o)
	write(fresh, "d")
	user := journaltest.New(filepath.Join(dir, "user-1000.journal"), journaltest.Options{Sequence: sequence, File: journal.ID{3}, Next: fresh.Next()})
	write(user, "e")
	fresh.SetNext(user.Next())
	write(fresh, "f")
	flush(t, user)
	want(message("c", 2), message("e", 4))
	flush(t, fresh)
	want(message("d", 3), message("f", 5))

	// What was logged to memory is moved to the disk.
	run.Append(boot, at+1, at+1, "MESSAGE=moved")
	flush(t, run)
	<-found
	fresh.Append(boot, second(2), second(2), "MESSAGE=volatile")
	fresh.Append(boot, at+1, at+1, "MESSAGE=moved")
	fresh.Append(boot, at+2, at+2, "MESSAGE=g")
	flush(t, fresh)
	if err := os.Remove(filepath.Join(volatile, "system.journal")); err != nil {
		t.Fatal(err)
	}
	if got := <-found; got[:2] != "g " {
		t.Errorf("after the move comes %s", got)
	}

	// A damaged file does not end it.
	if err := os.WriteFile(filepath.Join(dir, "bad.journal"), []byte("bad"), 0o644); err != nil {
		t.Fatal(err)
	}
	fresh.Append(boot, at+3, at+3, "MESSAGE=h")
	flush(t, fresh)
	if got := <-found; got[:2] != "h " {
		t.Errorf("after a damaged file comes %s", got)
	}
}

func TestFollowNone(t *testing.T) {
	for _, err := range journal.Follow(t.Context(), []string{t.TempDir()}) {
		if !errors.Is(err, journal.ErrNone) {
			t.Errorf("no journal: %v", err)
		}
		return
	}
}

// What systemd writes is seen as it is written: it writes to memory that is mapped.
func TestFollowSystemd(t *testing.T) {
	if _, err := os.Stat(remote); err != nil {
		t.Skip("this system has no systemd-journal-remote that writes files")
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), remote, "--output="+filepath.Join(dir, "system.journal"), "-")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("systemd-journal-remote: %v", err)
	}
	defer cmd.Wait()
	defer in.Close()
	write := func(n int) {
		if _, err := fmt.Fprintf(in, "__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%x\nMESSAGE=%d\n\n", second(n), n, boot, n); err != nil {
			t.Skipf("systemd-journal-remote: %v", err)
		}
	}
	write(0)
	for { // until it has made the file
		if s, err := journal.OpenSet([]string{dir}); err == nil {
			n := s.Last()
			s.Close()
			if n > 0 {
				break
			}
		}
		if t.Context().Err() != nil {
			t.Fatal("systemd-journal-remote writes nothing")
		}
	}
	found := follow(t, dir)
	for n := 1; ; n++ { // until it is followed
		write(n)
		select {
		case got := <-found:
			for !strings.HasPrefix(got, fmt.Sprint(n, " ")) {
				got = <-found
			}
			for last := n + 50; n < last; {
				n++
				write(n)
				if got := <-found; got != fmt.Sprint(n, " ", n+1) {
					t.Fatalf("%s after %d was written", got, n)
				}
			}
			return
		case <-time.After(time.Millisecond):
		}
	}
}
