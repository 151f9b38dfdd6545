package scrrun

import "golang.org/x/sys/unix"

func systemLetters() []string { return nil }

// Names of file systems by the number that statfs(2) tells.
var systems = map[uint32]struct {
	name string
	kind int
}{
	unix.EXT4_SUPER_MAGIC:      {"ext4", driveFixed},
	unix.XFS_SUPER_MAGIC:       {"xfs", driveFixed},
	unix.BTRFS_SUPER_MAGIC:     {"btrfs", driveFixed},
	unix.OVERLAYFS_SUPER_MAGIC: {"overlay", driveFixed},
	unix.F2FS_SUPER_MAGIC:      {"f2fs", driveFixed},
	unix.TMPFS_MAGIC:           {"tmpfs", driveRAMDisk},
	unix.RAMFS_MAGIC:           {"ramfs", driveRAMDisk},
	unix.NFS_SUPER_MAGIC:       {"nfs", driveNetwork},
	unix.SMB2_SUPER_MAGIC:      {"smb2", driveNetwork},
	unix.CIFS_SUPER_MAGIC:      {"cifs", driveNetwork},
	unix.V9FS_MAGIC:            {"9p", driveNetwork},
	unix.ISOFS_SUPER_MAGIC:     {"CDFS", driveCDROM},
	unix.UDF_SUPER_MAGIC:       {"UDF", driveCDROM},
	unix.MSDOS_SUPER_MAGIC:     {"FAT", driveRemovable},
	unix.EXFAT_SUPER_MAGIC:     {"exFAT", driveRemovable},
	0x2fc12fc1:                 {"zfs", driveFixed},
}

func volumeOf(path string) (volume, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return volume{}, err
	}
	size := uint64(s.Bsize)
	known := systems[uint32(s.Type)]
	return volume{
		total: s.Blocks * size, free: s.Bfree * size, available: s.Bavail * size,
		system: known.name, kind: known.kind, serial: uint32(s.Fsid.Val[0]) ^ uint32(s.Fsid.Val[1]),
	}, nil
}
