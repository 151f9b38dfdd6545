package session

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"strings"
	"time"
)

// maxUtmp bounds what is read of utmp, in bytes: some 10,000 entries.
const maxUtmp = 4 << 20

// parseUtmp returns the sessions in utmp. An entry is, in the order of the
// machine,
//
//	  0  type (2), 2 of nothing
//	  4  process
//	  8  terminal (32)
//	 40  id (4)
//	 44  user (32)
//	 76  computer that he comes from (256)
//	332  exit status (4)
//	336  session (4 or 8), time: seconds (4 or 8) and microseconds (4 or 8)
//
// and more up to 384 or, where times have 8 bytes, 400 bytes.
func parseUtmp(b []byte) []*session {
	length, wide := 384, false
	switch {
	case len(b)%400 == 0 && len(b)%384 != 0, len(b)%9600 == 0 && runtime.GOARCH == "arm64":
		length, wide = 400, true
	}
	order := binary.NativeEndian
	var all []*session
	for ; len(b) >= length; b = b[length:] {
		if order.Uint16(b) != 7 { // USER_PROCESS
			continue
		}
		s := &session{id: text(b[8:40]), user: text(b[44:76]), leader: order.Uint32(b[4:])}
		if s.id == "" || s.user == "" {
			continue
		}
		if wide {
			s.start = time.Unix(int64(order.Uint64(b[344:])), int64(order.Uint64(b[352:])%1e6)*1000)
		} else {
			s.start = time.Unix(int64(order.Uint32(b[340:])), int64(order.Uint32(b[344:])%1e6)*1000)
		}
		s.kind = interactive
		if from := text(b[76:332]); from != "" && !strings.HasPrefix(from, ":") { // a display of X
			s.kind = remoteInteractive
		}
		all = append(all, s)
	}
	return all
}

// text returns what stands before the first NUL.
func text(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	return string(b)
}
