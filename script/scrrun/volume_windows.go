package scrrun

import "golang.org/x/sys/windows"

func systemLetters() []string {
	mask, err := windows.GetLogicalDrives()
	if err != nil {
		return nil
	}
	var out []string
	for i := range 26 {
		if mask&(1<<i) != 0 {
			out = append(out, string(rune('A'+i)))
		}
	}
	return out
}

func volumeOf(path string) (volume, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return volume{}, err
	}
	var v volume
	if err := windows.GetDiskFreeSpaceEx(name, &v.available, &v.total, &v.free); err != nil {
		return volume{}, err
	}
	var label, system [windows.MAX_PATH + 1]uint16
	err = windows.GetVolumeInformation(name, &label[0], uint32(len(label)), &v.serial, nil, nil, &system[0], uint32(len(system)))
	if err != nil {
		return volume{}, err
	}
	v.name, v.system = windows.UTF16ToString(label[:]), windows.UTF16ToString(system[:])
	switch windows.GetDriveType(name) {
	case windows.DRIVE_REMOVABLE:
		v.kind = driveRemovable
	case windows.DRIVE_FIXED:
		v.kind = driveFixed
	case windows.DRIVE_REMOTE:
		v.kind = driveNetwork
	case windows.DRIVE_CDROM:
		v.kind = driveCDROM
	case windows.DRIVE_RAMDISK:
		v.kind = driveRAMDisk
	}
	return v, nil
}
