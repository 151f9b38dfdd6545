package eventlog

import (
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"openwmi/cim"
	"openwmi/providers/internal/journal"
	"openwmi/providers/live"
)

// A record is an entry of the journal as an object.
type record struct {
	entry  *journal.Entry
	dir    string            // of the journal
	users  map[string]string // names by number, of all records of a query
	fields []journal.Field   // all of the entry, nil if they are read when they are asked for
	log    string            // "" until it is known
}

// keep reads all fields, so that the record can be used when the journal is
// closed.
func (r *record) keep() { r.fields = slices.Collect(r.entry.Fields()) }

// get returns a field.
func (r *record) get(name string) (string, bool) {
	if r.fields == nil {
		return r.entry.Get(name)
	}
	for _, f := range r.fields {
		if f.Name == name {
			return f.Value, true
		}
	}
	return "", false
}

// text returns a field, NULL if it is not there.
func (r *record) text(name string) cim.Value {
	s, _ := r.get(name)
	return live.Text(s)
}

// number returns a field that is a number up to max.
func (r *record) number(name string, max uint64) (uint64, bool) {
	s, _ := r.get(name)
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil && n <= max
}

func (r *record) recordNumber() cim.Value { return cim.Uint32Value(uint32(r.entry.Number)) }

func (r *record) time() cim.Value { return live.Time(time.UnixMicro(int64(r.entry.Realtime))) }

// source returns what has written the entry: what it calls itself, or its program.
func (r *record) source() cim.Value {
	if s := r.text("SYSLOG_IDENTIFIER"); !s.IsNull() {
		return s
	}
	return r.text("_COMM")
}

// Values of EventType.
const (
	isError       = 1
	isWarning     = 2
	isInformation = 3
	auditSuccess  = 4
	auditFailure  = 5
)

// types are the texts of Type, by EventType.
var types = []string{isError: "Error", isWarning: "Warning", isInformation: "Information", auditSuccess: "Audit Success", auditFailure: "Audit Failure"}

// eventType returns EventType; 0 if the entry does not say how bad it is.
func (r *record) eventType() uint8 {
	if transport, _ := r.get("_TRANSPORT"); transport == "audit" {
		// A program says how it went as res, the kernel as res or success.
		for _, name := range []string{"AUDIT_FIELD_RES", "_AUDIT_FIELD_RES", "_AUDIT_FIELD_SUCCESS"} {
			switch result, _ := r.get(name); result {
			case "success", "yes", "1":
				return auditSuccess
			case "failed", "no", "0":
				return auditFailure
			}
		}
	}
	if priority, ok := r.number("PRIORITY", 7); ok {
		return typeOf(priority)
	}
	return 0
}

// typeOf returns the EventType of a priority of syslog.
func typeOf(priority uint64) uint8 {
	switch {
	case priority <= 3: // emerg, alert, crit, err
		return isError
	case priority == 4: // warning
		return isWarning
	}
	return isInformation
}

// identifier returns what the entry is about: the type of an audit message, or the
// last 32 bits of the identifier that its program has given to this kind of
// messages.
func (r *record) identifier() (uint32, bool) {
	if n, ok := r.number("_AUDIT_TYPE", 1<<32-1); ok {
		return uint32(n), true
	}
	id, _ := r.get("MESSAGE_ID")
	if id = strings.ReplaceAll(id, "-", ""); !isID(id) {
		return 0, false
	}
	n, err := strconv.ParseUint(id[24:], 16, 32)
	return uint32(n), err == nil
}

// facilities are the names of those of syslog: syslog(3).
var facilities = []string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
	"ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}

func (r *record) category() cim.Value {
	if n, ok := r.number("SYSLOG_FACILITY", 1<<16-1); ok {
		return cim.Uint16Value(uint16(n))
	}
	return cim.Value{}
}

func (r *record) categoryString() cim.Value {
	if n, ok := r.number("SYSLOG_FACILITY", uint64(len(facilities)-1)); ok {
		return cim.StringValue(facilities[n])
	}
	return cim.Value{}
}

// maxUsers bounds the users that are remembered.
const maxUsers = 1000

// user returns whose process has written the entry, as HOST\name; a user without a
// name is given by number.
func (r *record) user() cim.Value {
	uid, ok := r.get("_UID")
	if !ok {
		return cim.Value{}
	}
	name, ok := r.users[uid]
	if !ok {
		name = uid
		if u, err := user.LookupId(uid); err == nil {
			name = u.Username
		}
		if len(r.users) == maxUsers {
			clear(r.users)
		}
		r.users[uid] = name
	}
	host, _ := r.get("_HOSTNAME")
	return live.Text(host + `\` + name)
}

// insertions returns what else the entry has, as FIELD=value in the order of names.
func (r *record) insertions() cim.Value {
	all := r.fields
	if all == nil {
		all = slices.Collect(r.entry.Fields())
	}
	var texts []string
	for _, f := range all {
		if f.Name != "MESSAGE" {
			texts = append(texts, f.Name+"="+f.Value)
		}
	}
	slices.Sort(texts)
	return live.Texts(texts)
}

// data returns the bytes of a message that is no text.
func (r *record) data() cim.Value {
	if message, ok := r.get("MESSAGE"); ok && !utf8.ValidString(message) {
		return cim.BytesValue([]byte(message))
	}
	return cim.Value{}
}
