package process

import (
	"bytes"
	"errors"
	"strconv"

	"openwmi/providers/live"
)

// A stat is what the file stat of a process or thread says, in its units.
type stat struct {
	comm           string // cut to 15 bytes by the kernel
	state          byte
	parent         uint32
	flags          uint64
	faults         uint64 // minor and major
	user, system   uint64 // ticks
	nice           int64
	threads        uint32
	start          uint64 // ticks since the system was started
	virtual        uint64 // bytes
	resident       uint64 // pages
	realtime       uint64 // priority, 0 unless scheduled in real time
	hasStart, full bool   // whether the file went as far as start and resident
}

// ticks is how many there are in a second: USER_HZ, which is the same on all that
// Go runs on.
const ticks = 100

var errStat = errors.New("not the content of a stat file")

// parseStat reads
//
//	pid (comm) state ppid pgrp session tty tpgid flags minflt cminflt majflt ...
//
// where comm may have anything in it. proc_pid_stat(5)
func parseStat(b []byte) (stat, error) {
	var s stat
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return s, errStat
	}
	s.comm = string(b[open+1 : end])
	fields := bytes.Fields(b[end+1:])
	if len(fields) < 2 || len(fields[0]) != 1 {
		return s, errStat
	}
	s.state = fields[0][0]
	num := func(n int) uint64 { // the field that the manual gives number n
		if n-3 >= len(fields) {
			return 0
		}
		return live.Uint(string(fields[n-3]))
	}
	s.parent = uint32(num(4))
	s.flags = num(9)
	s.faults = num(10) + num(12)
	s.user, s.system = num(14), num(15)
	if len(fields) > 19-3 {
		s.nice, _ = strconv.ParseInt(string(fields[19-3]), 10, 8)
	}
	s.threads = uint32(num(20))
	s.start, s.hasStart = num(22), len(fields) > 22-3
	s.virtual, s.resident, s.full = num(23), num(24), len(fields) > 24-3
	s.realtime = num(40)
	return s, nil
}
