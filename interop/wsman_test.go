//go:build interop

package interop

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/wmitest"
)

// A service is the provider of the methods in wsman.mof.
type service struct{}

var _ provider.MethodExecutor = service{}

// ExecMethod implements provider.MethodExecutor.
func (service) ExecMethod(_ context.Context, _ *provider.Request, _ *cim.Instance, m *cim.Method, in *cim.Instance) (*cim.Instance, error) {
	out := cim.NewInstance(m.Signature(true))
	if m.Name() == "GetRemoteServicesAPIStatus" {
		if err := out.Set("LCStatus", cim.Uint32Value(0)); err != nil {
			return nil, err
		}
		return out, out.Set("ReturnValue", cim.Uint32Value(0))
	}
	status, message := uint32(0), "deleted "
	job, _ := in.Get("JobID")
	if job.Text() != "JID_1" {
		status, message = 2, "no such job "
	}
	if err := out.Set("Message", cim.StringValue(message+job.Text())); err != nil {
		return nil, err
	}
	return out, out.Set("ReturnValue", cim.Uint32Value(status))
}

// TestWSMan runs pypsrp, pywinrm and the client of python-dracclient, with Basic
// and, sealed, with NTLM.
func TestWSMan(t *testing.T) {
	bin := venv(t, "pypsrp==0.9.1", "pywinrm==0.5.0", "python-dracclient==8.0.0", "six")
	var cpus strings.Builder
	for i := range 250 {
		fmt.Fprintf(&cpus, `instance of DCIM_CPUView { InstanceID = "CPU.%03d"; FQDD = "CPU.Socket.%d"; NumberOfProcessorCores = 8; CurrentClockSpeed = 3000;
			Model = "x"; PrimaryStatus = 1; Characteristics = "4"; HyperThreadingEnabled = 1; TurboModeEnabled = 1; VirtualizationTechnologyEnabled = 1; };`, i, i)
	}
	srv := wmitest.NewServer(t, wmitest.Options{
		Seed: []string{"testdata/wsman.mof"}, MOF: cpus.String(), Providers: map[string]any{"Service": service{}},
		User: "test", Password: "interoperates",
	})
	u, err := url.Parse(srv.WSMan)
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	out := must(t, filepath.Join(bin, "python"), "testdata/wsman.py", host, port, srv.User, srv.Password)
	checks(t, out, 41)
}
