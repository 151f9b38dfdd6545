package access

import "openwmi/cim"

// Well-known SIDs. [MS-DTYP] 2.4.2.4
var (
	Everyone           = NewSID(1, 0)
	OwnerRights        = NewSID(3, 4)
	Network            = NewSID(5, 2) // who calls from another computer
	Anonymous          = NewSID(5, 7)
	AuthenticatedUsers = NewSID(5, 11)
	LocalSystem        = NewSID(5, 18) // the service itself
	LocalService       = NewSID(5, 19)
	NetworkService     = NewSID(5, 20)
	Administrators     = NewSID(5, 32, 544)
	Users              = NewSID(5, 32, 545)
)

// sidNames are the abbreviations that SDDL has for SIDs which are the same on
// every computer. [MS-DTYP] 2.5.1.1, sid-token
var sidNames = map[string]SID{
	"AA": NewSID(5, 32, 579), // access control assistance operators
	"AC": NewSID(15, 2, 1),   // all application packages
	"AN": Anonymous,
	"AO": NewSID(5, 32, 548), // account operators
	"AS": NewSID(18, 1),      // authentication authority asserted identity
	"AU": AuthenticatedUsers,
	"BA": Administrators,
	"BG": NewSID(5, 32, 546), // guests
	"BO": NewSID(5, 32, 551), // backup operators
	"BU": Users,
	"CD": NewSID(5, 32, 574), // certificate service DCOM access
	"CG": NewSID(3, 1),       // creator group
	"CO": NewSID(3, 0),       // creator owner
	"CY": NewSID(5, 32, 569), // cryptographic operators
	"ED": NewSID(5, 9),       // enterprise domain controllers
	"ER": NewSID(5, 32, 573), // event log readers
	"ES": NewSID(5, 32, 576), // remote desktop endpoint servers
	"HA": NewSID(5, 32, 578), // Hyper-V administrators
	"HI": NewSID(16, 12288),  // high integrity
	"IS": NewSID(5, 32, 568), // IIS users
	"IU": NewSID(5, 4),       // interactive
	"LS": LocalService,
	"LU": NewSID(5, 32, 559), // performance log users
	"LW": NewSID(16, 4096),   // low integrity
	"ME": NewSID(16, 8192),   // medium integrity
	"MP": NewSID(16, 8448),   // medium plus integrity
	"MS": NewSID(5, 32, 577), // management servers
	"MU": NewSID(5, 32, 558), // performance monitor users
	"NO": NewSID(5, 32, 556), // network configuration operators
	"NS": NetworkService,
	"NU": Network,
	"OW": OwnerRights,
	"PO": NewSID(5, 32, 550), // print operators
	"PS": NewSID(5, 10),      // self
	"PU": NewSID(5, 32, 547), // power users
	"RA": NewSID(5, 32, 575), // remote access servers
	"RC": NewSID(5, 12),      // restricted code
	"RD": NewSID(5, 32, 555), // remote desktop users
	"RE": NewSID(5, 32, 552), // replicator
	"RM": NewSID(5, 32, 580), // remote management users
	"RU": NewSID(5, 32, 554), // pre-Windows 2000 compatible access
	"SI": NewSID(16, 16384),  // system integrity
	"SO": NewSID(5, 32, 549), // server operators
	"SS": NewSID(18, 2),      // service asserted identity
	"SU": NewSID(5, 6),       // service
	"SY": LocalSystem,
	"UD": NewSID(5, 84, 0, 0, 0, 0, 0), // user mode drivers
	"WD": Everyone,
	"WR": NewSID(5, 33), // write restricted code
}

// sidDomainNames are the abbreviations that stand for SIDs of a domain or of one
// computer, which differ from place to place.
var sidDomainNames = map[string]bool{
	"AP": true, "CA": true, "CN": true, "DA": true, "DC": true, "DD": true, "DG": true, "DU": true, "EA": true,
	"EK": true, "KA": true, "LA": true, "LG": true, "PA": true, "RO": true, "RS": true, "SA": true,
}

// sidAbbreviations is sidNames the other way round.
var sidAbbreviations = func() map[SID]string {
	m := make(map[SID]string, len(sidNames))
	for name, s := range sidNames {
		m[s] = name
	}
	return m
}()

// friendlyNames are what people call some of them.
var friendlyNames = map[SID]string{
	Everyone:           "Everyone",
	OwnerRights:        "Owner Rights",
	Network:            "Network",
	Anonymous:          "Anonymous",
	AuthenticatedUsers: "Authenticated Users",
	LocalSystem:        "System",
	LocalService:       "Local Service",
	NetworkService:     "Network Service",
	Administrators:     "Administrators",
	Users:              "Users",
}

// Name returns what people call s, which is the same on every computer, else
// what String does.
func (s SID) Name() string {
	if name, ok := friendlyNames[s]; ok {
		return name
	}
	return s.String()
}

// NamedSID returns the SID with such a name, without regard to case.
func NamedSID(name string) (SID, bool) {
	for s, n := range friendlyNames {
		if cim.EqualNames(n, name) {
			return s, true
		}
	}
	return SID{}, false
}
