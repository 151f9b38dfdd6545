package wql_test

import (
	"testing"

	"openwmi/wql"
)

func BenchmarkParse(b *testing.B) {
	for _, bench := range []struct{ name, text string }{
		{"all", "SELECT * FROM Win32_Process"},
		{"where", `SELECT Name, ProcessId, CommandLine FROM Win32_Process WHERE (Name = 'svchost.exe' OR Name LIKE "%\\host[_]%") AND ProcessId > 4 AND NOT CommandLine IS NULL`},
		{"associators", `ASSOCIATORS OF {Win32_LogicalDisk.DeviceID="C:"} WHERE AssocClass = Win32_LogicalDiskToPartition ResultClass = Win32_DiskPartition`},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := wql.Parse(bench.text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBind(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wql.Bind("SELECT * FROM Win32_Process WHERE Name = ? AND ProcessId > ?", "svchost.exe", 4); err != nil {
			b.Fatal(err)
		}
	}
}
