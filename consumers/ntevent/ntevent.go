// Package ntevent writes a record to the log of the system for each event: the
// standard consumer NTEventLogEventConsumer. events.md 10.4
//
// The log is the first of these that there is: the journal of systemd, which
// keeps every part of a record as a field; the system logger, which keeps a
// line; and the log of the service.
//
//	MESSAGE            the strings, with blanks between them
//	PRIORITY           3 for errors, 4 for warnings, 5 for audits, 6 for others
//	SYSLOG_IDENTIFIER  SourceName, as SOURCE
//	EVENT_ID, EVENT_TYPE, CATEGORY
//	STRING_1, ...      the strings
//	RAW_DATA, USER_SID if the event has them
//	WMI_EVENT_ID       the same when an event is delivered again
//	WMI_EVENT_NAMESPACE, WMI_EVENT_CLASS
package ntevent

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"openwmi/cim"
	"openwmi/consumers"
	"openwmi/consumers/internal/logical"
	"openwmi/internal/access"
	"openwmi/provider"
	"openwmi/wbem"
)

// Class is the class of the logical consumers.
const Class = "NTEventLogEventConsumer"

// maxStrings is how many strings a record has. The journal takes a thousand
// fields.
const maxStrings = 256

// Options of a Consumer. The zero value writes to the log of the system.
type Options struct {
	// Logger is the log of the service; nil is slog.Default.
	Logger *slog.Logger

	// Computer is the name of this computer; "" asks the system.
	Computer string

	// Journal and Syslog are the sockets of the journal and of the system
	// logger; "" are those of the system.
	Journal, Syslog string
}

// A Consumer writes records. It may be used by several goroutines.
type Consumer struct {
	log             *slog.Logger
	computer        string
	journal, syslog []string // where the sockets may be
}

var _ provider.EventConsumer = (*Consumer)(nil)

// New returns a consumer.
func New(o Options) *Consumer {
	c := &Consumer{
		log: o.Logger, computer: o.Computer,
		journal: []string{"/run/systemd/journal/socket"},
		syslog:  []string{"/dev/log", "/var/run/syslog", "/var/run/log"},
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	if c.computer == "" {
		c.computer, _ = os.Hostname() // without a name it has only those that all have
	}
	if o.Journal != "" {
		c.journal = []string{o.Journal}
	}
	if o.Syslog != "" {
		c.syslog = []string{o.Syslog}
	}
	return c
}

// Validate reports what is wrong with a logical consumer whatever the event is:
// InvalidParameter, also for fewer templates than NumberOfInsertionStrings
// says, for which a put is to be refused (events.md 10.4), and NotSupported for
// another computer.
func (c *Consumer) Validate(consumer *cim.Instance) error {
	_, err := c.form(consumer)
	return err
}

// A form is what records are made from.
type form struct {
	source    string
	id        uint64
	typ       uint64
	category  uint64
	strings   []*consumers.Template
	raw, user string // properties of events, "" for none
	priority  int
	consumer  string // what it is called in logs
	log       *slog.Logger
}

// priorities are those of records by EventType. events.md 10.4, Decision
var priorities = map[uint64]int{0: 6, 1: 3, 2: 4, 4: 6, 8: 5, 16: 5}

func (c *Consumer) form(consumer *cim.Instance) (*form, error) {
	get := func(name string) cim.Value { return logical.Property(consumer, name) }
	f := &form{
		source: strings.ToValidUTF8(cmp.Or(get("SourceName").Text(), "WinMgmt"), "\uFFFD"),
		id:     get("EventID").Uint(),
		typ:    get("EventType").Uint(), category: get("Category").Uint(),
		raw: get("NameOfRawDataProperty").Text(), user: get("NameOfUserSIDProperty").Text(),
		consumer: logical.Describe(consumer), log: c.log,
	}
	if get("EventType").IsNull() {
		f.typ = 1
	}
	templates, count := get("InsertionStringTemplates").Texts(), get("NumberOfInsertionStrings").Uint()
	priority, ok := priorities[f.typ]
	switch {
	case !ok:
		return nil, cim.Errorf(wbem.InvalidParameter, "EventType is %d, which is none of 0, 1, 2, 4, 8 and 16", f.typ)
	case strings.ContainsAny(f.source, ":\r\n\x00"):
		return nil, cim.Errorf(wbem.InvalidParameter, "SourceName is %.100q, and must have no colon and be one line", f.source)
	case count > uint64(len(templates)):
		return nil, cim.Errorf(wbem.InvalidParameter, "NumberOfInsertionStrings is %d, and InsertionStringTemplates has %d", count, len(templates))
	case count > maxStrings:
		return nil, cim.Errorf(wbem.InvalidParameter, "NumberOfInsertionStrings is %d, and a record has up to %d", count, maxStrings)
	case !c.isLocal(get("UNCServerName").Text()):
		return nil, cim.Errorf(wbem.NotSupported, "UNCServerName is %.100q, and only the log of this computer can be written", get("UNCServerName").Text())
	}
	f.priority = priority
	for _, text := range templates[:count] {
		f.strings = append(f.strings, logical.Trace(c.log, consumer, consumers.ParseTemplate(text)))
	}
	return f, nil
}

func (c *Consumer) isLocal(server string) bool {
	server = strings.TrimLeft(server, `\`)
	return server == "" || server == "." || cim.EqualNames(server, "localhost") || cim.EqualNames(server, c.computer)
}

// Consume implements provider.EventConsumer: a record for each event. The errors
// are those of Validate, QuotaViolation for a record that is too long, Timeout
// for a log that takes nothing, and Failed.
func (c *Consumer) Consume(ctx context.Context, consumer *cim.Instance, events []provider.Event) error {
	f, err := c.form(consumer)
	if err != nil {
		return err
	}
	w := &logWriter{c: c}
	defer w.close()
	return logical.Each(ctx, events, func(e *provider.Event) error {
		r, err := f.record(e)
		if err != nil {
			return err
		}
		return w.write(r)
	})
}

// A record is what is written for an event.
type record struct {
	priority int
	id       uint64
	source   string
	message  string
	fields   []field // these and all others but for the message
}

type field struct{ name, value string }

func (f *form) record(e *provider.Event) (*record, error) {
	r := &record{priority: f.priority, id: f.id, source: f.source, fields: []field{
		{"PRIORITY", fmt.Sprint(f.priority)}, {"SYSLOG_IDENTIFIER", f.source}, {"SOURCE", f.source}, {"EVENT_ID", fmt.Sprint(f.id)}, {"EVENT_TYPE", fmt.Sprint(f.typ)}, {"CATEGORY", fmt.Sprint(f.category)},
	}}
	var texts []string
	for i, t := range f.strings {
		text, err := t.Expand(e.Instance)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
		r.fields = append(r.fields, field{fmt.Sprintf("STRING_%d", i+1), text})
	}
	if r.message = strings.Join(texts, " "); strings.TrimSpace(r.message) == "" {
		r.message = fmt.Sprintf("event %d of %s", f.id, f.source)
	}
	if v, ok := f.property(e, f.raw); ok {
		data := v.String()
		if v.Type() == cim.TypeUint8.ArrayOf() {
			data = string(v.Bytes())
		}
		r.fields = append(r.fields, field{"RAW_DATA", data})
	}
	if v, ok := f.property(e, f.user); ok {
		sid, err := access.ParseSID(v.Text())
		if v.Type() == cim.TypeUint8.ArrayOf() {
			sid, _, err = access.DecodeSID(v.Bytes())
		}
		if err != nil {
			f.log.Debug("property of an event is no SID", "property", f.user, "consumer", f.consumer, "err", err)
		} else {
			r.fields = append(r.fields, field{"USER_SID", sid.String()})
		}
	}
	r.fields = append(r.fields,
		field{"WMI_EVENT_ID", e.ID}, field{"WMI_EVENT_NAMESPACE", e.Namespace}, field{"WMI_EVENT_CLASS", e.Instance.ClassName()})
	return r, nil
}

// property returns the property of an event that a consumer names, if it does and
// there is a value.
func (f *form) property(e *provider.Event, name string) (cim.Value, bool) {
	if name == "" {
		return cim.Value{}, false
	}
	v, ok := e.Instance.Get(name)
	if !ok {
		f.log.Debug("event has no such property", "property", name, "consumer", f.consumer)
	}
	return v, !v.IsNull()
}
