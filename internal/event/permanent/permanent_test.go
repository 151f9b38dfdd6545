package permanent_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const creations = `SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA "T_Item"`

func wants(f *fixture, want ...string) {
	f.Helper()
	await()
	if d := cmp.Diff(want, f.box.take()); d != "" {
		f.Errorf("events (-want +got):\n%s", d)
	}
}

func TestDelivery(t *testing.T) {
	bubble(t, func(f *fixture) {
		f.subscribe("a", creations)
		f.put("T_Item", "Id", "1", "N", 5)
		wants(f, "a: InstanceCreationEvent TargetInstance={T_Item Id=1 N=5}")
		t.Log(f.states())
	})
}
