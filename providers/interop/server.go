package interop

import (
	"openwmi/cim"
)

const (
	systemClass           = "CIM_ComputerSystem"
	managerClass          = "CIM_ObjectManager"
	managerName           = "OpenWMI"
	indicationServiceName = "OpenWMI:Indications"
)

// service returns what all services have.
func service(class, name, server string) row {
	return row{
		"SystemCreationClassName": cim.StringValue(systemClass),
		"SystemName":              cim.StringValue(server),
		"CreationClassName":       cim.StringValue(class),
		"Name":                    cim.StringValue(name),
		"Started":                 cim.BoolValue(true),
		"EnabledState":            cim.Uint16Value(2), // Enabled
		"OperationalStatus":       cim.TextsValue(cim.TypeString, []string{"2"}),
	}
}

// servicePath returns the path of a service.
func servicePath(class, name, server string) cim.Path {
	return cim.Path{Class: class, Keys: []cim.Key{
		cim.NewKey("CreationClassName", cim.StringValue(class)),
		cim.NewKey("Name", cim.StringValue(name)),
		cim.NewKey("SystemCreationClassName", cim.StringValue(systemClass)),
		cim.NewKey("SystemName", cim.StringValue(server)),
	}}
}

// manager returns the object manager.
func (p *Provider) manager(server string) row {
	v := service(managerClass, managerName, server)
	text := "OpenWMI"
	if p.opts.Version != "" {
		text += " version " + p.opts.Version
	}
	v["ElementName"] = cim.StringValue("OpenWMI")
	v["Description"] = cim.StringValue(text)
	v["GatherStatisticalData"] = cim.BoolValue(false)
	return v
}

// indicationService returns what is known of indications.
func indicationService(server string) row {
	v := service("CIM_IndicationService", indicationServiceName, server)
	v["ElementName"] = cim.StringValue("Indications")
	v["FilterCreationEnabled"] = cim.BoolValue(true)
	v["SubscriptionRemovalAction"] = cim.Uint16Value(4) // Ignore
	return v
}

// A profile is one of DMTF that is followed.
type profile struct{ name, version string }

var (
	registrationProfile = profile{"Profile Registration", "1.1.0"} // DSP1033
	indicationsProfile  = profile{"Indications", "1.2.2"}          // DSP1054
)

func (p profile) id() string { return "OpenWMI:DMTF:" + p.name + ":" + p.version }

func profilePath(p profile) cim.Value {
	path := cim.Path{Class: "CIM_RegisteredProfile", Keys: []cim.Key{cim.NewKey("InstanceID", cim.StringValue(p.id()))}}
	return cim.ReferenceValue(path.String())
}

func profiles() []row {
	var rows []row
	for _, p := range []profile{registrationProfile, indicationsProfile} {
		advertised, err := cim.ArrayValue(cim.TypeUint16, cim.Uint16Value(2)) // Not Advertised
		if err != nil {
			panic(err) // the element is of the type
		}
		rows = append(rows, row{
			"InstanceID":             cim.StringValue(p.id()),
			"ElementName":            cim.StringValue(p.name),
			"SpecificationType":      cim.Uint16Value(2), // Profile
			"RegisteredOrganization": cim.Uint16Value(2), // DMTF
			"RegisteredName":         cim.StringValue(p.name),
			"RegisteredVersion":      cim.StringValue(p.version),
			"AdvertiseTypes":         advertised,
		})
	}
	return rows
}
