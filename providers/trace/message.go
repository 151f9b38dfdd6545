package trace

import "encoding/binary"

// What the kernel tells of, PROC_EVENT_*.
const (
	eventAck  = 0
	eventFork = 1
	eventExec = 2
	eventUID  = 4
	eventExit = 1 << 31
)

// A message is one of the process connector, with what it has of these.
type message struct {
	what    uint32
	ack     uint32 // of an answer, one more than in what it answers
	at      uint64 // nanoseconds of the monotonic clock
	thread  uint32
	process uint32
	parent  uint32 // of a fork: the process
	value   uint32 // of an ack: the error, of a change of users: the effective one, of an exit: as wait has it
}

// Lengths of headers, in bytes.
const (
	headLen      = 16 // struct nlmsghdr
	connectorLen = 20 // struct cn_msg
	procLen      = 16 // struct proc_event before the union
)

// parse returns the messages in one datagram,
//
//	nlmsghdr    length, type (2 bytes), flags (2), sequence, sender
//	cn_msg      index, value, sequence, ack, length (2), flags (2)
//	proc_event  what, processor, time (8), what it is about
//
// with four bytes where nothing is said, in the order of this machine. What is
// cut off or of another kind is passed over.
func parse(b []byte) []message {
	u32 := binary.NativeEndian.Uint32
	var all []message
	for len(b) >= headLen {
		n := int(u32(b))
		if n < headLen || n > len(b) {
			break
		}
		if m, ok := parseEvent(b[headLen:n]); ok {
			all = append(all, m)
		}
		b = b[min(len(b), (n+3)&^3):]
	}
	return all
}

func parseEvent(b []byte) (m message, ok bool) {
	u32 := binary.NativeEndian.Uint32
	if len(b) < connectorLen+procLen || u32(b) != connectorIndex || u32(b[4:]) != connectorValue {
		return m, false
	}
	p := b[connectorLen:]
	m.what, m.ack, m.at = u32(p), u32(b[12:]), binary.NativeEndian.Uint64(p[8:])
	p = p[procLen:]
	words := 4
	switch m.what {
	case eventAck:
		words = 1
	case eventExec:
		words = 2
	case eventFork, eventUID, eventExit:
	default:
		return m, false
	}
	if len(p) < 4*words {
		return m, false
	}
	word := func(n int) uint32 { return u32(p[4*n:]) }
	switch m.what {
	case eventAck:
		m.value = word(0)
	case eventFork:
		m.parent, m.thread, m.process = word(1), word(2), word(3)
	case eventExec:
		m.thread, m.process = word(0), word(1)
	case eventUID:
		m.thread, m.process, m.value = word(0), word(1), word(3)
	case eventExit:
		m.thread, m.process, m.value = word(0), word(1), word(2)
	}
	return m, true
}

// CN_IDX_PROC and CN_VAL_PROC: the process connector.
const (
	connectorIndex = 1
	connectorValue = 1
)

// listen returns the message that asks the kernel to begin (1) or to end (2)
// telling.
func listen(ack, op uint32) []byte {
	put, put16 := binary.NativeEndian.PutUint32, binary.NativeEndian.PutUint16
	b := make([]byte, headLen+connectorLen+4)
	put(b, uint32(len(b)))
	put16(b[4:], 3) // NLMSG_DONE
	p := b[headLen:]
	put(p, connectorIndex)
	put(p[4:], connectorValue)
	put(p[12:], ack)
	put16(p[16:], 4)
	put(p[connectorLen:], op)
	return b
}
