package providers_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers"
	"openwmi/providers/internal/providertest"
	"openwmi/wbem"
)

// absent are the methods that are documented for classes of MOF and that nothing
// here carries out, those of superclasses among them.
var absent = map[string]string{
	"CIM_DataFile": `TakeOwnerShip ChangeSecurityPermissions CopyEx DeleteEx CompressEx UncompressEx TakeOwnerShipEx
		ChangeSecurityPermissionsEx`,
	"Win32_BaseBoard":      `IsCompatible`,
	"Win32_BaseService":    `Create`,
	"Win32_ComputerSystem": `SetPowerState Rename JoinDomainOrWorkgroup UnjoinDomainOrWorkgroup`,
	"Win32_Directory": `TakeOwnerShip ChangeSecurityPermissions CopyEx DeleteEx CompressEx UncompressEx TakeOwnerShipEx
		ChangeSecurityPermissionsEx Copy`,
	"Win32_DiskDrive":     `Reset SetPowerState`,
	"Win32_DiskPartition": `Reset SetPowerState`,
	"Win32_Group":         `Rename`,
	"Win32_LogicalDisk":   `Reset SetPowerState Chkdsk ScheduleAutoChk ExcludeFromAutochk`,
	"Win32_NTEventlogFile": `TakeOwnerShip ChangeSecurityPermissions CopyEx DeleteEx CompressEx UncompressEx TakeOwnerShipEx
		ChangeSecurityPermissionsEx ClearEventlog BackupEventlog Compress Copy Delete GetEffectivePermission Rename Uncompress`,
	"Win32_NetworkAdapter": `Reset SetPowerState Enable Disable`,
	"Win32_NetworkAdapterConfiguration": `EnableDHCP RenewDHCPLease RenewDHCPLeaseAll ReleaseDHCPLease ReleaseDHCPLeaseAll EnableStatic SetGateways EnableDNS
		SetDNSDomain SetDNSServerSearchOrder SetDNSSuffixSearchOrder SetDynamicDNSRegistration SetIPConnectionMetric
		SetWINSServer EnableWINS SetTcpipNetbios EnableIPSec DisableIPSec EnableIPFilterSec SetIPXVirtualNetworkNumber
		SetIPXFrameTypeNetworkPairs SetDatabasePath SetIPUseZeroBroadcast SetArpAlwaysSourceRoute SetArpUseEtherSNAP
		SetDefaultTOS SetDefaultTTL SetDeadGWDetect SetPMTUBHDetect SetPMTUDiscovery SetForwardBufferMemory SetIGMPLevel
		SetKeepAliveInterval SetKeepAliveTime SetMTU SetNumForwardPackets SetTcpMaxConnectRetransmissions
		SetTcpMaxDataRetransmissions SetTcpNumConnections SetTcpUseRFC1122UrgentPointer SetTcpWindowSize`,
	"Win32_OperatingSystem": `Reboot Shutdown Win32Shutdown Win32ShutdownTracker SetDateTime`,
	"Win32_Process":         `AttachDebugger`,
	"Win32_Processor":       `Reset SetPowerState`,
	"Win32_Product":         `Install Admin Advertise Reinstall Upgrade Configure Uninstall`,
	"Win32_Service":         `GetSecurityDescriptor SetSecurityDescriptor`,
	"Win32_Share":           `GetAccessMask`,
	"Win32_UserAccount":     `Rename`,
	"Win32_Volume":          `Reset SetPowerState AddMountPoint Mount Dismount Format Defrag DefragAnalysis Chkdsk ScheduleAutoChk ExcludeFromAutoChk`,
}

// A stub has every instance that is asked for, and runs no method.
type stub struct{ *testing.T }

func (s stub) GetInstance(_ context.Context, _ *provider.Request, key *cim.Instance) (*cim.Instance, error) {
	return key, nil
}

func (s stub) ExecMethod(_ context.Context, r *provider.Request, _ *cim.Instance, m *cim.Method, _ *cim.Instance) (*cim.Instance, error) {
	s.Errorf("%s.%s was called", r.Class.Name(), m.Name())
	return nil, wbem.Failed
}

// stubbed returns a store with MOF in which nothing reaches the machine.
func stubbed(t *testing.T) wbem.Services {
	t.Helper()
	set := map[string]any{}
	for name := range providers.New(providers.Options{}).Providers() {
		set[name] = stub{t}
	}
	return providertest.Open(t, set, providers.MOF)
}

// Scripts that call these methods learn that they are not implemented.
func TestMethodsNotImplemented(t *testing.T) {
	svc := stubbed(t)
	for _, class := range slices.Sorted(maps.Keys(absent)) {
		c, err := svc.GetClass(t.Context(), class, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		instance := cim.Path{Class: class, Singleton: len(c.Keys()) == 0}
		for _, k := range c.Keys() {
			p := c.Properties()[k]
			instance.Keys = append(instance.Keys, cim.NewKey(p.Name(), cim.TextValue(p.Type(), "1")))
		}
		for _, name := range strings.Fields(absent[class]) {
			m := c.Method(name)
			if m == nil {
				t.Errorf("class %s has no method %s", class, name)
				continue
			}
			path := instance
			if m.Qualifiers().True("Static") {
				path = cim.Path{Class: class}
			}
			if _, err := svc.ExecMethod(t.Context(), path, name, nil, wbem.Options{}); cim.StatusOf(err) != wbem.MethodNotImplemented {
				t.Errorf("%s.%s: %v", path, name, err)
			}
		}
	}
}

// Every method of the classes is either implemented or among those that are not.
func TestMethodsListed(t *testing.T) {
	svc := stubbed(t)
	for _, name := range providers.Classes() {
		c, err := svc.GetClass(t.Context(), name.Name, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if c.IsAbstract() || !c.IsDynamic() {
			continue
		}
		for _, m := range c.Methods() {
			implemented := m.Qualifiers().True("Implemented")
			listed := slices.Contains(strings.Fields(absent[c.Name()]), m.Name())
			if implemented == listed {
				t.Errorf("%s.%s: implemented %t, listed as absent %t", c.Name(), m.Name(), implemented, listed)
			}
		}
	}
}
