package eventlog_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"openwmi/cim"
	"openwmi/providers/internal/journal"
	"openwmi/providers/internal/journal/journaltest"
	"openwmi/wbem"
)

// million is how many entries there are, one a second.
const million = 1_000_000

// big writes two files of half a million entries, as a server has them.
func big(b *testing.B) (dir string) {
	b.Helper()
	dir = b.TempDir()
	units := []string{"nginx", "sshd", "cron", "systemd-networkd", "postgres", "kernel", "dockerd", "node"}
	next := uint64(1)
	for part, name := range []string{"system@1.journal", "system.journal"} {
		w := journaltest.New(filepath.Join(dir, name), journaltest.Options{Keyed: true, Compact: true, Buckets: 400_009, File: journal.ID{byte(part + 1)}, Sequence: journal.ID{2}, Next: next})
		for i := part * million / 2; i < (part+1)*million/2; i++ {
			unit := units[i%len(units)]
			transport := "stdout"
			if unit == "kernel" {
				transport = "kernel"
			}
			w.Append(boot, moment(i), uint64(i),
				fmt.Sprintf("MESSAGE=request %d from 192.0.2.%d took %d ms and everything was fine", i, i%251, i%977),
				fmt.Sprintf("PRIORITY=%d", []int{6, 6, 6, 5, 6, 4, 6, 6, 6, 3}[i%10]),
				"SYSLOG_FACILITY=3", "SYSLOG_IDENTIFIER="+unit, "_COMM="+unit, "_SYSTEMD_UNIT="+unit+".service", fmt.Sprintf("_PID=%d", 1000+i%50),
				"_UID=0", "_GID=0", "_TRANSPORT="+transport, "_HOSTNAME=server", "_MACHINE_ID=00112233445566778899aabbccddeeff",
				"_CAP_EFFECTIVE=1ffffffffff", "_SYSTEMD_SLICE=system.slice", fmt.Sprintf("_CMDLINE=/usr/sbin/%s --daemon", unit), fmt.Sprintf("_SOURCE_REALTIME_TIMESTAMP=%d", moment(i)-3))
		}
		next = w.Next()
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// count returns how many instances a query finds.
func count(b *testing.B, svc wbem.Services, query string) (n int) {
	b.Helper()
	for _, err := range svc.Query(b.Context(), "WQL", query, wbem.Options{}) {
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	return n
}

// BenchmarkMillion looks for entries among a million.
func BenchmarkMillion(b *testing.B) {
	svc := open(b, big(b))
	hour := fmt.Sprintf("TimeGenerated >= %q", wmi(moment(million-3600)))
	for _, test := range []struct {
		name, query string
		want        int
	}{
		{"last hour", "SELECT * FROM Win32_NTLogEvent WHERE " + hour, 3600},
		{"errors of the last hour", `SELECT * FROM Win32_NTLogEvent WHERE EventType = 1 AND ` + hour, 360},
		{"source and log", `SELECT RecordNumber, Message FROM Win32_NTLogEvent WHERE Logfile = "System" AND SourceName = "kernel" AND ` + hour, 450},
		{"last record", fmt.Sprintf("SELECT * FROM Win32_NTLogEvent WHERE RecordNumber > %d", million-1), 1},
		{"records of logs", `SELECT LogfileName, NumberOfRecords FROM Win32_NTEventlogFile`, 3},
	} {
		b.Run(test.name, func(b *testing.B) {
			for b.Loop() {
				if n := count(b, svc, test.query); n != test.want {
					b.Fatalf("%d instances, want %d", n, test.want)
				}
			}
		})
	}
	b.Run("scan", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n += count(b, svc, `SELECT RecordNumber, Message FROM Win32_NTLogEvent WHERE Message LIKE "%nothing%"`) + million
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "entries/s")
	})
	b.Run("get", func(b *testing.B) {
		path := cim.MustParsePath(`Win32_NTLogEvent.Logfile="Application",RecordNumber=765432`)
		for b.Loop() {
			if _, err := svc.GetInstance(b.Context(), path, wbem.Options{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
