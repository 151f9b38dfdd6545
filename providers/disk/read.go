package disk

import "openwmi/providers/live"

// A Volume is a mounted file system for a caller in this program, who needs no
// instance of Win32_LogicalDisk.
type Volume struct{ m *mount }

// Volumes returns the mounted file systems, in the order in which they were
// mounted: NotAvailable where there is no /proc.
func Volumes(sys *live.System) ([]Volume, error) {
	all, err := mounts(sys)
	if err != nil {
		return nil, err
	}
	volumes := make([]Volume, len(all))
	for i, m := range all {
		volumes[i] = Volume{m}
	}
	return volumes, nil
}

// Name returns where the file system is mounted, Win32_LogicalDisk.DeviceID.
func (v Volume) Name() string { return v.m.point }

// Device returns the name of the kernel for the device that the file system is
// on, "" if it is on none, as one in the network.
func (v Volume) Device() string { return v.m.deviceName() }

// Space returns the size of the file system and what all users may still write, in
// bytes; ok is false if it does not say. It may wait for the device.
func (v Volume) Space() (size, free uint64, ok bool) {
	s := v.m.space()
	return s.blocks * s.block, s.free * s.block, s.ok
}

// Drives returns the names of the kernel for the disks. The place of a name is
// Win32_DiskDrive.Index.
func Drives(sys *live.System) ([]string, error) { return listDrives(sys) }
