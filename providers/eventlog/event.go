package eventlog

import (
	"context"
	"iter"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
)

// ClassEvent is the class of entries.
const ClassEvent = "Win32_NTLogEvent"

// events are the entries of the journal.
func (p *Provider) events() *live.Class[record] {
	return &live.Class[record]{
		Name: ClassEvent,
		All:  func(ctx context.Context) iter.Seq2[*record, error] { return p.search(ctx, search{}) },
		Search: func(ctx context.Context, q *provider.Query) iter.Seq2[*record, error] {
			return p.search(ctx, searchFor(q))
		},
		Fields: []live.Field[record]{
			{Name: "Logfile", Get: func(r *record) cim.Value { return cim.StringValue(r.logfile()) }},
			{Name: "RecordNumber", Get: (*record).recordNumber},
			{Name: "TimeGenerated", Get: (*record).time},
			{Name: "TimeWritten", Get: (*record).time},
			{Name: "EventType", Get: func(r *record) cim.Value {
				if t := r.eventType(); t != 0 {
					return cim.Uint8Value(t)
				}
				return cim.Value{}
			}},
			{Name: "Type", Get: func(r *record) cim.Value { return live.Text(types[r.eventType()]) }},
			{Name: "SourceName", Get: (*record).source},
			{Name: "Message", Get: func(r *record) cim.Value { return r.text("MESSAGE") }},
			{Name: "ComputerName", Get: func(r *record) cim.Value { return r.text("_HOSTNAME") }},
			{Name: "User", Get: (*record).user},
			{Name: "Category", Get: (*record).category},
			{Name: "CategoryString", Get: (*record).categoryString},
			{Name: "EventIdentifier", Get: func(r *record) cim.Value {
				if n, ok := r.identifier(); ok {
					return cim.Uint32Value(n)
				}
				return cim.Value{}
			}},
			{Name: "EventCode", Get: func(r *record) cim.Value {
				if n, ok := r.identifier(); ok {
					return cim.Uint16Value(uint16(n))
				}
				return cim.Value{}
			}},
			{Name: "InsertionStrings", Get: (*record).insertions},
			{Name: "Data", Get: (*record).data},
		},
	}
}
