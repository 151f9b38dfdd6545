// Package audit keeps the record of who did what: writes, calls of methods,
// refusals, logons, and changes of who may do what. It never holds values, texts
// of queries or secrets; the name of an object holds its keys.
//
// A Log is a directory of files with a JSON object in each line:
//
//	{"time":"2026-11-22T19:04:20.123456Z","id":"6922097400000007","kind":"write",
//	 "who":"openwmi\\alice","sid":"S-1-5-21-1-2-3-1000","peer":"192.0.2.7:52100","op":"PutInstance",
//	 "namespace":"root\\cimv2","object":"Disk.Id=\"c\"","status":"0x80041003 AccessDenied","ms":0.081,
//	 "detail":"lacks PartialWrite"}
//
// Members that say nothing are left out. Lines are only added. Whoever follows
// the log sees each line whole.
package audit

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"openwmi/wbem"
)

// A Kind says why something is recorded.
type Kind string

const (
	Write    Kind = "write"    // of classes, instances, namespaces, declarations of qualifiers, events
	Method   Kind = "method"   // a call of a method
	Denial   Kind = "denial"   // an operation that was refused for want of a right, of whatever kind it is
	Logon    Kind = "logon"    // somebody has proved who it is, or could not
	Security Kind = "security" // a change of descriptors, users or groups

	// Access is a decision that an entry of the SACL of a namespace wants to be
	// recorded (system-classes.md 8.5). Windows has the number 4662 for these.
	Access Kind = "access"

	// Lost stands for records that could not be kept. Count says how many.
	Lost Kind = "lost"
)

// An ID is the number of an operation: the same in the audit log and in other
// records about it, and never given twice in a store.
type ID uint64

// String returns 16 hexadecimal digits, "" for zero.
func (id ID) String() string {
	if id == 0 {
		return ""
	}
	return fmt.Sprintf("%016x", uint64(id))
}

// A Record is what is kept about one operation.
type Record struct {
	Time time.Time // when it ended
	ID   ID
	Kind Kind

	Who  string // DOMAIN\user or user; "" is an anonymous caller
	SID  string
	Peer string // the address from which it was asked for; "" is this computer

	Operation string
	Namespace string
	Object    string // a path, relative to the namespace

	Status   wbem.Status
	Duration time.Duration
	Detail   string // which method was called, which right was missing, or what was changed
	Count    int    // of records that were lost
}

// A Sink takes records. Record is called at the end of operations, by any number
// of goroutines, and must not wait; the record belongs to the sink.
type Sink interface {
	Record(Record)
}

// MaxText is how many bytes of one text a record keeps.
const MaxText = 2048

// line is a Record in JSON.
type line struct {
	Time      time.Time `json:"time"`
	ID        string    `json:"id,omitempty"`
	Kind      Kind      `json:"kind"`
	Event     int       `json:"event,omitempty"`
	Who       string    `json:"who,omitempty"`
	SID       string    `json:"sid,omitempty"`
	Peer      string    `json:"peer,omitempty"`
	Operation string    `json:"op,omitempty"`
	Namespace string    `json:"namespace,omitempty"`
	Object    string    `json:"object,omitempty"`
	Status    string    `json:"status"`
	MS        float64   `json:"ms,omitempty"`
	Detail    string    `json:"detail,omitempty"`
	Count     int       `json:"count,omitempty"`
}

// accessEvent is the number that Windows gives to records of the kind Access.
const accessEvent = 4662

// MarshalJSON implements json.Marshaler.
func (r Record) MarshalJSON() ([]byte, error) {
	l := line{
		Time: r.Time.UTC(), ID: r.ID.String(), Kind: r.Kind, Who: short(r.Who), SID: r.SID, Peer: short(r.Peer),
		Operation: r.Operation, Namespace: short(r.Namespace), Object: short(r.Object),
		Status: fmt.Sprintf("0x%08X %s", uint32(r.Status), r.Status.Name()),
		MS:     float64(r.Duration.Microseconds()) / 1000, Detail: short(r.Detail), Count: r.Count,
	}
	if r.Kind == Access {
		l.Event = accessEvent
	}
	return json.Marshal(&l)
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *Record) UnmarshalJSON(b []byte) error {
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return err
	}
	number, _, _ := strings.Cut(l.Status, " ")
	status, err := strconv.ParseUint(number, 0, 32)
	if err != nil {
		return fmt.Errorf("%.40q is no status", l.Status)
	}
	var id uint64
	if l.ID != "" {
		if id, err = strconv.ParseUint(l.ID, 16, 64); err != nil {
			return fmt.Errorf("%.40q is no number of an operation", l.ID)
		}
	}
	*r = Record{
		Time: l.Time, ID: ID(id), Kind: l.Kind, Who: l.Who, SID: l.SID, Peer: l.Peer,
		Operation: l.Operation, Namespace: l.Namespace, Object: l.Object, Status: wbem.Status(status),
		Duration: time.Duration(l.MS * float64(time.Millisecond)), Detail: l.Detail, Count: l.Count,
	}
	return nil
}

// short returns a text of which too much would be kept without its end.
func short(s string) string {
	if len(s) <= MaxText {
		return s
	}
	return strings.ToValidUTF8(s[:MaxText], "") + "..."
}
