package scrrun

import "golang.org/x/sys/unix"

func systemLetters() []string { return nil }

func volumeOf(path string) (volume, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return volume{}, err
	}
	kind := driveNetwork
	if s.Flags&unix.MNT_LOCAL != 0 {
		kind = driveFixed
	}
	size := uint64(s.Bsize)
	return volume{
		total: s.Blocks * size, free: s.Bfree * size, available: s.Bavail * size,
		system: unix.ByteSliceToString(s.Fstypename[:]), kind: kind,
		serial: uint32(s.Fsid.Val[0]) ^ uint32(s.Fsid.Val[1]),
	}, nil
}
