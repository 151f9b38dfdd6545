package scripting

import (
	"iter"
	"slices"
	"strings"

	"openwmi/cim"
)

// A PrivilegeIdentifier is the number of a privilege (WbemPrivilegeEnum).
type PrivilegeIdentifier int32

// The privileges ("Privilege Constants").
const (
	PrivilegeCreateToken          PrivilegeIdentifier = 1
	PrivilegePrimaryToken         PrivilegeIdentifier = 2
	PrivilegeLockMemory           PrivilegeIdentifier = 3
	PrivilegeIncreaseQuota        PrivilegeIdentifier = 4
	PrivilegeMachineAccount       PrivilegeIdentifier = 5
	PrivilegeTcb                  PrivilegeIdentifier = 6
	PrivilegeSecurity             PrivilegeIdentifier = 7
	PrivilegeTakeOwnership        PrivilegeIdentifier = 8
	PrivilegeLoadDriver           PrivilegeIdentifier = 9
	PrivilegeSystemProfile        PrivilegeIdentifier = 10
	PrivilegeSystemtime           PrivilegeIdentifier = 11
	PrivilegeProfileSingleProcess PrivilegeIdentifier = 12
	PrivilegeIncreaseBasePriority PrivilegeIdentifier = 13
	PrivilegeCreatePagefile       PrivilegeIdentifier = 14
	PrivilegeCreatePermanent      PrivilegeIdentifier = 15
	PrivilegeBackup               PrivilegeIdentifier = 16
	PrivilegeRestore              PrivilegeIdentifier = 17
	PrivilegeShutdown             PrivilegeIdentifier = 18
	PrivilegeDebug                PrivilegeIdentifier = 19
	PrivilegeAudit                PrivilegeIdentifier = 20
	PrivilegeSystemEnvironment    PrivilegeIdentifier = 21
	PrivilegeChangeNotify         PrivilegeIdentifier = 22
	PrivilegeRemoteShutdown       PrivilegeIdentifier = 23
	PrivilegeUndock               PrivilegeIdentifier = 24
	PrivilegeSyncAgent            PrivilegeIdentifier = 25
	PrivilegeEnableDelegation     PrivilegeIdentifier = 26
	PrivilegeManageVolume         PrivilegeIdentifier = 27
)

// privilegeNames are the names between Se and Privilege, and what people read,
// by identifier.
var privilegeNames = [...]struct{ name, display string }{
	1:  {"CreateToken", "Create a token object"},
	2:  {"AssignPrimaryToken", "Replace a process level token"},
	3:  {"LockMemory", "Lock pages in memory"},
	4:  {"IncreaseQuota", "Adjust memory quotas for a process"},
	5:  {"MachineAccount", "Add workstations to domain"},
	6:  {"Tcb", "Act as part of the operating system"},
	7:  {"Security", "Manage auditing and security log"},
	8:  {"TakeOwnership", "Take ownership of files or other objects"},
	9:  {"LoadDriver", "Load and unload device drivers"},
	10: {"SystemProfile", "Profile system performance"},
	11: {"Systemtime", "Change the system time"},
	12: {"ProfileSingleProcess", "Profile single process"},
	13: {"IncreaseBasePriority", "Increase scheduling priority"},
	14: {"CreatePagefile", "Create a pagefile"},
	15: {"CreatePermanent", "Create permanent shared objects"},
	16: {"Backup", "Back up files and directories"},
	17: {"Restore", "Restore files and directories"},
	18: {"Shutdown", "Shut down the system"},
	19: {"Debug", "Debug programs"},
	20: {"Audit", "Generate security audits"},
	21: {"SystemEnvironment", "Modify firmware environment values"},
	22: {"ChangeNotify", "Bypass traverse checking"},
	23: {"RemoteShutdown", "Force shutdown from a remote system"},
	24: {"Undock", "Remove computer from docking station"},
	25: {"SyncAgent", "Synchronize directory service data"},
	26: {"EnableDelegation", "Enable computer and user accounts to be trusted for delegation"},
	27: {"ManageVolume", "Perform volume maintenance tasks"},
}

// privilegeByName returns the privilege with the short name of monikers; 0 if
// there is none.
func privilegeByName(name string) PrivilegeIdentifier {
	if cim.EqualNames(name, "IncreaseQuotaPrivilege") { // so says the page, Decision C-5
		return PrivilegeIncreaseQuota
	}
	for id := 1; id < len(privilegeNames); id++ {
		if cim.EqualNames(privilegeNames[id].name, name) {
			return PrivilegeIdentifier(id)
		}
	}
	return 0
}

// A privilege is an element of a set.
type privilege struct {
	id      PrivilegeIdentifier
	enabled bool
}

// A PrivilegeSet is a view of the privileges that an object asks for
// (SWbemPrivilegeSet). To be in the set does not mean to be held.
type PrivilegeSet struct {
	security *Security
}

func (s *PrivilegeSet) index(id PrivilegeIdentifier) int {
	return slices.IndexFunc(s.security.privileges, func(p privilege) bool { return p.id == id })
}

// Item returns a privilege of the set: ErrNotFound if it is not there.
func (s *PrivilegeSet) Item(id PrivilegeIdentifier) (*Privilege, error) {
	if s.index(id) < 0 {
		return nil, fail("SWbemPrivilegeSet.Item", ErrNotFound, "privilege %d is not in the set", id)
	}
	return &Privilege{s, id}, nil
}

// Count returns the number of privileges in the set.
func (s *PrivilegeSet) Count() int { return len(s.security.privileges) }

// All yields the privileges in the order in which they were added.
func (s *PrivilegeSet) All() iter.Seq[*Privilege] {
	return func(yield func(*Privilege) bool) {
		for _, p := range s.security.privileges {
			if !yield(&Privilege{s, p.id}) {
				return
			}
		}
	}
}

// Add adds a privilege, or replaces it if it is there: ErrFailed for a number
// that is none (scripting-api.md, Decision S-27).
func (s *PrivilegeSet) Add(id PrivilegeIdentifier, enabled bool) (*Privilege, error) {
	if id < 1 || int(id) >= len(privilegeNames) {
		return nil, fail("SWbemPrivilegeSet.Add", ErrFailed, "%d is no privilege", id)
	}
	s.set(privilege{id, enabled})
	return &Privilege{s, id}, nil
}

// set leaves the old slice alone: objects that were derived share it.
func (s *PrivilegeSet) set(p privilege) {
	if i := s.index(p.id); i >= 0 {
		s.security.privileges = slices.Clone(s.security.privileges)
		s.security.privileges[i] = p
		return
	}
	s.security.privileges = append(slices.Clip(s.security.privileges), p)
}

// AddAsString adds a privilege by its whole name, such as SeDebugPrivilege:
// ErrFailed for a name that is none.
func (s *PrivilegeSet) AddAsString(name string, enabled bool) (*Privilege, error) {
	short := name
	if len(name) > len("SePrivilege") && cim.EqualNames(name[:2], "Se") && cim.EqualNames(name[len(name)-len("Privilege"):], "Privilege") {
		short = name[2 : len(name)-len("Privilege")]
	}
	if short == name || privilegeByName(short) == 0 {
		return nil, fail("SWbemPrivilegeSet.AddAsString", ErrFailed, "%.60q is no privilege", name)
	}
	return s.Add(privilegeByName(short), enabled)
}

// Remove removes a privilege from the set: ErrNotFound if it is not there.
func (s *PrivilegeSet) Remove(id PrivilegeIdentifier) error {
	i := s.index(id)
	if i < 0 {
		return fail("SWbemPrivilegeSet.Remove", ErrNotFound, "privilege %d is not in the set", id)
	}
	s.security.privileges = slices.Delete(slices.Clone(s.security.privileges), i, i+1)
	return nil
}

// DeleteAll empties the set.
func (s *PrivilegeSet) DeleteAll() { s.security.privileges = nil }

// A Privilege is an element of a set (SWbemPrivilege). It is a view: one that
// was removed is disabled, and enabling it puts it back.
type Privilege struct {
	set *PrivilegeSet
	id  PrivilegeIdentifier
}

// IsEnabled reports whether the privilege is to be enabled.
func (p *Privilege) IsEnabled() bool {
	i := p.set.index(p.id)
	return i >= 0 && p.set.security.privileges[i].enabled
}

// SetIsEnabled says whether the privilege is to be enabled.
func (p *Privilege) SetIsEnabled(enabled bool) { p.set.set(privilege{p.id, enabled}) }

// Name returns the whole name, such as SeDebugPrivilege.
func (p *Privilege) Name() string { return "Se" + privilegeNames[p.id].name + "Privilege" }

// DisplayName returns what people read, such as "Shut down the system".
func (p *Privilege) DisplayName() string { return privilegeNames[p.id].display }

// Identifier returns the number.
func (p *Privilege) Identifier() PrivilegeIdentifier { return p.id }

// monikerText returns the privileges as a moniker has them, "" for none.
func (s *PrivilegeSet) monikerText() string {
	var items []string
	for _, p := range s.security.privileges {
		item := privilegeNames[p.id].name
		if !p.enabled {
			item = "!" + item
		}
		items = append(items, item)
	}
	if items == nil {
		return ""
	}
	return "(" + strings.Join(items, ",") + ")"
}
