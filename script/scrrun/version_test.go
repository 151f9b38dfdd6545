package scrrun_test

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"runtime"
	"testing"
)

// program returns a PE file whose only section has resources.
func program(t testing.TB, resources []byte) string {
	t.Helper()
	const dosHeader = 0x40
	var b bytes.Buffer
	dos := make([]byte, dosHeader)
	copy(dos, "MZ")
	binary.LittleEndian.PutUint32(dos[0x3c:], dosHeader)
	b.Write(dos)
	b.WriteString("PE\x00\x00")
	section := pe.SectionHeader32{SizeOfRawData: uint32(len(resources)), VirtualSize: uint32(len(resources))}
	copy(section.Name[:], ".rsrc")
	section.PointerToRawData = uint32(b.Len() + binary.Size(pe.FileHeader{}) + binary.Size(section))
	for _, part := range []any{pe.FileHeader{Machine: pe.IMAGE_FILE_MACHINE_AMD64, NumberOfSections: 1}, section} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	b.Write(resources)
	return b.String()
}

func fixedInfo() []byte {
	info := []byte{0xbd, 0x04, 0xef, 0xfe, 0, 0, 1, 0}
	for _, n := range []uint16{2, 10, 5512, 22621} { // minor, major, revision, build
		info = binary.LittleEndian.AppendUint16(info, n)
	}
	return info
}

func TestFileVersion(t *testing.T) {
	s := newScript(t)
	s.write("good.exe", program(t, append(make([]byte, 12), fixedInfo()...)))
	s.write("unaligned.exe", program(t, append(append(make([]byte, 13), fixedInfo()...), make([]byte, 8)...)))
	s.write("second.exe", program(t, append(append(make([]byte, 1), fixedInfo()...), append(make([]byte, 3), fixedInfo()...)...)))
	s.write("short.exe", program(t, fixedInfo()[:12]))
	s.write("none.exe", program(t, nil))
	s.write("text.exe", "MZ, but no program")
	s.check([]struct{ script, want string }{
		{`P f.GetFileVersion("good.exe")`, "10.2.22621.5512"},
		{`P f.GetFileVersion("second.exe")`, "10.2.22621.5512"},
		{`For Each n In Array("unaligned", "short", "none", "text") : P f.GetFileVersion(n & ".exe") & "." : Next`, ".|.|.|."},
		{`P f.GetFileVersion("C:\")`, "!70 Permission denied"},
	})
}

// A file whose sections all have the same relocations is no reason to read them that often.
func TestFileVersionSections(t *testing.T) {
	const sections, relocations = 20000, 65535
	var b bytes.Buffer
	b.WriteString(program(t, nil)[:0x40+4])
	head := pe.FileHeader{Machine: pe.IMAGE_FILE_MACHINE_AMD64, NumberOfSections: sections}
	section := pe.SectionHeader32{NumberOfRelocations: relocations, PointerToRelocations: 0x40}
	if err := binary.Write(&b, binary.LittleEndian, head); err != nil {
		t.Fatal(err)
	}
	for range sections {
		if err := binary.Write(&b, binary.LittleEndian, section); err != nil {
			t.Fatal(err)
		}
	}
	s := newScript(t)
	s.write("a.exe", b.String())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if got := s.run(`P f.GetFileVersion("a.exe") & "."`); got != "." {
		t.Error(got)
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 10<<20 {
		t.Errorf("it took %d bytes", n)
	}
}

func FuzzFileVersion(f *testing.F) {
	f.Add([]byte(program(f, fixedInfo())))
	f.Add([]byte("MZ"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := newScript(t)
		s.write("a.exe", string(b))
		if got := s.run(`f.GetFileVersion "a.exe"`); got != "" {
			t.Error(got)
		}
	})
}
