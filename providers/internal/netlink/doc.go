// Package netlink listens to what the Linux kernel tells by itself: messages on
// netlink sockets, and files of which poll says that they have changed.
//
// netlink(7), poll(2)
package netlink
