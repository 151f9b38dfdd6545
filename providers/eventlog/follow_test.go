package eventlog_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/internal/journal"
	"openwmi/providers/internal/journal/journaltest"
	"openwmi/providers/internal/providertest"
	"openwmi/wbem"
)

// An entry that is written is an event, once and with all that a get has, also when
// journald begins a new file.
func TestEvents(t *testing.T) {
	dir, w := sample(t)
	svc := open(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	sub, err := svc.Subscribe(ctx, "WQL", `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "Win32_NTLogEvent" AND TargetInstance.Logfile = "Application"`, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	next := func(ctx context.Context) (*cim.Instance, error) {
		event, err := sub.Next(ctx)
		if err != nil {
			return nil, err
		}
		v, _ := event.Get("TargetInstance")
		return v.Object().(*cim.Instance), nil
	}
	message := func(inst *cim.Instance) string {
		v, _ := inst.Get("Message")
		return v.Text()
	}
	write := func(w *journaltest.Writer, minute int, text string) {
		w.Append(boot, moment(60*minute), uint64(60*minute), "MESSAGE="+text, "PRIORITY=4", "_TRANSPORT=syslog")
	}

	// The provider works from some moment on.
	for minute := 100; ; minute++ {
		write(w, minute, fmt.Sprint("settle ", minute))
		flush(t, w)
		soon, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		inst, err := next(soon)
		cancel()
		if err != nil {
			continue
		}
		for message(inst) != fmt.Sprint("settle ", minute) {
			if inst, err = next(ctx); err != nil {
				t.Fatal(err)
			}
		}
		break
	}

	write(w, 1000, "one")
	w.Append(boot, moment(60_060), 60_060, "MESSAGE=kernel", "_TRANSPORT=kernel")
	write(w, 1002, "two")
	w.SetState(2)
	flush(t, w)
	if err := w.Rename(filepath.Join(dir, "system@1.journal")); err != nil {
		t.Fatal(err)
	}
	fresh := journaltest.New(filepath.Join(dir, "system.journal"), journaltest.Options{File: journal.ID{3}, Sequence: journal.ID{2}, Next: w.Next()})
	write(fresh, 1003, "three")
	flush(t, fresh)
	for _, want := range []string{"one", "two", "three"} {
		inst, err := next(ctx)
		if err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		if message(inst) != want {
			t.Errorf("%s, want %s", message(inst), want)
		}
		path, _ := cim.RelPath(inst)
		stored, err := svc.GetInstance(ctx, path, wbem.Options{})
		if err != nil {
			t.Errorf("%s: %v", path, err)
		} else if diff := cmp.Diff(providertest.Values(stored), providertest.Values(inst)); diff != "" {
			t.Errorf("%s:\n%s", path, diff)
		}
	}
}
