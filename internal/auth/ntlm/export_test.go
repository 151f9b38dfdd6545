package ntlm

// What the tests of the numbers in [MS-NLMP] 4.2 need.
var (
	ProofKeys  = proofKeys
	NewBlob    = newBlob
	EncryptKey = encryptKey
	AppendPair = appendPair
	Encode     = encode
	NewSession = newSession
)

// ParseAuthenticate and the others are for fuzz tests.
func ParseAuthenticate(m []byte) error {
	a, err := parseAuthenticate(m)
	if err == nil {
		_, err = parseResponse(a.nt)
	}
	return err
}

func ParseChallenge(m []byte) error {
	c, err := parseChallenge(m)
	if err == nil {
		_, err = pairs(c.info)
	}
	return err
}

func ParseNegotiate(m []byte) error { _, err := parseNegotiate(m); return err }
