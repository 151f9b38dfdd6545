package live

import (
	"bytes"
	"errors"
	"strconv"
)

// A ProcessStat is what the file stat of a process or thread says, in its units.
// What the file does not go as far as is zero.
type ProcessStat struct {
	Comm         string // cut to 15 bytes by the kernel
	State        byte   // a letter
	Parent       uint32
	Faults       uint64 // minor and major
	User, System uint64 // ticks
	Nice         int64
	Threads      uint32
	Start        uint64 // ticks since the system was started
	Virtual      uint64 // bytes
	Resident     uint64 // pages
	Realtime     uint64 // priority, 0 unless scheduled in real time
	HasStart     bool   // whether the file went as far as Start
}

// Ticks is how many there are in a second: USER_HZ, which is the same on all that
// Go runs on.
const Ticks = 100

var errStat = errors.New("not the content of a stat file")

// ParseProcessStat reads
//
//	pid (comm) state ppid pgrp session tty tpgid flags minflt cminflt majflt ...
//
// where comm may have anything in it. The error says that it is nothing of the
// kind. proc_pid_stat(5)
func ParseProcessStat(b []byte) (ProcessStat, error) {
	var s ProcessStat
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return s, errStat
	}
	s.Comm = string(b[open+1 : end])
	fields := bytes.Fields(b[end+1:])
	if len(fields) < 2 || len(fields[0]) != 1 {
		return s, errStat
	}
	s.State = fields[0][0]
	num := func(n int) uint64 { // the field that the manual gives number n
		if n-3 >= len(fields) {
			return 0
		}
		return Uint(string(fields[n-3]))
	}
	s.Parent = uint32(num(4))
	s.Faults = num(10) + num(12)
	s.User, s.System = num(14), num(15)
	if len(fields) > 19-3 {
		s.Nice, _ = strconv.ParseInt(string(fields[19-3]), 10, 8)
	}
	s.Threads = uint32(num(20))
	s.Start, s.HasStart = num(22), len(fields) > 22-3
	s.Virtual, s.Resident = num(23), num(24)
	s.Realtime = num(40)
	return s, nil
}
