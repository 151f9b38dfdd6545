package scrrun_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"openwmi/script/sandbox"
)

// Every member that touches a file ends with error 70, which names the flag, when the
// policy is empty.
func TestNothingIsAllowed(t *testing.T) {
	s := newScript(t)
	s.write("a.txt", "x")
	s.policy = sandbox.Policy{}
	for _, test := range []struct{ script, verb string }{
		{`f.FileExists "a.txt"`, "read"},
		{`f.FileExists "no"`, "read"},
		{`f.FolderExists "C:\"`, "read"},
		{`f.GetFile "a.txt"`, "read"},
		{`f.GetFolder "C:\"`, "read"},
		{`f.GetFileVersion "a.txt"`, "read"},
		{`f.OpenTextFile "a.txt"`, "read"},
		{`f.OpenTextFile "a.txt", 1, True`, "read"},
		{`f.OpenTextFile "a.txt", 2`, "write"},
		{`f.OpenTextFile "a.txt", 8, True`, "write"},
		{`f.CreateTextFile "a.txt"`, "write"},
		{`f.CreateTextFile "a.txt", False`, "write"},
		{`f.CreateFolder "x"`, "write"},
		{`f.DeleteFile "a.txt"`, "write"},
		{`f.DeleteFile "*"`, "write"},
		{`f.DeleteFolder "x"`, "write"},
		{`f.CopyFile "a.txt", "b.txt"`, "read"},
		{`f.CopyFile "*", "x"`, "read"},
		{`f.CopyFolder "x", "y"`, "read"},
		{`f.MoveFile "a.txt", "b.txt"`, "read"},
		{`f.MoveFolder "x", "y"`, "read"},
		{`f.GetSpecialFolder(2).CreateTextFile "x"`, "write"},
		{`P f.GetSpecialFolder(2).Files.Count`, "read"},
		{`P f.GetDrive("C").RootFolder.Size`, "read"},
		{`P f.GetSpecialFolder(0).DateCreated`, "read"},
		{`P f.GetSpecialFolder(0).Attributes`, "read"},
		{`f.GetSpecialFolder(0).Attributes = 1`, "write"},
		{`f.GetSpecialFolder(0).Delete`, "write"},
		{`f.GetSpecialFolder(0).Name = "x"`, "read"},
		{`f.GetSpecialFolder(0).Copy "x"`, "read"},
		{`For Each x In f.GetSpecialFolder(0).SubFolders : Next`, "read"},
	} {
		got := s.run(test.script)
		if !strings.HasPrefix(got, "!70 Permission denied: Scripting.FileSystemObject may not "+test.verb+" ") ||
			!strings.Contains(got, "without --allow-"+test.verb+" "+s.dir) {
			t.Errorf("%s: %s", test.script, got)
		}
	}
}

func TestPermissions(t *testing.T) {
	s := newScript(t)
	s.write("in/a.txt", "A")
	s.write("in/sub/b.txt", "B")
	s.write("out/o.txt", "O")
	s.write("both/x.txt", "X")
	s.write("secret/s.txt", "S")
	s.write("one.txt", "1")
	s.write("two.txt", "2")
	at := func(name string) string { return filepath.Join(s.dir, name) }
	s.policy = sandbox.Policy{
		Read:  []string{at("in"), at("both"), at("one.txt")},
		Write: []string{at("out"), at("both"), at("one.txt"), at("later")},
	}
	const no = "!70 Permission denied"
	for _, test := range []struct{ script, want string }{
		{`P f.OpenTextFile("in\a.txt").ReadAll & f.OpenTextFile("IN\sub\B.txt").ReadAll & f.OpenTextFile("one.txt").ReadAll`, "AB1"},
		{`f.OpenTextFile "two.txt"`, no}, {`f.OpenTextFile "secret\s.txt"`, no}, {`f.OpenTextFile "out\o.txt"`, no},
		{`f.OpenTextFile "in\..\two.txt"`, no}, {`f.OpenTextFile "in\..\..\..\..\etc\passwd"`, no},
		{`f.OpenTextFile "in/../secret/s.txt"`, no}, {`f.OpenTextFile "\\?\C:\secret\s.txt"`, no}, {`f.OpenTextFile "inn"`, no},
		{`f.CreateTextFile "in\a.txt"`, no}, {`f.DeleteFile "in\a.txt"`, no}, {`f.GetFile("in\a.txt").Attributes = 1`, no},
		{`f.CreateTextFile("out\n.txt").Write "n" : f.OpenTextFile("one.txt", 2).Write "one" : f.CreateFolder "out\d"`, ""},
		{`f.CreateTextFile "two.txt"`, no}, {`f.CreateTextFile "one.txt.bak"`, no}, {`f.CreateTextFile "outer.txt"`, no},
		{`f.CopyFile "in\*.txt", "out\" : P f.FileExists("both\x.txt")`, "True"},
		{`f.CopyFile "out\o.txt", "both\"`, no}, {`f.CopyFile "in\a.txt", "in\c.txt"`, no},
		// Moving is reading, and takes away.
		{`f.MoveFile "out\o.txt", "both\"`, no}, {`f.MoveFile "in\a.txt", "both\"`, no},
		{`f.MoveFile "both\x.txt", "out\" : P f.FileExists("both\x.txt")`, "False"},
		{`f.CreateFolder "both\d" : f.CreateTextFile("both\d\e").Write "e" : f.MoveFolder "both\d", "out\x" : P f.FolderExists("both\d")`, "False"},
		{`f.MoveFile "one.txt", "both\" : P f.FileExists("one.txt")`, "False"},
		// The folder itself may be made, and not taken away.
		{`f.CreateFolder "later" : f.CreateTextFile "later\x" : f.CreateFolder "later\y"`, ""},
		{`f.DeleteFolder "later"`, no}, {`f.MoveFolder "both", "out\"`, no}, {`f.DeleteFile "later\*"`, ""}, {`f.CreateFolder "later2"`, no},
		{`P f.GetFolder("in").ParentFolder.Path : P f.GetFolder("in").ParentFolder.Files.Count`, `C:\` + no},
		{`P f.GetFolder("in").Size & f.GetFolder("in").SubFolders.Count`, "21"},
	} {
		got := s.run(test.script)
		if strings.HasSuffix(test.want, no) {
			got, _, _ = strings.Cut(got, ": Scripting.")
			got, _, _ = strings.Cut(got, ": '")
		}
		if got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.script, got, test.want)
		}
	}
	if s.read("secret/s.txt") != "S" || s.read("two.txt") != "2" || s.read("out/x/e") != "e" {
		t.Error("what is not allowed has changed")
	}
}

func TestLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need a privilege on Windows")
	}
	s := newScript(t)
	s.write("in/a.txt", "A")
	s.write("in/sub/b.txt", "B")
	s.write("also/c.txt", "C")
	s.write("secret/s.txt", "S")
	for link, target := range map[string]string{
		"in/out":      "../secret",
		"in/file":     "../secret/s.txt",
		"in/abs":      filepath.Join(s.dir, "secret"),
		"in/inside":   "sub",
		"in/absolute": filepath.Join(s.dir, "in", "sub"),
		"in/other":    "../also",
		"in/loop":     "loop",
		"in/broken":   "nowhere",
		"in/new":      "../secret/new.txt",
		"in/chain":    "out/../secret/s.txt",
		"door":        "in",
	} {
		if err := os.Symlink(target, filepath.Join(s.dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	in, also := filepath.Join(s.dir, "in"), filepath.Join(s.dir, "also")
	s.policy = sandbox.Policy{Read: []string{in, also}, Write: []string{in}}
	const no = "!70 Permission denied"
	for _, test := range []struct{ script, want string }{
		{`f.OpenTextFile "in\file"`, no}, {`f.OpenTextFile "in\out\s.txt"`, no}, {`f.OpenTextFile "in\abs\s.txt"`, no},
		{`f.OpenTextFile "in\chain"`, no}, {`f.OpenTextFile "in\loop"`, no}, {`f.CreateTextFile "in\new"`, no},
		{`f.CreateTextFile "in\out\x"`, no}, {`f.CreateFolder "in\abs\x"`, no}, {`f.DeleteFile "in\out\s.txt"`, no},
		{`f.OpenTextFile "in\file", 8`, no}, {`f.FileExists "in\out\s.txt"`, no}, {`f.GetFolder "in\out"`, no},
		{`f.GetFile("in\a.txt").Copy "in\new"`, no}, {`f.CopyFile "in\a.txt", "in\out\"`, no}, {`f.MoveFile "in\a.txt", "in\abs\"`, no},
		{`f.CopyFile "in\other\c.txt", "in\other\d.txt"`, no},
		{`P f.OpenTextFile("in\inside\b.txt").ReadAll & f.OpenTextFile("in\absolute\b.txt").ReadAll & f.OpenTextFile("in\other\c.txt").ReadAll & f.OpenTextFile("door\a.txt").ReadAll`, "BBCA"},
		{`P f.FileExists("in\broken") & (f.GetFolder("in\inside").Attributes And 1024) & f.GetFile("in\a.txt").Attributes`, "False102432"},
		{`For Each x In f.GetFolder("in").SubFolders : P x.Name : Next`, "absolute|inside|other|sub"},
		{`For Each x In f.GetFolder("in").Files : P x.Name : Next`, "a.txt|abs|broken|chain|file|loop|new|out"},
		{`f.GetFolder("in").Files("file").OpenAsTextStream`, no},
		{`f.CopyFolder "in", "in\x"`, no},
		{`P f.GetFolder("in").Size`, "2"},
		// A link is deleted and renamed as such.
		{`f.MoveFile "in\file", "in\moved" : f.DeleteFile "in\moved" : f.DeleteFile "in\abs" : f.DeleteFile "in\inside" : P f.FileExists("in\sub\b.txt")`, "True"},
		{`f.DeleteFile "in\absolute" : f.CopyFolder "in\sub", "in\x" : f.DeleteFolder "in\*" : P f.GetFolder("in").SubFolders.Count`, "1"},
	} {
		got := s.run(test.script)
		if test.want == no {
			got, _, _ = strings.Cut(got, ": ")
		}
		if got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.script, got, test.want)
		}
	}
	if s.read("secret/s.txt") != "S" || s.read("also/c.txt") != "C" {
		t.Error("what is not allowed has changed")
	}
	if _, err := os.Stat(filepath.Join(s.dir, "secret", "new.txt")); err == nil {
		t.Error("a file was made through a link")
	}
}

func TestEverythingIsAllowed(t *testing.T) {
	s := newScript(t)
	s.write("a.txt", "A")
	s.policy = sandbox.Policy{Read: []string{"/"}, Write: []string{"/"}}
	if got := s.run(`f.CopyFile "a.txt", "b.txt" : P f.GetFolder("C:\").Files.Count : f.MoveFile "b.txt", "c.txt" : f.DeleteFile "c.*"`); got != "2" {
		t.Error(got)
	}
}

// What blocks or is no file is not opened.
func TestDevices(t *testing.T) {
	s := newScript(t)
	s.policy = sandbox.Policy{Read: []string{"/"}, Write: []string{"/"}}
	if err := mkfifo(filepath.Join(s.dir, "pipe")); err != nil {
		t.Skip("no named pipes:", err)
	}
	s.check([]struct{ script, want string }{
		{`f.OpenTextFile "pipe"`, "!75 Path/File access error: open pipe: not a regular file"},
	})
	if got := s.run(`f.OpenTextFile "pipe", 2`); !strings.HasPrefix(got, "!75 ") { // nobody reads it
		t.Error(got)
	}
}
