package providers_test

import (
	"bytes"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/providers"
	"openwmi/wbem"
)

// The classes of another version become those of this one. What users have derived
// from them stays, and stands in the way of classes that have other keys now.
func TestInstallUpdates(t *testing.T) {
	const (
		mine    = `[Dynamic, Provider("OpenWMI_Share")] class My_Share : Win32_Share { string Room; };`
		notMine = `[Dynamic, Provider("OpenWMI_Process")] class My_Process : Win32_Process { string Room; };`
	)
	for _, test := range []struct {
		name, class     string // the class that has changed
		was, is         string // what it consisted of, and does
		more            string
		status          cim.Status
		former, present string // properties that it had and has
		method          string // that it has only now
	}{
		{name: "a property", class: "Win32_Share", was: "boolean Former;", is: "boolean AllowMaximum;", former: "Former", present: "AllowMaximum"},
		{name: "a property of a superclass", class: "Win32_Share", was: "boolean Former;", is: "boolean AllowMaximum;", more: mine, former: "Former", present: "AllowMaximum"},
		{name: "a type", class: "Win32_Share", was: "string AllowMaximum;", is: "boolean AllowMaximum;", more: mine, present: "AllowMaximum"},
		{name: "a method", class: "Win32_UserAccount", was: "uint32 Former();", is: "uint32 Rename([In, ID(0)] string Name);", present: "Name", method: "Rename"},
		{name: "keys", class: "CIM_Process", was: "class CIM_Process : CIM_LogicalElement\n{\n[Key] string Former;", is: "class CIM_Process : CIM_LogicalElement\n{", former: "Former", present: "Handle"},
		{name: "keys of a superclass", class: "CIM_Process", was: "class CIM_Process : CIM_LogicalElement\n{\n[Key] string Former;", is: "class CIM_Process : CIM_LogicalElement\n{", more: notMine, status: wbem.InvalidOperation},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := cimom.OpenMemory(cimom.Options{Providers: providers.New(providers.Options{}).Providers()})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			store := func(text []byte) {
				t.Helper()
				p, err := compile.ParseText(t.Context(), compile.Options{Namespace: providers.Namespace}, "former.mof", text)
				if err == nil {
					_, err = p.Store(t.Context(), m)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			former := bytes.Replace(providers.MOF, []byte(test.is), []byte(test.was), 1)
			if bytes.Equal(former, providers.MOF) {
				t.Fatalf("MOF has no %q", test.is)
			}
			store(former)
			store([]byte(test.more))
			if state, err := providers.Installed(t.Context(), m); state != providers.Outdated || err != nil {
				t.Fatalf("before: %d, %v", state, err)
			}
			err = providers.Install(t.Context(), m)
			if cim.StatusOf(err) != test.status {
				t.Fatalf("Install: %v", err)
			}
			if err != nil {
				t.Log(err)
				return
			}
			if state, err := providers.Installed(t.Context(), m); state != providers.Current || err != nil {
				t.Errorf("after: %d, %v", state, err)
			}
			svc, err := m.Connect(t.Context(), providers.Namespace, wbem.ConnectOptions{})
			if err != nil {
				t.Fatal(err)
			}
			class, err := svc.GetClass(t.Context(), test.class, wbem.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if test.former != "" && class.PropertyIndex(test.former) >= 0 || class.PropertyIndex(test.present) < 0 {
				t.Errorf("%s is that of the other version", test.class)
			}
			if test.method != "" && (class.Method(test.method) == nil || class.Method("Former") != nil) {
				t.Errorf("the methods of %s are those of the other version", test.class)
			}
			if test.more == mine {
				if class, err := svc.GetClass(t.Context(), "My_Share", wbem.Options{}); err != nil || class.PropertyIndex("Room") < 0 {
					t.Errorf("My_Share: %v", err)
				}
			}
			if _, err := svc.GetInstance(t.Context(), cim.MustParsePath("Win32_OperatingSystem=@"), wbem.Options{}); err != nil && cim.StatusOf(err) != wbem.NotAvailable {
				t.Error(err)
			}
		})
	}
}
