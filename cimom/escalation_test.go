package cimom_test

import (
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/internal/access"
	"openwmi/wbem"
)

// system-classes.md#10: all rights in a namespace are not enough to have the
// service run code, by whatever path a registration is written or deleted.
func TestProvidersAreForAdministrators(t *testing.T) {
	l := newLab(t, nil, `instance of __Win32Provider { Name = "P"; };
		class Mine : __Win32Provider { string Extra; };
		instance of __InstanceProviderRegistration { provider = "__Win32Provider.Name=\"P\""; };`)
	u := l.as(access.NamespaceRights)
	equal(t, "rights", mask(t, u), access.NamespaceRights)
	equal(t, "provider", u.tryPut("__Win32Provider", "Name", "Q"), no)
	equal(t, "change of a provider", u.tryPut("__Win32Provider", "Name", "P", "CLSID", "exec:/bin/sh"), no)
	equal(t, "derived", u.tryPut("Mine", "Name", "Q"), no)
	equal(t, "registration", u.tryPut("__MethodProviderRegistration", "provider", `__Win32Provider.Name="P"`), no)
	for _, path := range []string{`__Win32Provider.Name="P"`, `__Provider.Name="P"`,
		`__InstanceProviderRegistration.provider="__Win32Provider.Name=\"P\""`} {
		wantStatus(t, path, u.DeleteInstance(t.Context(), cim.MustParsePath(path), wbem.Options{}), wbem.AccessDenied)
	}
	admin := *l
	admin.Services = connectAs(t, l.m, &wbem.Identity{Name: "root", Level: 6}, `root\cimv2`)
	equal(t, "as an administrator", admin.tryPut("__Win32Provider", "Name", "Q"), ok)
}

// The right to write to providers does not become another one by a dynamic class
// that is derived from one of the system.
func TestWriteProviderIsNoMore(t *testing.T) {
	l := newLab(t, nil, "")
	u := l.as(access.WriteProvider)
	for _, super := range []string{"__Namespace", "__Win32Provider", "__EventFilter", "__AbsoluteTimerInstruction"} {
		name := "Evil" + strings.Trim(super, "_")
		decl := &cim.ClassDecl{Name: name, Super: super, Qualifiers: cim.Qualifiers{
			{Name: "dynamic", Value: cim.BoolValue(true)}, {Name: "provider", Value: cim.StringValue("Nobody")}}}
		if err := u.PutClass(t.Context(), decl, wbem.Options{}); err != nil {
			t.Fatal(err)
		}
		key := "Name"
		if super == "__AbsoluteTimerInstruction" {
			key = "TimerId"
		}
		equal(t, name, u.tryPut(name, key, "evil"), no)
	}
	if _, err := l.m.Connect(t.Context(), `root\cimv2\evil`, wbem.ConnectOptions{}); wbem.StatusOf(err) != wbem.InvalidNamespace {
		t.Errorf("the namespace: %v", err)
	}
}

// Who may write instances, and no classes, cannot have providers asked for something
// else with the rights of those who read them.
func TestMarksAreForWhoWritesClasses(t *testing.T) {
	b, l := newBoard(t)
	text := func(name, v string) cim.Qualifier { return cim.Qualifier{Name: name, Value: cim.StringValue(v)} }
	yes := func(name string) cim.Qualifier { return cim.Qualifier{Name: name, Value: cim.BoolValue(true)} }
	marked := func(l *lab, id, provider, context string) *cim.Instance {
		inst := l.spawn("Plain", "Id", id)
		err := inst.SetLocalQualifiers(cim.Qualifiers{yes("DynProps")})
		if err == nil {
			at := inst.Class().PropertyIndex("V")
			err = inst.SetLocalPropertyQualifiers(at, cim.Qualifiers{yes("dynamic"), text("provider", provider), text("PropertyContext", context)})
		}
		if err != nil {
			t.Fatal(err)
		}
		return inst
	}
	put := func(l *lab, inst *cim.Instance) string {
		_, err := l.PutInstance(t.Context(), inst, wbem.Options{})
		return cim.StatusOf(err).Name()
	}
	u := l.as(access.PartialWrite | access.WriteProvider)
	equal(t, "new", put(u, marked(u, "new", "R", "only")), no)
	equal(t, "existing", put(u, marked(u, "q", "R", "only")), no)
	equal(t, "another context", put(u, marked(u, "p", "R", "n")), no)
	equal(t, "another provider", put(u, marked(u, "p", "B", "only")), no)
	equal(t, "as it is", put(u, marked(u, "p", "R", "only")), ok)
	equal(t, "without marks", u.tryPut("Plain", "Id", "p", "V", "mine"), ok)
	equal(t, "of the class", u.tryPut("Switch", "Id", "c", "Note", "x"), ok)
	u = l.as(access.PartialWrite | access.FullWrite | access.WriteProvider)
	equal(t, "with the right to write classes", put(u, marked(u, "new", "R", "only")), ok)

	// No provider is asked for somebody who may not write.
	u = l.as(access.Enable)
	b.calls()
	equal(t, "without rights", u.tryPut("Switch", "Id", "a", "V", "x"), no)
	equal(t, "asked", b.calls(), "")
}

// What a caller learns of a refusal is the status and what it has said itself;
// who lacks which right where is in the log.
func TestRefusalsTellNothing(t *testing.T) {
	var log strings.Builder
	m, err := cimom.OpenMemory(cimom.Options{Server: "HERE", Logger: textLogger(&log)})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	l := &lab{T: t, m: m, Services: connectAs(t, m, nil, `root\cimv2`)}
	l.compile("#pragma namespace(\"root\\\\cimv2\")\nclass B { [key] string Id; }; instance of B { Id = \"x\"; };")
	secure(t, m, "root", nobody)
	secure(t, m, `root\cimv2`, "O:BAG:BAD:(A;;0x2b;;;AU)")
	who := &wbem.Identity{Name: "nobody-zoe", Remote: true, Level: 6}
	s := connectAs(t, m, who, `root\cimv2`)
	u := *l
	u.Services = s
	inst := u.spawn("__Win32Provider", "Name", "P")
	path := cim.MustParsePath(`__Win32Provider.Name="P"`)
	for what, op := range map[string]func() error{
		"lacks FullWrite in namespace root\\\\cimv2|1": func() error { _, err := s.PutInstance(t.Context(), inst, wbem.Options{}); return err },
		"lacks FullWrite in namespace root\\\\cimv2|2": func() error { return s.DeleteInstance(t.Context(), path, wbem.Options{}) },
		"lacks FullWrite in namespace root\\\\cimv2|3": func() error { return s.PutClass(t.Context(), &cim.ClassDecl{Name: "N"}, wbem.Options{}) },
		"lacks FullWrite in namespace root\\\\cimv2|4": func() error { return s.DeleteClass(t.Context(), "B", wbem.Options{}) },
		"lacks FullWrite in namespace root\\\\cimv2|5": func() error {
			return s.(wbem.UnusedClassDeleter).DeleteUnusedClass(t.Context(), "B", wbem.Options{})
		},
		"lacks ReadControl in namespace root\\\\cimv2": func() error { _, err := s.(wbem.SecurityManager).Security(t.Context()); return err },
		"lacks WriteDAC in namespace root\\\\cimv2": func() error {
			return s.(wbem.SecurityManager).SetSecurity(t.Context(), "O:BAG:BAD:")
		},
		"lacks Enable, RemoteEnable in namespace root\\\\default": func() error {
			_, err := m.Connect(t.Context(), `root\default`, wbem.ConnectOptions{Identity: who})
			return err
		},
	} {
		log.Reset()
		err := op()
		wantStatus(t, what, err, wbem.AccessDenied)
		for _, secret := range []string{"lacks", "FullWrite", "ReadControl", "WriteDAC", "S-1-", "zoe"} {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the caller learns %q of it: %v", what, secret, err)
			}
		}
		what, _, _ = strings.Cut(what, "|")
		for _, part := range []string{"access denied", "id=", "nobody-zoe from another computer", what} {
			if strings.Count(log.String(), part) == 0 {
				t.Errorf("the log has no %q: %s", part, log.String())
			}
		}
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Errorf("%s is told %d times: %s", what, n, log.String())
		}
	}
}
