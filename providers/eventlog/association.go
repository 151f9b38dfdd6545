package eventlog

import (
	"context"
	"iter"
	"strings"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/providers/live"
)

// reference returns the path of an entry.
func (r *record) reference() cim.Value {
	return cim.ReferenceValue(cim.Path{Class: ClassEvent, Keys: []cim.Key{
		cim.NewKey("Logfile", cim.StringValue(r.logfile())), cim.NewKey("RecordNumber", r.recordNumber()),
	}}.String())
}

// association returns the class of associations of each entry with one other
// object.
func (p *Provider) association(class, property string, other func(*record) cim.Value) *live.Class[record] {
	return &live.Class[record]{
		Name: class,
		All:  func(ctx context.Context) iter.Seq2[*record, error] { return p.search(ctx, search{}) },
		Search: func(ctx context.Context, q *provider.Query) iter.Seq2[*record, error] {
			return p.search(ctx, searchAssociation(q))
		},
		Fields: []live.Field[record]{{Name: property, Get: other}, {Name: "Record", Get: (*record).reference}},
	}
}

// inLogs are the entries and their logs.
func (p *Provider) inLogs() *live.Class[record] {
	return p.association("Win32_NTLogEventLog", "Log", func(r *record) cim.Value {
		return cim.ReferenceValue(cim.Path{Class: ClassFile, Keys: []cim.Key{cim.NewKey("Name", cim.StringValue(filePath(r.dir, r.logfile())))}}.String())
	})
}

// onComputers are the entries and this computer, in whose journal they are.
func (p *Provider) onComputers() *live.Class[record] {
	return p.association("Win32_NTLogEventComputer", "Computer", func(*record) cim.Value {
		return cim.ReferenceValue(cim.Path{Class: "Win32_ComputerSystem", Keys: []cim.Key{cim.NewKey("Name", p.sys.ComputerName())}}.String())
	})
}

// searchAssociation returns what a query of associations can be content with: what
// is known of the keys of the objects is a query of entries.
func searchAssociation(q *provider.Query) search {
	var s search
	for _, c := range q.Conditions {
		var values []cim.Value
		property, key := "", ""
		switch {
		case cim.EqualNames(c.Property, "Record"):
			property, key = "RecordNumber", "RecordNumber"
		case cim.EqualNames(c.Property, "Log"):
			property, key = "Logfile", "Name"
		}
		for _, ref := range c.In {
			if v, ok := keyOf(ref, key); ok {
				values = append(values, v)
			}
		}
		if property != "" && c.In != nil {
			s.narrow(provider.Condition{Property: property, In: values})
		}
	}
	return s
}

// keyOf returns a key of the object that a path names: a number, or of a log its
// name.
func keyOf(ref cim.Value, name string) (cim.Value, bool) {
	path, err := cim.ParsePath(ref.Text())
	if err != nil {
		return cim.Value{}, false
	}
	for _, k := range path.Keys {
		switch {
		case name == "Name" && (k.Name == "" || cim.EqualNames(k.Name, name)):
			text := k.Normal().Text
			return cim.StringValue(text[strings.LastIndexByte(text, '#')+1:]), true
		case cim.EqualNames(k.Name, name):
			v, err := cim.ParseInteger(k.Normal().Text, cim.TypeUint32)
			return v, err == nil
		}
	}
	return cim.Value{}, false
}
