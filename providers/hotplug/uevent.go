package hotplug

import (
	"bytes"
	"strings"
)

// What has happened to a device or a volume: EventType.
const (
	changed = 1
	arrival = 2
	removal = 3
	docking = 4
)

// parseUevent returns what a message says has happened to a device. ok is false for
// anything else: a driver, a module, something that the kernel has made up for its
// own work, or no uevent at all. A message is
//
//	ACTION@DEVPATH NUL NAME=VALUE NUL NAME=VALUE NUL ...
func parseUevent(b []byte) (event uint16, ok bool) {
	head, rest, _ := bytes.Cut(b, []byte{0})
	action, path, ok := strings.Cut(string(head), "@")
	if !ok || !strings.HasPrefix(path, "/devices/") {
		return 0, false
	}
	dock := false
	for len(rest) > 0 {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte{0})
		name, value, _ := bytes.Cut(line, []byte("="))
		switch string(name) {
		case "SUBSYSTEM":
			switch string(value) {
			case "bdi", "queues", "wakeup": // of file systems, network devices, and for suspending
				return 0, false
			}
		case "EVENT":
			dock = dock || string(value) == "dock" // of a docking station
		}
	}
	switch {
	case dock:
		return docking, true
	case action == "add":
		return arrival, true
	case action == "remove":
		return removal, true
	case action == "change", action == "move", action == "online", action == "offline", action == "bind", action == "unbind":
		return changed, true
	}
	return 0, false
}
