package service

import (
	"fmt"
	"testing"

	"github.com/godbus/dbus/v5"
)

// However many ends somebody else tells, there is room for that of systemd.
func TestManyForgedEnds(t *testing.T) {
	deliver := func(j *jobs, sender string, path dbus.ObjectPath, result string) {
		j.DeliverSignal(manager, "JobRemoved", &dbus.Signal{Sender: sender, Body: []any{uint32(1), path, "a.service", result}})
	}
	j := newJobs()
	j.begin(":1.0")
	defer j.end()
	deliver(j, ":1.66", "/job/1", "failed")
	for i := range maxEnded {
		deliver(j, ":1.66", dbus.ObjectPath(fmt.Sprintf("/of/another/%d", i)), "failed")
	}
	deliver(j, ":1.0", "/job/1", "done")
	if got, err := j.wait(t.Context(), "/job/1", nil); got != "done" || err != nil {
		t.Errorf("the job ended with %q, %v", got, err)
	}
}
