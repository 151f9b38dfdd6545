// Package interop supplies the interop namespace, root\interop, in which clients
// of CIM-XML find out what a server has, and in which they subscribe to
// indications.
//
//	p := interop.New(interop.Options{Version: "1.2"})
//	m, err := cimom.Open(dir, cimom.Options{Providers: map[string]any{interop.Name: p}})
//	...
//	err = interop.Install(ctx, m)
//
// CIM_ObjectManager is this program, and each namespace that the caller may know
// of a CIM_Namespace: to put one creates it and those above it, to delete one
// that has no classes deletes it. CIM_RegisteredProfile says which profiles of
// DMTF are followed.
//
// # Indications
//
// A CIM_ListenerDestinationCIMXML is kept together with a logical consumer, a
// CIM_IndicationFilter with an __EventFilter for each of its namespaces, and a
// CIM_IndicationSubscription with a binding of these, so that indications are
// queued and delivered like all events of permanent subscriptions. Queries may be
// in WQL or in what CQL has in common with it: CIM_InstCreation,
// CIM_InstModification, CIM_InstDeletion, and CIM_InstIndication for all three,
// are the events of instances, and SourceInstance is TargetInstance.
//
// A class whose instances a provider supplies is polled every PollInterval, unless
// the query says WITHIN.
package interop
