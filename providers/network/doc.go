// Package network supplies network interfaces, their addresses, and routes.
//
//	Win32_NetworkAdapter               /sys/class/net
//	Win32_NetworkAdapterConfiguration  that, addresses, routes, resolv.conf
//	Win32_IP4RouteTable                /proc/net/route
//
// An interface is known by its index. Those of the kernel's own making, such as
// lo, are among them, and have no PhysicalAdapter. Name servers are those of the
// system, which each interface with an address has.
package network
