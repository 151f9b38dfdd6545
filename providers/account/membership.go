package account

import (
	"slices"

	"openwmi/cim"
	"openwmi/providers/live"
)

// A membership is a user in a group: that of his own, or one that lists him.
type membership struct {
	group, user string
}

func (a *accounts) memberships() ([]*membership, error) {
	users, err := a.users()
	if err != nil {
		return nil, err
	}
	groups, err := a.groups()
	if err != nil {
		return nil, err
	}
	byGroup := map[string][]string{} // names by the number of their own group
	names := map[string]bool{}
	for _, u := range users {
		byGroup[u.group] = append(byGroup[u.group], u.name)
		names[u.name] = true
	}
	var all []*membership
	for _, g := range groups {
		members := slices.Clone(byGroup[g.id])
		for _, m := range g.members {
			if names[m] { // and not from another computer
				members = append(members, m)
			}
		}
		slices.Sort(members)
		for _, m := range slices.Compact(members) {
			all = append(all, &membership{g.name, m})
		}
	}
	return all, nil
}

// reference returns the path of an account.
func reference(sys *live.System, class, name string) cim.Value {
	return cim.ReferenceValue(cim.Path{Class: class, Keys: []cim.Key{
		cim.NewKey("Domain", sys.ComputerName()), cim.NewKey("Name", cim.StringValue(name)),
	}}.String())
}

func memberships(sys *live.System) *live.Class[membership] {
	return &live.Class[membership]{
		Name: "Win32_GroupUser",
		All:  each(func() ([]*membership, error) { return (&accounts{sys: sys}).memberships() }),
		Fields: []live.Field[membership]{
			{Name: "GroupComponent", Get: func(m *membership) cim.Value { return reference(sys, "Win32_Group", m.group) }},
			{Name: "PartComponent", Get: func(m *membership) cim.Value { return reference(sys, "Win32_UserAccount", m.user) }},
		},
	}
}
