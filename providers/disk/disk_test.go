package disk_test

import (
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/cim"
	"openwmi/providers/disk"
	"openwmi/providers/internal/providertest"
	"openwmi/providers/live"
	"openwmi/wbem"
)

func open(t testing.TB, sys *live.System) wbem.Services {
	t.Helper()
	return providertest.Open(t, map[string]any{disk.Name: disk.New(sys)}, live.MOF, disk.MOF)
}

// rows returns the values of the instances that a query finds, by DeviceID.
func rows(t *testing.T, svc wbem.Services, query string) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	for _, inst := range providertest.Query(t, svc, query) {
		values := providertest.Values(inst)
		if _, twice := found[values["DeviceID"]]; twice {
			t.Errorf("%s is there twice", values["DeviceID"])
		}
		found[values["DeviceID"]] = values
		if err := inst.Check(); err != nil {
			t.Error(err)
		}
		path, _ := cim.RelPath(inst)
		if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
			t.Error(err)
		}
	}
	return found
}

const mountinfo = `22 27 0:21 / /proc rw,relatime - proc proc rw
23 27 8:2 / / rw,relatime shared:1 master:2 - ext4 /dev/sda2 rw,discard
24 23 8:2 /home /other\040view rw - ext4 /dev/sda2 rw
25 23 8:3 / /no-such\040dir\134x ro,noatime - vfat /dev/sda3 rw
26 23 0:50 /@home /home rw - btrfs /dev/mapper/vg-home rw
27 23 0:51 / /net rw - nfs4 server:/export rw
28 23 11:0 / /media/cd ro - iso9660 /dev/sr0 ro
29 23 8:16 / /stick rw - vfat /dev/sdb1 rw
30 23 0:52 / /hidden rw - ext4 /dev/sda4 rw
31 23 0:53 / /hidden rw - tmpfs none rw
32 23 8:2 / /again rw - ext4 /dev/sda2 rw
33 23 8:2
34 23 8:2 / /short - ext4
a line of another kind
`

func machine(t *testing.T) *live.System {
	block := "devices/pci0/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda/"
	usb := "devices/pci0/usb1/1-1/host6/6:0:1:2/block/sdb/"
	return &live.System{
		Computer: "PC",
		Proc:     providertest.Tree(t, map[string]string{"self/mountinfo": mountinfo}),
		Dev: providertest.Tree(t, map[string]string{
			"mapper/vg-home": "->../dm-0", "disk/by-uuid/1234-ABCD": "->../../sda3", "disk/by-uuid/aa-bb": "->../../dm-0",
			`disk/by-label/my\x20disk`: "->../../sda3", `disk/by-label/odd\x2`: "->../../sdb1",
		}),
		Sys: providertest.Tree(t, map[string]string{
			"block/sda": "->../" + strings.TrimSuffix(block, "/"), "block/sdb": "->../" + strings.TrimSuffix(usb, "/"),
			"block/loop0/size": "8", "block/sr0/device/model": "CD", "block/cciss!x/device/model": "Odd",
			"class/block/sda": "->../../" + block, "class/block/sda1": "->../../" + block + "sda1", "class/block/sda3": "->../../" + block + "sda3",
			"class/block/sdb1": "->../../" + usb + "sdb1", "class/block/sdb": "->../../" + usb,
			block + "size": "2048\n", block + "ro": "0\n", block + "removable": "0\n", block + "queue/logical_block_size": "4096\n",
			block + "sda1/partition": "1\n", block + "sda1/size": "800\n", block + "sda1/start": "16\n", block + "sda1/ro": "0\n",
			block + "sda3/partition": "3\n", block + "sda3/size": "x\n", block + "sda3/start": "\n", block + "sda3/ro": "1\n",
			block + "../../model": "WDC  9\xff\n", block + "../../vendor": "ATA     \n", block + "../../rev": "1A02\n",
			block + "device": "->../../../0:0:0:0",
			usb + "size":     "0\n", usb + "ro": "1\n", usb + "removable": "1\n", usb + "sdb1/partition": "1\n", usb + "device": "->../../../6:0:1:2",
		}),
	}
}

func TestMounts(t *testing.T) {
	svc := open(t, machine(t))
	type mount struct{ description, kind, driveType, access, provider, label, uuid string }
	want := map[string]mount{
		"/":              {"Local Fixed Disk", "ext4", "3", "3", "", "", ""},
		"/again":         {"Local Fixed Disk", "ext4", "3", "3", "", "", ""},
		`/no-such dir\x`: {"Local Fixed Disk", "vfat", "3", "1", "", "my disk", "1234-ABCD"},
		"/home":          {"Local Fixed Disk", "btrfs", "3", "3", "", "", "aa-bb"},
		"/net":           {"Network Connection", "nfs4", "4", "3", "server:/export", "", ""},
		"/media/cd":      {"CD-ROM Disc", "iso9660", "5", "1", "", "", ""},
		"/stick":         {"Removable Disk", "vfat", "2", "3", "", `odd\x2`, ""},
	}
	got := map[string]mount{}
	for id, v := range rows(t, svc, "SELECT * FROM Win32_LogicalDisk") {
		got[id] = mount{v["Description"], v["FileSystem"], v["DriveType"], v["Access"], v["ProviderName"], v["VolumeName"], v["VolumeSerialNumber"]}
		if v["Name"] != id || v["Caption"] != id || v["SystemName"] != "PC" || v["CreationClassName"] != "Win32_LogicalDisk" {
			t.Errorf("%s is %v", id, v)
		}
		if _, ok := v["Size"]; ok != (id == "/") && runtime.GOOS == "linux" && strings.HasPrefix(id, "/no-such") {
			t.Errorf("%s has the size %s", id, v["Size"])
		}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(mount{})); diff != "" {
		t.Errorf("logical disks differ:\n%s", diff)
	}
	if got := len(rows(t, svc, "SELECT DeviceID FROM Win32_LogicalDisk WHERE DriveType = 3 AND FileSystem = 'EXT4'")); got != 2 {
		t.Errorf("%d local disks have ext4", got)
	}
	volumes := rows(t, svc, "SELECT * FROM Win32_Volume")
	var points []string
	for _, v := range volumes {
		points = append(points, v["Name"])
	}
	slices.Sort(points)
	if diff := cmp.Diff([]string{"/", "/home", "/media/cd", "/net", `/no-such dir\x`, "/stick"}, points); diff != "" {
		t.Errorf("volumes differ:\n%s", diff)
	}
	if v := volumes["/dev/sda2"]; v["BootVolume"] != "TRUE" || volumes["/dev/sda3"]["BootVolume"] != "FALSE" {
		t.Errorf("the volume of the system is %v", v)
	}
}

func TestDrives(t *testing.T) {
	svc := open(t, machine(t))
	want := map[string]map[string]string{
		"/dev/sda": {
			"Model": "WDC  9\uFFFD", "Caption": "WDC  9\uFFFD", "Manufacturer": "ATA", "FirmwareRevision": "1A02", "InterfaceType": "IDE", "Index": "1",
			"Size": "1048576", "MediaLoaded": "TRUE", "BytesPerSector": "4096", "TotalSectors": "256", "MediaType": "Fixed hard disk media",
			"Capabilities": "{3, 4}", "Partitions": "2", "SCSIPort": "0", "SCSIBus": "0", "SCSITargetId": "0", "SCSILogicalUnit": "0",
		},
		"/dev/sdb": {
			"Model": "sdb", "Caption": "sdb", "InterfaceType": "USB", "Index": "2", "Size": "0", "MediaLoaded": "FALSE", "MediaType": "Removable Media",
			"Capabilities": "{3, 7}", "Partitions": "1", "SCSIPort": "6", "SCSIBus": "0", "SCSITargetId": "1", "SCSILogicalUnit": "2",
		},
		"/dev/cciss/x": {
			"Model": "Odd", "Caption": "Odd", "Index": "0", "Size": "0", "MediaLoaded": "FALSE", "MediaType": "Fixed hard disk media",
			"Capabilities": "{3}", "Partitions": "0",
		},
	}
	for id, v := range want {
		for name, value := range map[string]string{
			"DeviceID": id, "Name": id, "Description": "Disk drive", "Status": "OK", "CreationClassName": "Win32_DiskDrive",
			"SystemCreationClassName": "Win32_ComputerSystem", "SystemName": "PC",
		} {
			v[name] = value
		}
	}
	if diff := cmp.Diff(want, rows(t, svc, "SELECT * FROM Win32_DiskDrive")); diff != "" {
		t.Errorf("drives differ:\n%s", diff)
	}
	for _, id := range []string{"/dev/loop0", "/dev/sr0", "/dev/sda1", "/dev/..", "/dev/../sda", "sda", "/dev/"} {
		if got := rows(t, svc, "SELECT * FROM Win32_DiskDrive WHERE DeviceID = '"+id+"'"); len(got) != 0 {
			t.Errorf("%s is %v", id, got)
		}
	}
	want = map[string]map[string]string{
		"/dev/sda1": {"Index": "0", "DiskIndex": "1", "Size": "409600", "StartingOffset": "8192", "BlockSize": "4096", "NumberOfBlocks": "100", "Access": "3"},
		"/dev/sda3": {"Index": "2", "DiskIndex": "1", "Size": "0", "StartingOffset": "0", "BlockSize": "4096", "NumberOfBlocks": "0", "Access": "1"},
		"/dev/sdb1": {"Index": "0", "DiskIndex": "2", "Size": "0", "StartingOffset": "0", "Access": "3"},
	}
	for id, v := range want {
		for name, value := range map[string]string{
			"DeviceID": id, "Name": id, "Caption": id, "CreationClassName": "Win32_DiskPartition", "SystemCreationClassName": "Win32_ComputerSystem", "SystemName": "PC",
		} {
			v[name] = value
		}
	}
	if diff := cmp.Diff(want, rows(t, svc, "SELECT * FROM Win32_DiskPartition")); diff != "" {
		t.Errorf("partitions differ:\n%s", diff)
	}
	if got := rows(t, svc, "SELECT * FROM Win32_DiskPartition WHERE DeviceID = '/dev/sda'"); len(got) != 0 {
		t.Errorf("a drive is the partition %v", got)
	}
}

// What is on what can be followed in both directions.
func TestAssociations(t *testing.T) {
	svc := open(t, machine(t))
	for query, want := range map[string]string{
		`ASSOCIATORS OF {Win32_DiskDrive.DeviceID="/dev/sda"} WHERE AssocClass = Win32_DiskDriveToDiskPartition`:    "/dev/sda1 /dev/sda3",
		`ASSOCIATORS OF {Win32_DiskPartition.DeviceID="/dev/sdb1"} WHERE AssocClass = Win32_LogicalDiskToPartition`: "/stick",
		`ASSOCIATORS OF {Win32_DiskPartition.DeviceID="/dev/sdb1"}`:                                                 "/dev/sdb /stick",
		`ASSOCIATORS OF {Win32_LogicalDisk.DeviceID="/no-such dir\\x"}`:                                             "/dev/sda3",
		`ASSOCIATORS OF {Win32_LogicalDisk.DeviceID="/home"}`:                                                       "",
	} {
		var ids []string
		for _, inst := range providertest.Query(t, svc, query) {
			ids = append(ids, providertest.Values(inst)["DeviceID"])
		}
		slices.Sort(ids)
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s found %q, want %q", query, got, want)
		}
	}
	for _, inst := range providertest.Query(t, svc, "SELECT * FROM Win32_LogicalDiskToPartition") {
		path, _ := cim.RelPath(inst)
		if _, err := svc.GetInstance(t.Context(), path, wbem.Options{}); err != nil {
			t.Error(err)
		}
	}
}

// Sizes are those that df prints, as far as nobody writes at the same moment.
func TestAgainstDF(t *testing.T) {
	if _, err := os.Stat("/proc/self/mountinfo"); err != nil {
		t.Skip("this system has no /proc")
	}
	svc := open(t, nil)
	df := func() map[string][]string {
		found := map[string][]string{}
		for i, line := range strings.Split(providertest.Run(t, "df", "-P", "-B1", "-l"), "\n") {
			if f := strings.Fields(line); i > 0 && len(f) == 6 {
				found[f[5]] = f
			}
		}
		return found
	}
	before := df()
	disks := rows(t, svc, "SELECT * FROM Win32_LogicalDisk")
	after := df()
	for point, v := range disks {
		b, a := before[point], after[point]
		if b == nil || a == nil {
			continue
		}
		if v["Size"] != b[1] {
			t.Errorf("%s has %s bytes, df says %s", point, v["Size"], b[1])
		}
		free, _ := strconv.ParseInt(v["FreeSpace"], 10, 64)
		low, _ := strconv.ParseInt(a[3], 10, 64)
		high, _ := strconv.ParseInt(b[3], 10, 64)
		if low > high {
			low, high = high, low
		}
		const slack = 256 << 20 // others write
		if free < low-slack || free > high+slack {
			t.Errorf("%s has %d bytes free, df says %d to %d", point, free, low, high)
		}
	}
	if len(disks) == 0 {
		t.Error("there are no logical disks")
	}
}

// Sizes of disks and partitions are those that lsblk prints.
func TestAgainstLSBLK(t *testing.T) {
	if _, err := os.Stat("/sys/block"); err != nil {
		t.Skip("this system has no /sys")
	}
	svc := open(t, nil)
	drives, parts := rows(t, svc, "SELECT * FROM Win32_DiskDrive"), rows(t, svc, "SELECT * FROM Win32_DiskPartition")
	for line := range strings.Lines(providertest.Run(t, "lsblk", "-b", "-n", "-r", "-o", "NAME,TYPE,SIZE")) {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		v := drives["/dev/"+f[0]]
		if f[1] == "part" {
			v = parts["/dev/"+f[0]]
		}
		if v != nil && v["Size"] != f[2] {
			t.Errorf("%s has %s bytes, lsblk says %s", f[0], v["Size"], f[2])
		}
	}
}
