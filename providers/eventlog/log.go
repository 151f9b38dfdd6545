package eventlog

import (
	"slices"
	"strings"

	"openwmi/cim"
	"openwmi/providers/internal/journal"
)

// The logs. The package comment says what is in which.
const (
	security    = "Security"
	system      = "System"
	application = "Application"
)

var logs = []string{application, security, system}

// A rule says which entries are in a log: those with one of some values.
var (
	securityRule = journal.Values{
		{Field: "_TRANSPORT", Is: "audit"},
		{Field: "SYSLOG_FACILITY", Is: "4"},  // auth
		{Field: "SYSLOG_FACILITY", Is: "10"}, // authpriv
		{Field: "SYSLOG_FACILITY", Is: "13"}, // audit
	}
	systemRule = journal.Values{
		{Field: "_TRANSPORT", Is: "kernel"},
		{Field: "_TRANSPORT", Is: "driver"},
		{Field: "_PID", Is: "1"},
		{Field: "SYSLOG_FACILITY", Is: "0"}, // kern
		{Field: "SYSLOG_FACILITY", Is: "5"}, // syslog
		{Field: "_SYSTEMD_UNIT", Fits: func(unit string) bool { return strings.HasPrefix(unit, "systemd-") }},
	}
)

// meets reports whether an entry meets a rule.
func (r *record) meets(rule journal.Values) bool {
	return slices.ContainsFunc(rule, func(v journal.Value) bool {
		value, ok := r.get(v.Field)
		return ok && (v.Fits == nil && value == v.Is || v.Fits != nil && v.Fits(value))
	})
}

// logfile returns the log that an entry is in.
func (r *record) logfile() string {
	switch {
	case r.log != "":
	case r.meets(securityRule):
		r.log = security
	case r.meets(systemRule):
		r.log = system
	default:
		r.log = application
	}
	return r.log
}

// inLog returns a way to the entries of some logs; nil if it leads to most of
// them.
func inLog(names []cim.Value) journal.Values {
	values := journal.Values{}
	for _, name := range names {
		switch {
		case cim.EqualNames(name.Text(), application):
			return nil
		case cim.EqualNames(name.Text(), security):
			values = append(values, securityRule...)
		case cim.EqualNames(name.Text(), system):
			values = append(values, systemRule...)
		}
	}
	return values
}
