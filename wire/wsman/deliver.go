package wsman

import (
	"context"
	"slices"
	"strings"
	"time"

	"openwmi/cim"
	xml "openwmi/cim/cimxml"
	"openwmi/wbem"
	"openwmi/wire/internal/lease"
)

// Prefixes of the elements that have objects: an Enumerate that is optimized and
// a Pull have different ones.
const (
	nsPrefixWSMan       = "w"
	nsPrefixEnumeration = "n"
)

const uuidPrefix = "uuid:"

func unprefixed(id string) string { return strings.TrimPrefix(id, uuidPrefix) }

// endTime is how long an answer that is full waits for the end of an enumeration,
// which mostly follows at once and saves a Pull.
const endTime = 10 * time.Millisecond

// deliver answers with at most max objects of an enumeration, as many as there is
// room for, and ends it if there are no more. When the time is over it returns
// those that it has; without any that is a fault, and the enumeration stays. It
// stays as well for whoever has not room enough for one object.
// prefix is that of the elements with the objects. DSP0226 8.4
func (x *exchange) deliver(ctx context.Context, l *lease.Lease, element, prefix string, max int) error {
	en := l.Open.(*enumeration)
	// later fails this request, and not the next Pull. An Enumerate has not yet
	// said what to pull.
	later := func(err error) error {
		if prefix == nsPrefixWSMan {
			x.server.leases.Drop(l)
		} else if x.server.leases.Keep(l) == "" {
			return wbem.ShuttingDown
		}
		return err
	}
	list := make([]byte, 0, en.size+en.size/8+4<<10)
	n, over, room := 0, false, x.room()
	for n < max {
		next, err := en.peek(ctx)
		switch {
		case err != nil && n == 0:
			return later(ended(ctx, err))
		case next != nil && next.err != nil && n == 0:
			x.server.leases.Drop(l)
			return next.err
		}
		if over = next == nil && err == nil; over || err != nil || next.err != nil {
			break // what is wrong is said to the next Pull
		}
		before := len(list)
		if list, err = en.append(list, next.object); err != nil {
			en.next = &found{err: err}
			continue
		}
		if len(list) > room {
			if n > 0 {
				list = list[:before]
				break
			}
			return later(newFault(faultEncodingLimit, "MaxEnvelopeSizeExceeded", wbem.QuotaViolation, "an object has more than %d bytes", room))
		}
		en.next = nil
		n++
	}
	if n == max && n > 0 { // whether it was the last, if that is known already
		soon, cancel := context.WithTimeout(ctx, endTime)
		next, err := en.peek(soon)
		cancel()
		over = next == nil && err == nil
	}
	en.size = len(list)
	id := ""
	if over {
		x.server.leases.Drop(l)
	} else if id = x.server.leases.Keep(l); id == "" {
		return wbem.ShuttingDown
	}
	x.estimated()
	x.body = appendItems(x.body, element, prefix, id, list, max > 0, over)
	return nil
}

// room is how many bytes of objects an answer has room for: in UTF-16 what is
// ASCII takes twice as many.
func (x *exchange) room() int {
	size := x.request.envelope
	if x.wide {
		size /= 2
	}
	return size - envelopeEnd - len(xml.AppendText(nil, x.id))
}

// estimated answers a request for how many objects there are: nobody knows.
// DSP0226 8.3
func (x *exchange) estimated() {
	if x.estimate {
		x.head = append(x.head, `<w:TotalItemsCountEstimate xsi:nil="true"/>`...)
	}
}

// appendItems appends the answer to an Enumerate or a Pull. An Enumerate always
// has a context, if only an empty one.
func appendItems(b []byte, element, prefix, id string, list []byte, items, over bool) []byte {
	b = slices.Grow(b, len(list)+512)
	b = append(b, "<n:"+element+">"...)
	if id != "" {
		b = append(b, "<n:EnumerationContext>"+uuidPrefix...)
		b = xml.AppendText(b, id)
		b = append(b, "</n:EnumerationContext>"...)
	} else if prefix == nsPrefixWSMan {
		b = append(b, "<n:EnumerationContext/>"...)
	}
	if items {
		b = append(b, "<"+prefix+":Items>"...)
		b = append(b, list...)
		b = append(b, "</"+prefix+":Items>"...)
	}
	if over {
		b = append(b, "<"+prefix+":EndOfSequence/>"...)
	}
	return append(b, "</n:"+element+">"...)
}

// append appends an object as the enumeration shows it.
func (e *enumeration) append(b []byte, o cim.Object) ([]byte, error) {
	inst, ok := o.(*cim.Instance)
	if !ok {
		return b, newFault(faultUnsupportedFeature, "", wbem.NotSupported, "classes are not enumerated")
	}
	if e.mode == modeObject {
		return e.appendObject(b, inst), nil
	}
	path, ok := cim.RelPath(inst)
	if !ok {
		return b, newFault(faultUnsupportedFeature, "EnumerationMode", wbem.InvalidObjectPath, "an object of class %s has no path", inst.ClassName())
	}
	if e.as != nil {
		path.Class = e.as.Name()
	}
	if at := inst.Origin(); at != nil {
		path.Namespace = at.Namespace
	}
	if e.mode == modeObjectAndEPR {
		b = append(b, "<w:Item>"...)
		b = e.appendObject(b, inst)
	}
	b = append(b, "<a:EndpointReference>"...)
	b = appendReference(b, e.resource, e.resource.in(inst.Origin(), path.Class), path)
	b = append(b, "</a:EndpointReference>"...)
	if e.mode == modeObjectAndEPR {
		b = append(b, "</w:Item>"...)
	}
	return b, nil
}

// appendObject appends an instance. What a query has left something out of is a
// fragment, as WinRM has it.
func (e *enumeration) appendObject(b []byte, inst *cim.Instance) []byte {
	if cim.ObjectFlags(inst.Class())&flagPruned == 0 {
		return appendInstance(b, e.resource, inst, e.as, e.only)
	}
	b = append(b, "<w:XmlFragment"...)
	b = appendBinding(b, outer, e.resource.in(inst.Origin(), inst.ClassName()))
	b = append(b, '>')
	b = appendProperties(b, e.resource, outer, inst)
	return append(b, "</w:XmlFragment>"...)
}

// flagPruned is that of cim.ObjectFlags for a class of which something is left
// out.
const flagPruned = 0x10
