// Package plugin has providers that are programs of their own, in any language.
//
// A [Host] starts the programs that its [Config] lists, each when the first call
// needs it, and yields a value for each that the object manager takes for a
// provider. [Serve] is the other side: it makes a program of a provider in Go.
// What crosses between the two is pluginpb/provider.proto; process, handshake,
// private socket and TLS are those of github.com/hashicorp/go-plugin.
//
// One process serves all namespaces and users of a provider. It is ended when
// nobody has used it for a while, and started again by the next call. What
// goes wrong in it, a crash, a hang or an answer that cannot be true, is a
// status for the callers that wait for it and nothing else.
//
// A class travels once for each connection and has a number from then on; an
// instance names its class by that.
package plugin
