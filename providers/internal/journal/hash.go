package journal

import "math/bits"

// Hash returns the hash by which a file finds data and fields: SipHash-2-4 with the
// identifier of the file as key where the file says so, else lookup3.
func Hash(keyed bool, file ID, b []byte) uint64 {
	if keyed {
		return sipHash(file, b)
	}
	return lookup3(b)
}

// sipHash is SipHash-2-4. Aumasson and Bernstein, "SipHash: a fast short-input
// PRF"
func sipHash(key ID, b []byte) uint64 {
	k0, k1 := le.Uint64(key[:]), le.Uint64(key[8:])
	v0, v1, v2, v3 := k0^0x736f6d6570736575, k1^0x646f72616e646f6d, k0^0x6c7967656e657261, k1^0x7465646279746573
	rounds := func(n int) {
		for range n {
			v0 += v1
			v1 = bits.RotateLeft64(v1, 13) ^ v0
			v0 = bits.RotateLeft64(v0, 32)
			v2 += v3
			v3 = bits.RotateLeft64(v3, 16) ^ v2
			v0 += v3
			v3 = bits.RotateLeft64(v3, 21) ^ v0
			v2 += v1
			v1 = bits.RotateLeft64(v1, 17) ^ v2
			v2 = bits.RotateLeft64(v2, 32)
		}
	}
	last := uint64(len(b)) << 56
	for ; len(b) >= 8; b = b[8:] {
		m := le.Uint64(b)
		v3 ^= m
		rounds(2)
		v0 ^= m
	}
	for i, c := range b {
		last |= uint64(c) << (8 * i)
	}
	v3 ^= last
	rounds(2)
	v0 ^= last
	v2 ^= 0xff
	rounds(4)
	return v0 ^ v1 ^ v2 ^ v3
}

// lookup3 is hashlittle2 with both seeds zero. Jenkins, "lookup3.c"
func lookup3(data []byte) uint64 {
	a := 0xdeadbeef + uint32(len(data))
	b, c := a, a
	if len(data) == 0 {
		return uint64(c)<<32 | uint64(b)
	}
	for ; len(data) > 12; data = data[12:] {
		a += le.Uint32(data)
		b += le.Uint32(data[4:])
		c += le.Uint32(data[8:])
		a, c = a-c^bits.RotateLeft32(c, 4), c+b
		b, a = b-a^bits.RotateLeft32(a, 6), a+c
		c, b = c-b^bits.RotateLeft32(b, 8), b+a
		a, c = a-c^bits.RotateLeft32(c, 16), c+b
		b, a = b-a^bits.RotateLeft32(a, 19), a+c
		c, b = c-b^bits.RotateLeft32(b, 4), b+a
	}
	var rest [12]byte
	copy(rest[:], data)
	a += le.Uint32(rest[:])
	b += le.Uint32(rest[4:])
	c += le.Uint32(rest[8:])
	c = c ^ b - bits.RotateLeft32(b, 14)
	a = a ^ c - bits.RotateLeft32(c, 11)
	b = b ^ a - bits.RotateLeft32(a, 25)
	c = c ^ b - bits.RotateLeft32(b, 16)
	a = a ^ c - bits.RotateLeft32(c, 4)
	b = b ^ a - bits.RotateLeft32(a, 14)
	c = c ^ b - bits.RotateLeft32(b, 24)
	return uint64(c)<<32 | uint64(b)
}
