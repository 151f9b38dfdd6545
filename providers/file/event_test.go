//go:build linux

package file_test

import (
	"context"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/wbem"
)

// Event queries look at the directories that they name, and at nothing else; one
// that is not there is no error.
func TestPolls(t *testing.T) {
	const contains = `SELECT * FROM __InstanceOperationEvent WITHIN 10 WHERE TargetInstance ISA 'CIM_DirectoryContainsFile' AND TargetInstance.GroupComponent = `
	const files = `SELECT * FROM __InstanceOperationEvent WITHIN 10 WHERE TargetInstance ISA 'CIM_DataFile' AND `
	for _, c := range []struct {
		query    string
		property string
		want     []string
		looked   []string // at, by each poll
	}{
		{contains + `'Win32_Directory.Name="/in"'`, "PartComponent",
			[]string{`__InstanceCreationEvent CIM_DataFile.Name="/in/new"`, `__InstanceDeletionEvent CIM_DataFile.Name="/in/old"`}, []string{"/in", "/in/changed", "/in/new"}},
		{contains + `'\\\\HERE\\root\\cimv2:Win32_Directory.Name="/later"'`, "PartComponent",
			[]string{`__InstanceCreationEvent CIM_DataFile.Name="/later/x"`}, []string{"/later", "/later/x"}},
		{contains + `'Win32_Directory.Name="c:\\\\scripts"'`, "PartComponent", nil, nil},
		{files + `TargetInstance.Name = '/in/changed'`, "Name",
			[]string{"__InstanceModificationEvent /in/changed"}, []string{"/in/changed"}},
		{files + `TargetInstance.Path = '/in/' AND TargetInstance.FileSize >= 0`, "Name",
			[]string{"__InstanceCreationEvent /in/new", "__InstanceDeletionEvent /in/old", "__InstanceModificationEvent /in/changed"}, []string{"/in", "/in/changed", "/in/new"}},
		{files + `TargetInstance.Path = '/in/' AND (TargetInstance.Extension = 'log' OR TargetInstance.FileName = 'new')`, "Name",
			[]string{"__InstanceCreationEvent /in/new"}, []string{"/in", "/in/changed", "/in/new"}},
	} {
		t.Run("", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, map[string]string{"in/old": "", "in/changed": "", "other/x": ""})
				svc := open(t, f.watched())
				sub, err := svc.Subscribe(t.Context(), "WQL", c.query, wbem.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer sub.Close()
				for _, err := range []error{
					os.WriteFile(f.path(t, "in/new"), nil, 0o644), os.WriteFile(f.path(t, "in/changed"), []byte("more"), 0o644), os.Remove(f.path(t, "in/old")),
					os.WriteFile(f.path(t, "other/y"), nil, 0o644), os.Mkdir(f.path(t, "later"), 0o755), os.WriteFile(f.path(t, "later/x"), nil, 0o644),
				} {
					if err != nil {
						t.Fatal(err)
					}
				}
				f.looked()
				ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
				defer cancel()
				var got []string
				for {
					inst, err := sub.Next(ctx)
					if err != nil {
						break // the time is over
					}
					target, _ := inst.Get("TargetInstance")
					name, _ := target.Object().(*cim.Instance).Get(c.property)
					got = append(got, inst.ClassName()+" "+name.Text())
				}
				if d := cmp.Diff(c.want, got); d != "" {
					t.Errorf("%s (-want +got):\n%s", c.query, d)
				}
				if d := cmp.Diff(c.looked, f.looked()); d != "" {
					t.Errorf("%s looks at (-want +got):\n%s", c.query, d)
				}
			})
		})
	}
}
