package hotplug_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/provider"
	"openwmi/providers/hotplug"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/wbem"
)

func subscribe(t *testing.T, svc wbem.Services, query string) wbem.Subscription {
	t.Helper()
	sub, err := svc.Subscribe(t.Context(), "WQL", query, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sub.Close() })
	return sub
}

// values are the properties of the next event, and its class.
func values(t *testing.T, sub wbem.Subscription) map[string]string {
	t.Helper()
	e, err := sub.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := providertest.Values(e)
	if got["TIME_CREATED"] == "" {
		t.Error("TIME_CREATED is NULL")
	}
	delete(got, "TIME_CREATED")
	got["class"] = e.ClassName()
	return got
}

const mountinfo = `21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
22 21 0:20 / /proc rw - proc proc rw
23 21 0:21 / /tmp rw - tmpfs tmpfs rw
`

// What is mounted of another system is compared once a second.
func TestCompare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := providertest.Tree(t, map[string]string{"self/mountinfo": mountinfo})
		m, err := cimom.OpenMemory(cimom.Options{MOF: hotplug.MOF, Providers: map[string]any{hotplug.Name: hotplug.New(hotplug.Options{System: &live.System{Proc: root}})}})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		svc, err := m.Connect(t.Context(), `root\cimv2`, wbem.ConnectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		sub := subscribe(t, svc, "SELECT * FROM Win32_DeviceChangeEvent")
		defer sub.Close()
		synctest.Wait()
		for _, step := range []struct {
			lines string
			want  []string // EventType and DriveName
		}{
			{mountinfo + "24 21 8:16 / /media/a\\040b ro - vfat /dev/sdb1 ro\n25 21 0:22 / /sys rw - sysfs sysfs rw\nnonsense\n", []string{"2 /media/a b"}},
			{mountinfo + "24 21 8:16 / /media/a\\040b rw - vfat /dev/sdb1 rw\n26 24 0:30 / /media/a\\040b/c rw - tmpfs x rw\n", []string{"1 /media/a b", "2 /media/a b/c"}},
			{mountinfo, []string{"3 /media/a b/c", "3 /media/a b"}},
			{mountinfo + "27 21 8:17 / /tmp rw - ext4 /dev/sdb2 rw\n", []string{"1 /tmp"}}, // hides what is there
			{"", []string{"3 /tmp", "3 /"}},
		} {
			if err := os.WriteFile(filepath.Join(root, "self", "mountinfo"), []byte(step.lines), 0o644); err != nil {
				t.Fatal(err)
			}
			for _, want := range step.want {
				got := values(t, sub)
				event, name, _ := strings.Cut(want, " ")
				if diff := cmp.Diff(map[string]string{"class": "Win32_VolumeChangeEvent", "EventType": event, "DriveName": name}, got); diff != "" {
					t.Errorf("want %s:\n%s", want, diff)
				}
			}
		}
		sub.Close()
		time.Sleep(10 * time.Minute) // the provider rests
	})
}

// A system without /proc has no volumes to tell of.
func TestNoProc(t *testing.T) {
	svc := providertest.Open(t, nil, hotplug.MOF)
	p := hotplug.New(hotplug.Options{System: &live.System{Proc: t.TempDir() + "/none"}})
	err := p.ProvideEvents(t.Context(), &provider.Request{Services: svc}, func(*cim.Instance) error { return nil })
	if cim.StatusOf(err) != wbem.NotAvailable {
		t.Errorf("%v", err)
	}
}
