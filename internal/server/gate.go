package server

import (
	"net"
	"net/netip"
	"sync"
)

// A gate counts the connections from networks, all that there are and those from
// each address. One too many is closed at once: whoever waited instead would not
// know why.
type gate struct {
	max, each int
	refused   func()

	mu     sync.Mutex // guards what follows
	open   int
	byPeer map[netip.Prefix]int
}

func newGate(max, each int, refused func()) *gate {
	return &gate{max: max, each: each, refused: refused, byPeer: map[netip.Prefix]int{}}
}

// enter counts a connection, or reports that it is one too many.
func (g *gate) enter(peer netip.Prefix) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	// Behind an address of this computer may be a proxy with all clients.
	if g.open >= g.max || g.byPeer[peer] >= g.each && !peer.Addr().IsLoopback() {
		return false
	}
	g.open++
	g.byPeer[peer]++
	return true
}

func (g *gate) leave(peer netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	if g.byPeer[peer]--; g.byPeer[peer] == 0 {
		delete(g.byPeer, peer)
	}
}

// count returns how many connections are open.
func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}

// peerOf returns what of an address counts as one place: of IPv6 a network of 64
// bits.
func peerOf(a net.Addr) netip.Prefix {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := t.AddrPort().Addr().Unmap().WithZone("")
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	p, _ := ip.Prefix(bits)
	if ip.IsLoopback() {
		p = netip.PrefixFrom(ip, ip.BitLen())
	}
	return p
}

// A gatedListener accepts what the gate lets in.
type gatedListener struct {
	net.Listener
	gate *gate
}

func (l gatedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer := peerOf(c.RemoteAddr())
		if l.gate.enter(peer) {
			return &gatedConn{Conn: c, leave: sync.OnceFunc(func() { l.gate.leave(peer) })}, nil
		}
		l.gate.refused()
		c.Close()
	}
}

// A gatedConn leaves when it is closed.
type gatedConn struct {
	net.Conn
	leave func()
}

func (c *gatedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
