package perf_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"openwmi/cim"
	"openwmi/providers/internal/providertest"
	"openwmi/wbem"
)

// Interrupts are in columns of all processors that are there; a line of another
// kind is not taken for one.
func TestInterrupts(t *testing.T) {
	files := func(a, b, c, d int) map[string]string {
		return map[string]string{
			"proc/stat":       "cpu 2 2 2 2\ncpu0 1 1 1 1 1 1 1\ncpu2 1 1 1 1 1 1 1\n",
			"proc/interrupts": fmt.Sprintf("     CPU0  CPU2\n 24: %d 1 IO-APIC 5-edge name\nLOC: 10 %d Local timer interrupts\nERR: 7\nMIS: 0\nbroken\nX: 5\n", a, b),
			"proc/softirqs":   fmt.Sprintf("     CPU0  CPU2\n HI: 0 0\n TIMER: %d %d\n", c, d),
		}
	}
	m := newMachine(t, files(100, 200, 4294967295, 7))
	const columns = "SELECT Name, InterruptsPersec, DPCsQueuedPersec FROM "
	m.check(columns+"Win32_PerfRawData_PerfOS_Processor", `
		0: InterruptsPersec=110 DPCsQueuedPersec=4294967295
		2: InterruptsPersec=201 DPCsQueuedPersec=7
		_Total: InterruptsPersec=311 DPCsQueuedPersec=6`)
	m.check(columns+"Win32_PerfFormattedData_PerfOS_Processor WHERE Name = '0'", "0:")
	m.later(10*time.Second, files(350, 200, 4294967295+51, 7))
	m.check(columns+"Win32_PerfFormattedData_PerfOS_Processor WHERE Name = '0'", "0: InterruptsPersec=25 DPCsQueuedPersec=5")
	m.later(0, map[string]string{"proc/interrupts": "", "proc/softirqs": strings.Repeat("CPU0", 9)})
	m.check(columns+"Win32_PerfRawData_PerfOS_Processor WHERE Name = '0'", "0:")
}

func TestMemory(t *testing.T) {
	files := func(faults, in, out uint64) map[string]string {
		return map[string]string{
			"proc/meminfo": "MemTotal: 24684084 kB\nMemFree:        4096 kB\nMemAvailable:   3073 kB\nBuffers: 10 kB\nCached: 20 kB\n" +
				"Dirty: 8 kB\nSlab: 7 kB\nCommitLimit: 8388608 kB\nCommitted_AS: 2097152 kB\nbroken: kB\nHugePages_Total: 0\n",
			"proc/vmstat": fmt.Sprintf("pgfault %d\npgmajfault 5\npswpin %d\npswpout %d\n", faults, in, out),
		}
	}
	m := newMachine(t, files(1<<32+6, 10, 20))
	gauges := "AvailableBytes=3146752 AvailableKBytes=3073 AvailableMBytes=3 CacheBytes=30720 SystemCacheResidentBytes=30720 CommitLimit=8589934592" +
		" CommittedBytes=2147483648 FreeAndZeroPageListBytes=4194304 ModifiedPageListBytes=8192 PoolNonpagedBytes=7168"
	m.check("SELECT * FROM Win32_PerfFormattedData_PerfOS_Memory", "@: "+gauges+" PercentCommittedBytesInUse=25")
	m.later(500*time.Millisecond, files(1<<32+106, 15, 30))
	m.check("SELECT * FROM Win32_PerfFormattedData_PerfOS_Memory", "@: "+gauges+
		" PercentCommittedBytesInUse=25 PageFaultsPersec=200 PageReadsPersec=0 PagesInputPersec=10 PagesOutputPersec=20 PagesPersec=30")
	m.check("SELECT PercentCommittedBytesInUse, PercentCommittedBytesInUse_Base, PageFaultsPersec FROM Win32_PerfRawData_PerfOS_Memory",
		"@: PercentCommittedBytesInUse=2048 PercentCommittedBytesInUse_Base=8192 PageFaultsPersec=106")
}

// process makes the files of a process: its times are in ticks, its start in ticks
// since that of the system.
func process(files map[string]string, pid int, name string, user, system, start, read int) {
	dir := fmt.Sprintf("proc/%d/", pid)
	files[dir+"stat"] = fmt.Sprintf("%d (%s) S 1 1 1 0 -1 0 10 0 5 0 %d %d 0 0 20 0 3 0 %d 8192 2 0", pid, name, user, system, start)
	files[dir+"status"] = "Name:\tx\nVmPeak:\t 16 kB\nVmHWM:\t 12 kB\nRssAnon:\t 4 kB\nVmSwap:\t 1 kB\n"
	files[dir+"io"] = fmt.Sprintf("rchar: %d\nwchar: 20\nsyscr: 3\nsyscw: 4\n", read)
}

// Processes have names of their own, and one that follows another under its name is
// measured since it began.
func TestProcess(t *testing.T) {
	files := stat("cpu", "cpu0 20000 0 10000 70000", "cpu1 0 0 0 100000")
	process(files, 10, "sh", 100, 50, 90000, 1000) // for 100 s
	process(files, 5, "SH", 100, 100, 98000, 1000) // for 20 s
	process(files, 20, "sh", 0, 0, 99000, 0)       // for 10 s
	process(files, 30, "_total", 1, 1, 1, 0)       // not the total
	process(files, 40, "sh#1", 1, 1, 99999, 0)     // has that name as well
	m := newMachine(t, files)
	m.check("SELECT Name, IDProcess FROM Win32_PerfRawData_PerfProc_Process", `
		sh: IDProcess=10
		SH#1: IDProcess=5
		sh#2: IDProcess=20
		_total#1: IDProcess=30
		sh#1#1: IDProcess=40
		Idle: IDProcess=0
		_Total: IDProcess=0`)
	m.check("SELECT * FROM Win32_PerfRawData_PerfProc_Process WHERE Name = 'sh'", `sh: IDProcess=10 CreatingProcessID=1 `+
		`ElapsedTime=133594713000000000 PercentProcessorTime=15000000 PercentUserTime=10000000 PercentPrivilegedTime=5000000 ThreadCount=3 `+
		`PriorityBase=8 IOReadOperationsPersec=3 IOReadBytesPersec=1000 IOWriteOperationsPersec=4 IOWriteBytesPersec=20 `+
		`IODataOperationsPersec=7 IODataBytesPersec=1020 PageFaultsPersec=15 PageFileBytes=1024 PrivateBytes=5120 VirtualBytes=8192 `+
		`VirtualBytesPeak=16384 WorkingSet=8192 WorkingSetPeak=12288 `+
		`Timestamp_PerfTime=10000000000 Timestamp_Sys100NS=133594714000000000 Timestamp_Object=133594714000000000 Frequency_PerfTime=10000000 Frequency_Sys100NS=10000000 Frequency_Object=10000000`)
	const query = "SELECT Name, ElapsedTime, PercentProcessorTime, PercentUserTime, IOReadBytesPersec, ThreadCount FROM Win32_PerfFormattedData_PerfProc_Process"
	m.check(query+" WHERE Name <> '_total#1' AND Name <> 'sh#1#1'", `
		sh: ElapsedTime=100 PercentProcessorTime=1 PercentUserTime=1 IOReadBytesPersec=10 ThreadCount=3
		SH#1: ElapsedTime=20 PercentProcessorTime=10 PercentUserTime=5 IOReadBytesPersec=50 ThreadCount=3
		sh#2: ElapsedTime=10 PercentProcessorTime=0 PercentUserTime=0 IOReadBytesPersec=0 ThreadCount=3
		Idle: ElapsedTime=1000 PercentProcessorTime=170 PercentUserTime=0 ThreadCount=2
		_Total: ElapsedTime=1000 PercentProcessorTime=200 PercentUserTime=20 IOReadBytesPersec=2 ThreadCount=17`)

	// SH ends, so that sh#2 becomes sh#1, and is measured since it began: the
	// samples of that name are not its own. A new one begins.
	later := stat("cpu", "cpu0 20200 0 10000 70000", "cpu1 0 0 0 100200")
	for _, f := range []string{"stat", "status", "io"} {
		later["proc/5/"+f] = ""
	}
	later["proc/5"] = ""
	process(later, 10, "sh", 200, 150, 90000, 5000)
	process(later, 20, "sh", 60, 0, 99000, 1200)
	process(later, 50, "new", 100, 0, 100100, 1)
	m.later(2*time.Second, later)
	m.check(query+" WHERE Name = 'sh' OR Name = 'sh#1' OR Name = 'sh#2' OR Name = 'new' OR Name = '_Total' OR Name = 'Idle'", `
		sh: ElapsedTime=102 PercentProcessorTime=100 PercentUserTime=50 IOReadBytesPersec=2000 ThreadCount=3
		sh#1: ElapsedTime=12 PercentProcessorTime=5 PercentUserTime=5 IOReadBytesPersec=100 ThreadCount=3
		new: ElapsedTime=1 PercentProcessorTime=100 PercentUserTime=100 IOReadBytesPersec=1 ThreadCount=3
		Idle: ElapsedTime=1002 PercentProcessorTime=100 PercentUserTime=0 ThreadCount=2
		_Total: ElapsedTime=1002 PercentProcessorTime=200 PercentUserTime=100 IOReadBytesPersec=2100 ThreadCount=17`)
	_, err := m.GetInstance(t.Context(), cim.MustParsePath(`Win32_PerfFormattedData_PerfProc_Process.Name="gone"`), wbem.Options{})
	if cim.StatusOf(err) != wbem.NotFound {
		t.Errorf("a process that is not there: %v", err)
	}
}

func diskstats(reads, sectors, readTime, writes, writeTime, inFlight, busy, weighted int) string {
	return fmt.Sprintf("   7 0 loop0 9 9 9 9 9 9 9 9 9 9 9 9 9\n 254 0 sda %d 1 %d %d %d 1 800 %d %d %d %d 0 0 0\n"+
		" 254 1 sda1 %d 1 %d %d %d 1 800 %d %d %d %d 0 0 0\n 8 0 sdb 0 0 0 0 0 0 0 0 0 0 0\nbroken 1 2 3\n",
		reads, sectors, readTime, writes, writeTime, inFlight, busy, weighted,
		reads, sectors, readTime, writes, writeTime, inFlight, busy, weighted)
}

func TestDisk(t *testing.T) {
	m := newMachine(t, map[string]string{
		"proc/diskstats":         diskstats(100, 2000, 10000, 50, 40000, 3, 250000, 100000),
		"sys/block/sda/device/x": "", "sys/block/sdb/device/x": "", "sys/block/loop0/x": "",
		"proc/self/mountinfo": "1 1 254:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:5 / /proc rw - proc proc rw\n3 1 254:1 / /no\\040where rw - btrfs /dev/sda1 rw\n",
	})
	const columns = "SELECT Name, AvgDiskBytesPerRead, AvgDisksecPerRead, AvgDiskQueueLength, CurrentDiskQueueLength, DiskReadBytesPersec, DiskReadsPersec, " +
		"DiskTransfersPersec, PercentDiskReadTime, PercentDiskTime, PercentIdleTime FROM "
	// The counters of 32 bits, and what is divided by them, are not known yet.
	m.check(columns+"Win32_PerfFormattedData_PerfDisk_PhysicalDisk", `
		0 sda: AvgDiskQueueLength=0 CurrentDiskQueueLength=3 DiskReadBytesPersec=1024 PercentDiskReadTime=1 PercentDiskTime=5 PercentIdleTime=75
		1 sdb: AvgDiskQueueLength=0 CurrentDiskQueueLength=0 DiskReadBytesPersec=0 PercentDiskReadTime=0 PercentDiskTime=0 PercentIdleTime=100
		_Total: AvgDiskQueueLength=0 CurrentDiskQueueLength=3 DiskReadBytesPersec=1024 PercentDiskReadTime=0 PercentDiskTime=2 PercentIdleTime=87`)
	m.later(2*time.Second, map[string]string{"proc/diskstats": diskstats(110, 2200, 34000, 60, 42000, 1, 251000, 106000)})
	m.check(columns+"Win32_PerfFormattedData_PerfDisk_PhysicalDisk", `
		0 sda: AvgDiskBytesPerRead=10240 AvgDisksecPerRead=2 AvgDiskQueueLength=3 CurrentDiskQueueLength=1 DiskReadBytesPersec=51200 DiskReadsPersec=5 DiskTransfersPersec=10 PercentDiskReadTime=1200 PercentDiskTime=1300 PercentIdleTime=50
		1 sdb: AvgDiskBytesPerRead=0 AvgDisksecPerRead=0 AvgDiskQueueLength=0 CurrentDiskQueueLength=0 DiskReadBytesPersec=0 DiskReadsPersec=0 DiskTransfersPersec=0 PercentDiskReadTime=0 PercentDiskTime=0 PercentIdleTime=100
		_Total: AvgDiskBytesPerRead=10240 AvgDisksecPerRead=2 AvgDiskQueueLength=3 CurrentDiskQueueLength=1 DiskReadBytesPersec=51200 DiskReadsPersec=5 DiskTransfersPersec=10 PercentDiskReadTime=600 PercentDiskTime=650 PercentIdleTime=75`)
	m.check("SELECT Name, DiskReadsPersec, PercentIdleTime, PercentIdleTime_Base FROM Win32_PerfRawData_PerfDisk_LogicalDisk", `
		/: DiskReadsPersec=110 PercentIdleTime=7510000000 PercentIdleTime_Base=10020000000
		/no where: DiskReadsPersec=110 PercentIdleTime=7510000000 PercentIdleTime_Base=10020000000
		_Total: DiskReadsPersec=110 PercentIdleTime=7510000000 PercentIdleTime_Base=10020000000`)
	for _, inst := range providertest.Query(t, m, "SELECT * FROM Win32_PerfFormattedData_PerfDisk_LogicalDisk WHERE Name = '/'") {
		values := providertest.Values(inst)
		if values["PercentFreeSpace"] == "" || values["FreeMegabytes"] == "" {
			t.Errorf("the file system does not say how much is free: %v", values)
		}
	}
}

func TestNetwork(t *testing.T) {
	dev := func(in, packets, out int) string {
		return fmt.Sprintf("Inter-|   Receive   |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"+
			"    lo:       1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\neth0:0:%d %d 1 2 0 0 0 40 %d 60 3 4 0 0 0 0\n broken: 1 2\n", in, packets, out)
	}
	m := newMachine(t, map[string]string{
		"proc/net/dev": dev(1000000, 100, 2000), "sys/class/net/lo/speed": "-1\n", "sys/class/net/eth0:0/speed": "1000\n",
	})
	gauges := " CurrentBandwidth=1000000000 PacketsOutboundDiscarded=4 PacketsOutboundErrors=3 PacketsReceivedDiscarded=2 PacketsReceivedErrors=1"
	const query = "SELECT * FROM Win32_PerfFormattedData_Tcpip_NetworkInterface WHERE Name = 'ETH0:0'"
	m.check(query, "eth0:0: BytesReceivedPersec=1000 BytesSentPersec=2 BytesTotalPersec=1002 PacketsPersec=0 PacketsReceivedPersec=0 PacketsSentPersec=0"+
		" PacketsReceivedUnicastPersec=0 PacketsReceivedNonUnicastPersec=0"+gauges)
	m.later(time.Second, map[string]string{"proc/net/dev": dev(1005000, 200, 1000)})
	m.check(query, "eth0:0: BytesReceivedPersec=5000 BytesTotalPersec=4000 PacketsPersec=100 PacketsReceivedPersec=100 PacketsSentPersec=0"+
		" PacketsReceivedUnicastPersec=100 PacketsReceivedNonUnicastPersec=0"+gauges) // fewer bytes were sent than before
	m.check("SELECT Name, BytesTotalPersec, CurrentBandwidth FROM Win32_PerfRawData_Tcpip_NetworkInterface", `
		lo: BytesTotalPersec=2
		eth0:0: BytesTotalPersec=1006000 CurrentBandwidth=1000000000`)
}

// Without /proc everything says so.
func TestNoProc(t *testing.T) {
	m := newMachine(t, nil)
	for _, kind := range []string{"Raw", "Formatted"} {
		for _, name := range []string{"PerfOS_System", "PerfOS_Processor", "PerfOS_Memory", "PerfProc_Process", "PerfDisk_LogicalDisk",
			"PerfDisk_PhysicalDisk", "Tcpip_NetworkInterface"} {
			n := 0
			for _, err := range m.Instances(t.Context(), "Win32_Perf"+kind+"Data_"+name, wbem.Options{}) {
				if n++; cim.StatusOf(err) != wbem.NotAvailable {
					t.Errorf("%s %s: %v", kind, name, err)
				}
			}
			if n != 1 {
				t.Errorf("%s %s: %d results", kind, name, n)
			}
		}
	}
}
