// Package live makes providers of classes whose instances are read from a running
// system when they are asked for.
//
// A Class says how the objects of one class are found and what each of its
// properties is. The objects are values of a Go type that read what they need
// when a property wants it: a query for two properties reads what these two need
// and nothing else. A Provider has several classes; it can do all that a provider
// of package provider can which only reads, and methods.
//
//	var classes = &live.Class[disk]{
//		Name:   "Disk",
//		All:    disks,
//		Find:   map[string]live.Finder[disk]{"Id": diskByID},
//		Fields: []live.Field[disk]{{Name: "Id", Get: (*disk).id}, ...},
//	}
//	p := live.New(classes)
//
// Everything here can be used by several goroutines.
package live
