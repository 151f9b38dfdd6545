package service

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
	"time"
)

const (
	// maxMessage bounds a message from the bus, in bytes. That with all units of
	// a big computer has 3 MB; D-Bus itself allows 128 MiB.
	maxMessage = 16 << 20

	// maxGreeting bounds what comes before the first message, in bytes.
	maxGreeting = 16 << 10
)

// A stream is a connection to a bus that ends when a message is too long, and
// when what was written is not taken in time.
type stream struct {
	net.Conn
	in      *bufio.Reader
	timeout time.Duration
	begun   bool   // whether messages are read, which a line of ours begins
	left    uint64 // bytes that are to come: of a message, or of the greeting
}

func newStream(c net.Conn, timeout time.Duration) *stream {
	return &stream{Conn: c, in: bufio.NewReader(c), timeout: timeout, left: maxGreeting}
}

// Write is that of net.Conn. A write of the line BEGIN ends the greeting:
// "Authentication Protocol" in the D-Bus specification.
func (s *stream) Write(b []byte) (int, error) {
	if !s.begun && string(b) == "BEGIN\r\n" {
		s.begun, s.left = true, 0
	}
	if err := s.SetWriteDeadline(time.Now().Add(s.timeout)); err != nil {
		return 0, err
	}
	n, err := s.Conn.Write(b)
	if err != nil {
		s.Close() // half a message cannot be followed by another one
	}
	return n, err
}

// Read is that of net.Conn, and fails at a message that is too long.
func (s *stream) Read(b []byte) (int, error) {
	if s.left == 0 {
		if !s.begun {
			return 0, fmt.Errorf("a greeting of more than %d bytes", maxGreeting)
		}
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n, err := s.in.Read(b[:min(uint64(len(b)), s.left)])
	s.left -= uint64(n)
	return n, err
}

// next reads how long a message is, from the part of it that all have:
//
//	 0  byte order, 'l' or 'B'
//	 1  type, flags, version
//	 4  length of the body
//	 8  serial number
//	12  length of the header fields, behind which the body begins at the next
//	    multiple of 8
//
// "Message Format" in the D-Bus specification
func (s *stream) next() error {
	head, err := s.in.Peek(16)
	if err != nil {
		return err
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch head[0] {
	case 'l':
	case 'B':
		order = binary.BigEndian
	default:
		return fmt.Errorf("no message begins with %#x", head[0])
	}
	fields := (uint64(order.Uint32(head[12:])) + 7) &^ 7
	s.left = 16 + fields + uint64(order.Uint32(head[4:]))
	if s.left > maxMessage {
		return fmt.Errorf("a message of %d bytes, more than %d", s.left, maxMessage)
	}
	return nil
}
