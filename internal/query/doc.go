// Package query answers WQL: it checks a query against the classes of a
// namespace, plans where to look, and looks there (wql.md; [MS-WMI]
// 3.1.4.3.18).
//
//	v, err := ns.View()
//	...
//	defer v.Close()
//	plan, err := query.Prepare(ctx, v, q, query.Options{})
//	...
//	for obj, err := range plan.Run(ctx, v) {
//
// A Filter is a condition, compiled against a class. It looks at a Row, which
// may be a stored record that is not decoded, an instance, or a class. Event
// queries use the same filters, and the same Projection.
//
// A Plan is data: it can be printed, never changes, and may be run by any
// number of goroutines, each with its own View. What a run counts belongs to the
// run; Analyze prints it beside the plan. One run reads one state of the
// namespace. It is bounded by a Budget and ends with its context.
//
// Where a plan looks is only a question of speed: every row, wherever it comes
// from, is matched with the whole condition.
//
// The package knows nothing of callers and rights. Instances of dynamic classes
// come from a Source that the caller supplies.
package query
