package scrrun_test

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
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
