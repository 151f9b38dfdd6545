package scrrun_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"openwmi/script/scrrun"
)

func TestWrite(t *testing.T) {
	s := newScript(t)
	s.check([]struct{ script, want string }{
		{`Set t = f.CreateTextFile("a.txt") : t.WriteLine "one" : t.Write "two" : t.WriteBlankLines 2 : t.WriteLine : P t.Line & "," & t.Column : t.Write "äx" : P t.Line & "," & t.Column : t.Close : P TypeName(t)`,
			"5,1|5,3|TextStream"},
		{`Set t = f.OpenTextFile("a.txt", 8) : t.Write "😀" : P t.Column : t.Close : P f.OpenTextFile("a.txt").ReadAll`,
			"3|one\r\ntwo\r\n\r\n\r\näx😀"},
		{`Set t = f.OpenTextFile("a.txt", 2) : t.Write 1.5 : t.Close : P f.GetFile("a.txt").Size`, "3"},
		{`Set t = f.OpenTextFile("b.txt", 8, True, -1) : t.WriteLine "aé😀" : t.Close : Set t = f.OpenTextFile("b.txt", 8, True, -1) : t.Write ChrW(&hD83D) : t.Close : P f.GetFile("b.txt").Size`, "16"},
		{`Set t = f.OpenTextFile("b.txt", 1, False, -1) : P t.ReadLine : P Len(t.ReadAll)`, "aé😀|1"},
		{`Set t = f.CreateTextFile("c.txt", True, True) : t.Close : P f.GetFile("c.txt").Size`, "2"},
		{`Set t = f.CreateTextFile("d.txt") : P t.ReadAll`, "!54 Bad file mode"},
		{`Set t = f.CreateTextFile("d.txt") : P t.AtEndOfStream`, "!54 Bad file mode"},
		{`f.OpenTextFile("a.txt").Write "x"`, "!54 Bad file mode"},
		{`Set t = f.CreateTextFile("d.txt") : t.Close : t.Close : t.Write "x"`, "!91 Object variable not set"},
		{`f.CreateTextFile("d.txt").WriteBlankLines -1`, "!5 Invalid procedure call or argument"},
		{`f.CreateTextFile "a.txt", False`, "!58 File already exists"},
		{`f.CreateTextFile "no\a.txt"`, `!76 Path not found`},
		{`f.CreateTextFile "a*.txt"`, "!52 Bad file name or number"},
		{`f.CreateTextFile "\\server\share\a.txt"`, `!76 Path not found: there are no shares here`},
		{`f.CreateTextFile "Q:\a.txt"`, `!76 Path not found`},
		{`f.OpenTextFile "no.txt"`, "!53 File not found"},
		{`f.OpenTextFile "no.txt", 2`, "!53 File not found"},
		{`f.OpenTextFile "no\no.txt", 8, True`, `!76 Path not found`},
		{`f.OpenTextFile "a.txt", 3`, "!5 Invalid procedure call or argument"},
		{`f.OpenTextFile "a.txt", 1, False, 1`, "!5 Invalid procedure call or argument"},
		{`f.OpenTextFile "C:\"`, `!70 Permission denied`},
		{`P f.OpenTextFile("new.txt", 1, True).AtEndOfStream : P f.FileExists("new.txt")`, "True|True"},
		{`f.GetFolder("C:\").CreateTextFile("in.txt").WriteLine "x" : P f.GetFile("IN.TXT").Size`, "3"},
	})
	if got := s.read("b.txt"); got != "\xff\xfea\x00\xe9\x00\x3d\xd8\x00\xde\r\x00\n\x00\x3d\xd8" {
		t.Errorf("UTF-16LE is %q", got)
	}
}

func TestRead(t *testing.T) {
	s := newScript(t)
	s.write("a.txt", "one\r\ntwo\nthree")
	s.write("empty.txt", "")
	s.write("mark.txt", "\ufeffx")
	s.write("latin.txt", "na\xefve\xff\xfe")
	s.write("wide.txt", "\xff\xfea\x00\x3d\xd8\x00\xdeb\x00\x00\xd8c")
	s.write("emoji.txt", "😀b")
	s.check([]struct{ script, want string }{
		{`Set t = f.OpenTextFile("a.txt") : Do Until t.AtEndOfStream : P t.Line & t.ReadLine : Loop : P t.Line & "," & t.Column`, "1one|2two|3three|3,6"},
		{`Set t = f.OpenTextFile("a.txt") : P t.Read(2) & t.AtEndOfLine & t.Column : P t.Read(1) & t.AtEndOfLine & t.Column : t.Skip 2 : P t.Line & "," & t.Column : t.SkipLine : P t.Line : P t.ReadAll & t.AtEndOfLine & t.AtEndOfStream`,
			"onFalse3|eTrue4|2,1|3|threeTrueTrue"},
		{`Set t = f.OpenTextFile("a.txt") : P t.Read(0) & t.Read(1000) : P t.Line & "," & t.Column : t.Read 1`,
			"one\r\ntwo\nthree|3,6!62 Input past end of file"},
		{`f.OpenTextFile("empty.txt").ReadAll`, "!62 Input past end of file"},
		{`f.OpenTextFile("empty.txt").ReadLine`, "!62 Input past end of file"},
		{`f.OpenTextFile("empty.txt").SkipLine`, "!62 Input past end of file"},
		{`f.OpenTextFile("empty.txt").Skip 1`, "!62 Input past end of file"},
		{`f.OpenTextFile("a.txt").Read -1`, "!5 Invalid procedure call or argument"},
		{`Set t = f.OpenTextFile("a.txt") : t.Close : t.ReadLine`, "!91 Object variable not set"},
		{`P f.OpenTextFile("mark.txt").ReadAll`, "x"},
		{`x = f.OpenTextFile("latin.txt").ReadAll : P x : P AscW(Right(x, 1))`, "naïveÿþ|254"},
		{`Set t = f.OpenTextFile("wide.txt", 1, False, -1) : P t.Read(3) : x = t.ReadAll : P Left(x, 1) & AscW(Mid(x, 2)) & Len(x)`, "a😀|b-32"},
		{`Set t = f.OpenTextFile("emoji.txt") : P Len(t.Read(1)) & t.Column : P t.ReadAll`, "23|b"},
		{`P f.GetFile("a.txt").OpenAsTextStream().ReadLine`, "one"},
		{`P f.OpenTextFile("\A.TXT").ReadLine : P f.OpenTextFile("/a.txt").ReadLine : P f.OpenTextFile("c:a.txt").ReadLine`, "one|one|one"},
	})
}

func TestStandardStreams(t *testing.T) {
	s := newScript(t)
	var out bytes.Buffer
	s.streams = [3]*scrrun.TextStream{
		scrrun.NewTextStream(strings.NewReader("in\nput"), nil), scrrun.NewTextStream(nil, &out), nil,
	}
	s.check([]struct{ script, want string }{
		{`P f.GetStandardStream(0).ReadLine : P f.GetStandardStream(0, True).ReadAll`, "in|put"},
		{`f.GetStandardStream(1).WriteLine "a" : f.GetStandardStream(1).WriteBlankLines 1`, ""},
		{`f.GetStandardStream 2`, "!52 Bad file name or number"},
		{`f.GetStandardStream 3`, "!5 Invalid procedure call or argument"},
	})
	if out.String() != "a\n\n" {
		t.Errorf("written: %q", out.String())
	}
}

func TestReadEndsWithContext(t *testing.T) {
	s := newScript(t)
	r, w := io.Pipe()
	defer w.Close()
	s.streams[0] = scrrun.NewTextStream(r, nil)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = w.Write([]byte("first\n"))
		cancel()
	}()
	if got := s.runContext(ctx, `Set t = f.GetStandardStream(0) : t.ReadLine : t.ReadLine`); !strings.Contains(got, "context canceled") {
		t.Error(got)
	}
}

// A stream of which a script was told to stop reading is there for the next one, with
// what came meanwhile.
func TestReadAfterEnd(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	in := scrrun.NewTextStream(r, nil)
	for _, line := range []string{"first", "second"} {
		s := newScript(t)
		s.streams[0] = in
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if got := s.runContext(ctx, `f.GetStandardStream(0).ReadLine`); !strings.Contains(got, "context canceled") {
			t.Error(got)
		}
		if _, err := w.WriteString(line + "\n"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if got := s.runContext(ctx, `P f.GetStandardStream(0).ReadLine`); got != line {
			t.Errorf("%q, want %q", got, line)
		}
	}
}

func TestManyFiles(t *testing.T) {
	s := newScript(t)
	s.write("a.txt", "x")
	s.check([]struct{ script, want string }{
		// Files that the script has dropped are closed.
		{`For i = 1 To 2000 : P f.OpenTextFile("a.txt").ReadAll : out = "" : Next`, ""},
		{`ReDim all(300) : For i = 1 To 300 : Set all(i) = f.OpenTextFile("a.txt") : Next`, "!67 Too many files"},
		{`ReDim all(300) : For i = 1 To 300 : Set all(i) = f.OpenTextFile("a.txt") : all(i).Close : Next : P i`, "301"},
	})
}

func TestReadAllIsBounded(t *testing.T) {
	s := newScript(t)
	path := filepath.Join(s.dir, "huge.txt")
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 257<<20); err != nil {
		t.Skip("no sparse files:", err)
	}
	s.check([]struct{ script, want string }{
		{`f.OpenTextFile("huge.txt").ReadAll`, "!7 Out of memory"},
	})
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("a\r\nb\xff"), false)
	f.Add([]byte("\xff\xfea\x00\x3d\xd8"), true)
	f.Add([]byte("\xef\xbb"), false)
	f.Fuzz(func(t *testing.T, text []byte, wide bool) {
		s := newScript(t)
		s.write("a.txt", string(text))
		format := "0"
		if wide {
			format = "-1"
		}
		// However it is read, it is the same.
		got := s.run(`Set t = f.OpenTextFile("a.txt", 1, False, ` + format + `) : If Not t.AtEndOfStream Then a = t.ReadAll
Set t = f.OpenTextFile("a.txt", 1, False, ` + format + `) : Do Until t.AtEndOfStream : b = b & t.Read(3) : Loop
P a = b`)
		if got != "True" {
			t.Errorf("%q: %s", text, got)
		}
	})
}
