package providers_test

import (
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/wbem"
)

// The classes at the top have no keys, as far as they are documented without: those
// below bring them.
func TestKeys(t *testing.T) {
	svc := stubbed(t)
	for class, want := range map[string]string{
		"CIM_Component": "", "CIM_SystemComponent": "", "CIM_InstalledOS": "", "CIM_SystemDevice": "", "CIM_Dependency": "", "CIM_BasedOn": "",
		"CIM_LogicalDiskBasedOnPartition": "", "CIM_MediaPresent": "", "CIM_ServiceServiceDependency": "", "Win32_SessionResource": "", "CIM_ElementSetting": "",
		"Win32_SystemDevices": "GroupComponent PartComponent", "Win32_ComputerSystemProcessor": "GroupComponent PartComponent",
		"Win32_SystemOperatingSystem": "GroupComponent PartComponent", "Win32_LogicalDiskToPartition": "Antecedent Dependent",
		"Win32_DependentService": "Antecedent Dependent", "Win32_SessionProcess": "Antecedent Dependent",
		"Win32_DeviceSettings": "Element Setting", "Win32_NetworkAdapterSetting": "Element Setting", "Win32_SystemTimeZone": "Element Setting",
		"CIM_PhysicalElement": "", "CIM_Card": "", "CIM_PhysicalMemory": "", "Win32_BaseBoard": "Tag", "Win32_PhysicalMemory": "Tag",
	} {
		c, err := svc.GetClass(t.Context(), class, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, k := range c.Keys() {
			keys = append(keys, c.Properties()[k].Name())
		}
		if got := strings.Join(keys, " "); got != want {
			t.Errorf("class %s has the keys %q, want %q", class, got, want)
		}
	}
}

// Methods take security descriptors of the class of which scripts make them.
func TestSecurityDescriptors(t *testing.T) {
	svc := stubbed(t)
	class := func(name string) *cim.Class {
		t.Helper()
		c, err := svc.GetClass(t.Context(), name, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	trustee, ace, sd := cim.NewInstance(class("Win32_Trustee")), cim.NewInstance(class("Win32_ACE")), cim.NewInstance(class("Win32_SecurityDescriptor"))
	set := func(inst *cim.Instance, name string, v cim.Value) {
		t.Helper()
		if err := inst.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	set(trustee, "Name", cim.StringValue("Everyone"))
	set(ace, "Trustee", cim.ObjectValue(trustee))
	set(sd, "DACL", cim.ObjectsValue([]cim.Object{ace}))
	for _, p := range []struct{ class, method, parameter string }{
		{"Win32_Share", "Create", "Access"}, {"Win32_Share", "SetShareInfo", "Access"}, {"Win32_Service", "SetSecurityDescriptor", "Descriptor"},
		{"CIM_DataFile", "ChangeSecurityPermissions", "SecurityDescriptor"},
	} {
		m := class(p.class).Method(p.method)
		in := cim.NewInstance(m.Signature(false))
		set(in, p.parameter, cim.ObjectValue(sd))
		if err := in.Set(p.parameter, cim.ObjectValue(cim.NewInstance(class("__SecurityDescriptor")))); cim.StatusOf(err) != wbem.TypeMismatch {
			t.Errorf("%s.%s takes a descriptor of another class: %v", p.class, p.method, err)
		}
	}
	out, err := svc.ExecMethod(t.Context(), cim.MustParsePath("__SystemSecurity=@"), "GetSecurityDescriptor", nil, wbem.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := out.Get("Descriptor"); v.Object() == nil || v.Object().ClassName() != "Win32_SecurityDescriptor" {
		t.Errorf("the namespace has the descriptor %v", v)
	}
}

// What may be left out may be left out in subclasses.
func TestOptionalParameters(t *testing.T) {
	svc := stubbed(t)
	for _, class := range []string{"CIM_LogicalFile", "CIM_DataFile", "Win32_Directory"} {
		c, err := svc.GetClass(t.Context(), class, wbem.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, method := range []string{"CopyEx", "DeleteEx", "TakeOwnerShipEx", "CompressEx", "UncompressEx", "ChangeSecurityPermissionsEx"} {
			p := c.Method(method).Signature(false).Property("StartFileName")
			if p == nil || !p.Qualifiers().True("Optional") {
				t.Errorf("%s.%s needs StartFileName", class, method)
			}
		}
	}
}
