package ntlm

import (
	"encoding/binary"
	"errors"
)

// Pairs are what the sides tell about themselves: a number, a length, a value,
// and so on until the number 0. [MS-NLMP] 2.2.2.1
const (
	pairEnd         = 0
	pairComputer    = 1
	pairDomain      = 2
	pairDNSComputer = 3
	pairDNSDomain   = 4
	pairFlags       = 6
	pairTime        = 7
	pairTarget      = 9
	pairBindings    = 10
)

// hasMIC, in the flags of a client, says that its last message has a MIC.
const hasMIC = 2

var errPairs = errors.New("pairs in a message of NTLM are damaged")

// pairs returns the pairs by number; of two with the same number the first
// counts. There may be anything behind the last one.
func pairs(b []byte) (map[uint16][]byte, error) {
	found := map[uint16][]byte{}
	for {
		if len(b) < 4 {
			return nil, errPairs
		}
		id, n := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if b = b[4:]; n > len(b) {
			return nil, errPairs
		}
		if id == pairEnd {
			return found, nil
		}
		if _, twice := found[id]; !twice {
			found[id] = b[:n:n]
		}
		b = b[n:]
	}
}

func appendPair(b []byte, id uint16, value []byte) []byte {
	b = binary.LittleEndian.AppendUint16(b, id)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}
