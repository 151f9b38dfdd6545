//go:build unix

package plugin_test

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/provider/plugin"
	"openwmi/wbem"
)

// listen serves an echo until stop is called.
func listen(t *testing.T, socket string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- plugin.Listen(ctx, socket, &echo{}) }()
	for {
		if conn, err := net.Dial("unix", socket); err == nil {
			_ = conn.Close()
			break
		}
		select {
		case err := <-done:
			t.Fatal(err)
		default:
		}
	}
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// A decoupled provider is used while it runs: it is ProviderLoadFailure before,
// and again after its end, as system-classes.md#14 says.
func TestDecoupled(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	h, j := newHost(t, "lamps", plugin.Program{Socket: socket})
	s := start(t, cimom.Options{Host: h}, `
		#pragma namespace("root\\cimv2")
		instance of __Win32Provider as $P { Name = "P"; CLSID = "grpc:unix:`+socket+`"; HostingModel = "Decoupled:NonCom"; };
		instance of __InstanceProviderRegistration { provider = $P; SupportsGet = TRUE; };
		[dynamic, provider("P")] class Every { [key] string S; string A[]; };`)
	get := func() error {
		_, err := s.GetInstance(t.Context(), cim.MustParsePath(`Every.S="k"`), wbem.Options{})
		return err
	}
	if err := get(); cim.StatusOf(err) != wbem.ProviderLoadFailure {
		t.Errorf("before it runs: %v", err)
	}
	plugin.Retry(h)
	stop := listen(t, socket)
	if err := get(); err != nil {
		t.Error(err)
	}
	if err := plugin.Listen(t.Context(), socket, &echo{}); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second one: %v", err)
	}
	stop()
	j.wait(t, "its connection is lost", 1)
	if err := get(); cim.StatusOf(err) != wbem.ProviderLoadFailure {
		t.Errorf("after its end: %v", err)
	}
	plugin.Retry(h)
	defer listen(t, socket)()
	if err := get(); err != nil {
		t.Errorf("when it runs again: %v", err)
	}
}
