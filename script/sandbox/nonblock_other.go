//go:build !unix

package sandbox

const nonblock = 0 // nothing that is opened waits
