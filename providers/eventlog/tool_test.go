package eventlog_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/providers/internal/providertest"
)

// Queries find what journalctl finds.
func TestJournalctl(t *testing.T) {
	dir, _ := sample(t)
	svc := open(t, dir)
	for _, test := range []struct {
		where string
		args  []string
	}{
		{`RecordNumber > 0`, nil},
		{`EventType = 1`, []string{"-p", "err"}},
		{`SourceName = "kernel"`, []string{"-t", "kernel"}},
		{`Category = 4`, []string{"--facility", "auth"}},
		{`TimeWritten >= "` + wmi(moment(120)) + `" AND TimeWritten <= "` + wmi(moment(360)) + `"`, []string{"--since", "@1700000120", "--until", "@1700000360"}},
	} {
		var want, got []string
		for line := range strings.Lines(providertest.Run(t, "journalctl", append(test.args, "-o", "json", "--file", filepath.Join(dir, "system.journal"))...)) {
			var entry struct {
				Message any    `json:"MESSAGE"` // bytes if it is no text
				Time    string `json:"__REALTIME_TIMESTAMP"`
			}
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatal(err)
			}
			var us uint64
			fmt.Sscan(entry.Time, &us)
			if text, ok := entry.Message.(string); ok {
				want = append(want, fmt.Sprint(wmi(us), " ", text))
			}
		}
		for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_NTLogEvent WHERE Message IS NOT NULL AND Data IS NULL AND "+test.where) {
			v := providertest.Values(inst)
			got = append(got, v["TimeWritten"]+" "+v["Message"])
		}
		slices.Reverse(got)
		if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
			t.Errorf("%s:\n%s", test.where, diff)
		}
	}
}
