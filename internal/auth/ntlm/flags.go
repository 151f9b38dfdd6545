package ntlm

// flags are what the sides agree about. [MS-NLMP] 2.2.2.5
type flags uint32

const (
	flagUnicode          flags = 1 << 0
	flagRequestTarget    flags = 1 << 2
	flagSign             flags = 1 << 4
	flagSeal             flags = 1 << 5
	flagNTLM             flags = 1 << 9
	flagAnonymous        flags = 1 << 11
	flagAlwaysSign       flags = 1 << 15
	flagTargetServer     flags = 1 << 17
	flagExtendedSecurity flags = 1 << 19
	flagTargetInfo       flags = 1 << 23
	flagVersion          flags = 1 << 25
	flag128              flags = 1 << 29
	flagKeyExchange      flags = 1 << 30
)

// flagsSession are all that a session needs. One whose client did not ask for
// encryption signs only.
const flagsSession = flagSign | flagExtendedSecurity | flag128 | flagKeyExchange

func (f flags) has(all flags) bool { return f&all == all }
