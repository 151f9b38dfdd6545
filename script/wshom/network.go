package wshom

import (
	"iter"
	"slices"

	"openwmi/script/automation"
	"openwmi/script/vbscript"
)

// A network is a WScript.Network: the names of the computer and of the user, which are
// no secret. Drives and printers of a network are not for scripts to connect. "WshNetwork
// Object"
type network struct{ r *Runtime }

var networkClass = &automation.Class{
	Name: "IWshNetwork2", Type: (*network)(nil),
	Members: []automation.Member{
		{Signature: "AddPrinterConnection(local, remote, update=false, user=missing, password=missing)", Get: (*network).addPrinter},
		{Signature: `AddWindowsPrinterConnection(printer, driver="", port="LPT1")`, Get: (*network).addWindowsPrinter},
		{Signature: "ComputerName", Get: (*network).computerName},
		{Signature: "EnumNetworkDrives()", Get: (*network).none},
		{Signature: "EnumPrinterConnections()", Get: (*network).none},
		{Signature: "MapNetworkDrive(local, remote, update=false, user=missing, password=missing)", Get: (*network).mapDrive},
		{Signature: "RemoveNetworkDrive(name, force=false, update=false)", Get: (*network).removeDrive},
		{Signature: "RemovePrinterConnection(name, force=false, update=false)", Get: (*network).removePrinter},
		{Signature: "SetDefaultPrinter(name)", Get: (*network).setDefaultPrinter},
		{Signature: "UserDomain", Get: (*network).userDomain},
		{Signature: "UserName", Get: (*network).userName},
	},
}

func (n *network) computerName() string { return n.r.opts.Computer }
func (n *network) userName() string     { return n.r.opts.User }

// userDomain returns the name of the computer, which is the domain of its own users.
func (n *network) userDomain() string { return n.r.opts.Computer }

func (n *network) none() *collection { return &collection{} }

const (
	noPrinters = "printers of a network are not connected here"
	noDrives   = "drives of a network are not connected here"
)

func (n *network) addPrinter(_, _ string, _ bool, _, _ vbscript.Value) error {
	return refuse("AddPrinterConnection", noPrinters)
}

func (n *network) addWindowsPrinter(_, _, _ string) error {
	return refuse("AddWindowsPrinterConnection", noPrinters)
}

func (n *network) mapDrive(_, _ string, _ bool, _, _ vbscript.Value) error {
	return refuse("MapNetworkDrive", noDrives)
}

func (n *network) removeDrive(_ string, _, _ bool) error {
	return refuse("RemoveNetworkDrive", noDrives)
}

func (n *network) removePrinter(_ string, _, _ bool) error {
	return refuse("RemovePrinterConnection", noPrinters)
}

func (n *network) setDefaultPrinter(string) error { return refuse("SetDefaultPrinter", noPrinters) }

// A collection is a WshCollection: strings by their number.
type collection struct{ list []string }

var collectionClass = &automation.Class{
	Name: "IWshCollection", Type: (*collection)(nil), Default: "Item", Each: (*collection).each,
	Members: []automation.Member{
		{Signature: "Count()", Get: (*collection).count},
		{Signature: "Item(index)", Get: (*collection).item},
		{Signature: "Length", Get: (*collection).count},
	},
}

func (c *collection) count() int             { return len(c.list) }
func (c *collection) each() iter.Seq[string] { return slices.Values(c.list) }

func (c *collection) item(i int) (string, error) {
	if i < 0 || i >= len(c.list) {
		return "", vbscript.NewError(9, "")
	}
	return c.list[i], nil
}
