// Package view is the view provider: classes whose instances are made of those
// of other classes, in any namespaces of the computer, without a program
// ("View Provider" in the WMI documentation; system-classes.md 10;
// doc/views.md).
//
// Qualifiers of the class say what it is made of:
//
//	[Union, dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"),
//	 ViewSources{"SELECT * FROM Disk", "SELECT * FROM Tape WHERE Loaded = TRUE"},
//	 ViewSpaces{"\\\\.\\root\\cimv2", "\\\\.\\root\\default"}]
//	class Medium {
//		[key, PropertySources{"DeviceID", "Slot"}] string Name;
//		[PropertySources{"Size", ""}] uint64 Size;
//	};
//
// A union has the instances of all sources, a join (JoinOn) those combinations
// of them that meet a condition, an association view (Association) associations
// between the objects of other views.
//
// The sources are asked through the namespaces of the request, so that callers
// see what they may see: without rights in the namespace of a source a view is
// AccessDenied for them. What a query says of the properties of a view becomes
// part of the queries for its sources.
//
// A declaration is read when it is used first, and kept as long as the class
// stays as it is. What is wrong with it is InvalidClass, with the name of the
// class, of the qualifier, and the number of the entry in it.
package view
