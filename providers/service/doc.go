// Package service supplies Win32_Service and Win32_DependentService from systemd,
// over D-Bus: a service of Windows is a unit of systemd whose name ends in
// .service, and its Name is that of the unit without this ending. A path or a query
// may have the ending too; the Name of what it finds then has it as well.
//
// A service is looked up by its name with one call, which returns all of its
// properties; a list takes two, one for the units that are loaded and one for
// the files of units, and another one for each service of which a property is
// wanted that these do not have. Aliases and templates are no services.
//
// What starts or stops a service returns when that has happened, or not
// (Options.JobTimeout). Where there is no systemd on the bus everything is
// NotAvailable.
//
// "Win32_Service class" in the WMI documentation; org.freedesktop.systemd1(5)
package service
