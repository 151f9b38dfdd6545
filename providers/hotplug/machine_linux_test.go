package hotplug_test

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"openwmi/providers/hotplug"
	"openwmi/providers/internal/providertest"
)

// inside is set in the process that has mounts of its own.
const inside = "HOTPLUG_TEST_MOUNTS"

// What is mounted and unmounted is told of. It happens in a process that has mounts
// of its own, this test once more.
func TestMount(t *testing.T) {
	if os.Getenv(inside) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestMount$", "-test.v", "-test.timeout=1m") // or it would outlive this one
		cmd.Env = append(os.Environ(), inside+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
		out, err := cmd.CombinedOutput()
		if _, ran := err.(*exec.ExitError); err != nil && !ran {
			t.Skipf("no process can have mounts of its own here: %v", err)
		}
		t.Logf("%s", out)
		if err != nil {
			t.Error(err)
		}
		return
	}
	svc := providertest.Open(t, map[string]any{hotplug.Name: hotplug.New(hotplug.Options{})}, hotplug.MOF)
	sub := subscribe(t, svc, "SELECT * FROM Win32_VolumeChangeEvent")
	dir := ""
	next := func(ctx context.Context) (event string) { // of that directory
		for {
			e, err := sub.Next(ctx)
			if err != nil {
				return ""
			}
			if got := providertest.Values(e); got["DriveName"] == dir {
				return got["EventType"]
			}
		}
	}
	for patience := 100 * time.Millisecond; ; patience *= 2 { // until the provider has begun
		dir = t.TempDir()
		if err := unix.Mount("none", dir, "tmpfs", 0, ""); err != nil {
			t.Skipf("nothing can be mounted here: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		event := next(ctx)
		cancel()
		if event == "2" {
			break
		}
		if err := unix.Unmount(dir, 0); err != nil || event != "" {
			t.Fatalf("mounted: %s, %v", event, err)
		}
	}
	if err := unix.Mount("none", dir, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if got := next(t.Context()); got != "1" {
		t.Errorf("mounted otherwise: %s", got)
	}
	if err := unix.Unmount(dir, 0); err != nil {
		t.Fatal(err)
	}
	if got := next(t.Context()); got != "3" {
		t.Errorf("unmounted: %s", got)
	}
}

// The kernel says that /dev/null has changed when it is asked to.
func TestUevent(t *testing.T) {
	const file = "/sys/class/mem/null/uevent"
	svc := providertest.Open(t, map[string]any{hotplug.Name: hotplug.New(hotplug.Options{})}, hotplug.MOF)
	device := subscribe(t, svc, "SELECT * FROM Win32_DeviceChangeEvent WHERE __CLASS = 'Win32_DeviceChangeEvent'")
	list := subscribe(t, svc, "SELECT * FROM Win32_SystemConfigurationChangeEvent")
	for range 50 { // until the provider has begun
		if err := os.WriteFile(file, []byte("change"), 0o200); err != nil {
			t.Skipf("the kernel does not take it: %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		e, err := device.Next(ctx)
		cancel()
		if err != nil {
			continue
		}
		if got := providertest.Values(e); got["EventType"] != "1" {
			t.Errorf("changed: %v", got)
		}
		if got := values(t, list); got["EventType"] != "1" || got["class"] != "Win32_SystemConfigurationChangeEvent" {
			t.Errorf("the list: %v", got)
		}
		return
	}
	t.Skip("the kernel does not tell of devices here, as in a container")
}
