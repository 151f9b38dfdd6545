// Package eventlog supplies Win32_NTLogEvent and what belongs to it from the
// journal of systemd, and raises an event for each entry as it is written.
//
// # Logs
//
// Each entry is in one of three logs, the first of these whose rule it meets:
//
//	Security     the audit of the kernel; facilities auth, authpriv and audit
//	System       the kernel, journald, process 1 and what systemd consists of
//	             (units systemd-*); facilities kern and syslog
//	Application  everything else
//
// All three are in the same files, which are what a Win32_NTEventlogFile tells the
// size of.
//
// # Numbers
//
// RecordNumber is the sequence number of the entry. Where the journal has several
// sequences, because journald had to begin anew, those of a later one go on behind
// the last of the one before it; they change when all of that has been deleted. So
// a number is unique in the whole journal, and grows with time.
//
// # Queries
//
// Entries come the newest first. A query reads no others than those that fit its
// conditions on RecordNumber, TimeWritten and TimeGenerated (equal, or between), and of
// one of Logfile, EventType or Type, SourceName and Category; an entry is found by its
// number with a few reads. The journal's own indexes serve that, so nothing is kept
// between queries.
//
// # Who may read
//
// The journal is read with the rights of this process. On this computer its own user
// may ask for that, and who belongs to a group that systemd lets read it; everyone
// else is AccessDenied, also as one who waits for events. Options.Visible replaces
// this rule.
//
// "Win32_NTLogEvent class" in the WMI documentation; systemd.journal-fields(7)
package eventlog
