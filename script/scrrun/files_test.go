package scrrun_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestFolders(t *testing.T) {
	s := newScript(t)
	s.write("data/a.txt", "12345")
	s.write("data/b.log", "123")
	s.write("data/sub/c.txt", "1")
	s.write("data/sub/deep/d", "")
	s.write("data/.hidden", "")
	s.check([]struct{ script, want string }{
		{`P f.FileExists("data\a.txt") & f.FileExists("data") & f.FileExists("") & f.FileExists("data\x") & f.FileExists("x\x") & f.FileExists("\\s\h\x") & f.FileExists("q:\a") & f.FileExists("data\a.txt\x")`,
			"TrueFalseFalseFalseFalseFalseFalseFalse"},
		{`P f.FolderExists("data") & f.FolderExists("data\") & f.FolderExists("C:\") & f.FolderExists("DATA\SUB") & f.FolderExists("data\a.txt") & f.FolderExists("")`,
			"TrueTrueTrueTrueFalseFalse"},
		{`Set g = f.GetFolder("data") : P g : P g.Name : P g.Path : P g.ParentFolder : P g.Drive : P g.Size : P g.Type : P g.IsRootFolder : P g.ShortName & g.ShortPath : P TypeName(g)`,
			`C:\data|data|C:\data|C:\|C:|9|File folder|False|dataC:\data|Folder`},
		{`Set g = f.GetFolder("C:\") : P g.IsRootFolder : P g.Name : P g.Path : P g.ParentFolder Is Nothing`, `True||C:\|True`},
		{`For Each x In f.GetFolder("data").Files : P x.Name : Next : P f.GetFolder("data").Files.Count : P f.GetFolder("data").Files("A.txt").Size : P TypeName(f.GetFolder("data").Files)`,
			".hidden|a.txt|b.log|3|5|Files"},
		{`For Each x In f.GetFolder("data").SubFolders : P x : Next : P f.GetFolder("data\sub").SubFolders.Count : P f.GetFolder("data").SubFolders.Item("sub").Name : P TypeName(f.GetFolder("data").SubFolders)`,
			`C:\data\sub|1|sub|Folders`},
		{`P f.GetFolder("data").Files("..\x")`, "!5 Invalid procedure call or argument"},
		{`P f.GetFolder("data").Files("x")`, "!53 File not found"},
		{`P f.GetFolder("data").SubFolders("x")`, "!76 Path not found"},
		{`Sub Walk(x) : P x.Name : For Each y In x.SubFolders : Walk y : Next : End Sub : Walk f.GetFolder("data")`, "data|sub|deep"},
		{`Set x = f.GetFile("data\a.txt") : P x : P x.Name : P x.ParentFolder.Name : P x.Drive.DriveLetter : P x.Size : P x.Type : P x.Attributes : P x.ShortName : P TypeName(x)`,
			`C:\data\a.txt|a.txt|data|C|5|Text Document|32|a.txt|File`},
		{`P f.GetFile("data\b.log").Type : P f.GetFile("data\sub\deep\d").Type : P f.GetFile("data\.hidden").Attributes : P f.GetFolder("data").Attributes`, "LOG File|File|34|16"},
		{`Set x = f.GetFile("data\a.txt") : P Abs(DateDiff("s", x.DateLastModified, Now)) < 60 : P Abs(DateDiff("s", x.DateCreated, Now)) < 60 : P Abs(DateDiff("s", x.DateLastAccessed, Now)) < 60 : P TypeName(f.GetFolder("data").DateCreated)`,
			"True|True|True|Date"},
		{`f.GetFile "no.txt"`, "!53 File not found"},
		{`f.GetFile "data"`, "!53 File not found"},
		{`f.GetFolder "no"`, "!76 Path not found"},
		{`f.GetFolder "data\a.txt"`, "!76 Path not found"},
		{`P f.CreateFolder("new").Path : P f.GetFolder("new").SubFolders.Add("below") : f.CreateFolder "new"`, `C:\new|C:\new\below!58 File already exists`},
		{`f.CreateFolder "no\no"`, "!76 Path not found"},
		{`f.CreateFolder "data\a.txt"`, "!58 File already exists"},
		{`Set x = f.GetFile("data\b.log") : f.DeleteFile "data\b.log" : P x.Path : P x.Size`, `C:\data\b.log!53 File not found`},
		{`P f.GetFileVersion("data\a.txt") & "." : f.GetFileVersion "no"`, ".!53 File not found"},
	})
}

func TestAttributes(t *testing.T) {
	s := newScript(t)
	s.write("a.txt", "x")
	s.check([]struct{ script, want string }{
		{`Set x = f.GetFile("a.txt") : x.Attributes = x.Attributes Or 1 : P x.Attributes`, "33"},
		{`f.OpenTextFile "a.txt", 2`, "!70 Permission denied"},
		{`f.DeleteFile "a.txt"`, "!70 Permission denied"},
		{`f.GetFile("a.txt").Delete`, "!70 Permission denied"},
		{`Set x = f.GetFile("a.txt") : x.Attributes = x.Attributes And Not 1 : P x.Attributes : x.Attributes = x.Attributes - 32 : P x.Attributes`, "32|32"},
		{`f.GetFile("a.txt").Attributes = 2`, "!5 Invalid procedure call or argument: a file is hidden by a dot at the beginning of its name here, and none is the system's"},
		{`f.GetFile("a.txt").Attributes = 1 : f.DeleteFile "a.txt", True : P f.FileExists("a.txt")`, "False"},
	})
}

func TestCopyMoveDelete(t *testing.T) {
	for _, test := range []struct{ script, want string }{
		{`f.CopyFile "a.txt", "b.txt" : P f.OpenTextFile("b.txt").ReadAll : P f.GetFile("a.txt").DateLastModified = f.GetFile("b.txt").DateLastModified`, "A|True"},
		{`f.CopyFile "a.txt", "dir\" : f.CopyFile "a.*", "dir" : P f.GetFolder("dir").Files.Count`, "2"},
		{`f.CopyFile "*", "dir" : P f.GetFolder("dir").Files.Count & f.GetFolder("dir").SubFolders.Count`, "31"},
		{`f.CopyFile "?.T*T", "dir\", False : P f.FileExists("dir\a.txt")`, "True"},
		{`f.CopyFile "a.txt", "dir"`, "!70 Permission denied"},
		{`f.CopyFile "a.txt", "a.txt"`, "!70 Permission denied"},
		{`f.CopyFile "a.txt", "c.txt", False`, "!58 File already exists"},
		{`f.CopyFile "no.txt", "c.txt"`, "!53 File not found"},
		{`f.CopyFile "no*", "dir"`, "!53 File not found"},
		{`f.CopyFile "a.txt", "no\"`, "!76 Path not found"},
		{`f.CopyFile "a.txt", "no\x.txt"`, "!76 Path not found"},
		{`f.CopyFile "a.txt", ""`, "!5 Invalid procedure call or argument"},
		{`f.CopyFile "dir", "x"`, "!70 Permission denied"},
		{`f.CopyFolder "dir", "copy" : P f.FileExists("copy\in.txt") & f.FileExists("copy\below\deep.txt")`, "TrueTrue"},
		{`f.CopyFolder "dir", "other\" : P f.FileExists("other\dir\below\deep.txt")`, "True"},
		{`f.CopyFolder "d?r", "other" : P f.FileExists("other\dir\in.txt")`, "True"},
		{`f.CopyFolder "dir", "other" : P f.FileExists("other\in.txt") : f.CopyFolder "dir", "other", False`, "True!58 File already exists"},
		{`f.CopyFolder "dir", "dir\below\x"`, "!70 Permission denied"},
		{`f.CopyFolder "no", "x"`, "!76 Path not found"},
		{`f.CopyFolder "a.txt", "x"`, "!76 Path not found"},
		{`f.CopyFolder "dir", "a.txt"`, "!58 File already exists"},
		{`f.MoveFile "a.txt", "z.txt" : P f.FileExists("a.txt") & f.FileExists("z.txt")`, "FalseTrue"},
		{`f.MoveFile "*.txt", "dir\" : P f.FileExists("a.txt") & f.FileExists("dir\a.txt") & f.FileExists("dir\c.txt")`, "FalseTrueTrue"},
		{`f.MoveFile "a.txt", "c.txt"`, "!58 File already exists"},
		{`f.MoveFile "a.txt", "dir"`, "!58 File already exists"},
		{`f.MoveFile "no", "x"`, "!53 File not found"},
		{`f.MoveFile "dir", "x"`, "!53 File not found"},
		{`f.MoveFolder "dir", "moved" : P f.FolderExists("dir") & f.FileExists("moved\below\deep.txt")`, "FalseTrue"},
		{`f.MoveFolder "dir", "other\" : P f.FileExists("other\dir\in.txt")`, "True"},
		{`f.MoveFolder "dir", "other"`, "!58 File already exists"},
		{`f.MoveFolder "dir", "dir\x"`, "!70 Permission denied"},
		{`f.MoveFolder "a.txt", "x"`, "!76 Path not found"},
		{`f.DeleteFile "A.TXT" : P f.FileExists("a.txt")`, "False"},
		{`f.DeleteFile "*.txt" : P f.GetFolder("C:\").Files.Count : P f.FolderExists("dir")`, "0|True"},
		{`f.DeleteFile "no*"`, "!53 File not found"},
		{`f.DeleteFile "dir"`, "!53 File not found"},
		{`f.DeleteFolder "dir" : P f.FolderExists("dir")`, "False"},
		{`f.DeleteFolder "dir\" : f.DeleteFolder "o*" : P f.GetFolder("C:\").SubFolders.Count`, "0"},
		{`f.DeleteFolder "no"`, "!76 Path not found"},
		{`f.DeleteFolder "a.txt"`, "!76 Path not found"},
		{`f.DeleteFolder "C:\"`, "!70 Permission denied"},
		{`Set x = f.GetFile("a.txt") : x.Name = "n.txt" : P x.Path & f.FileExists("n.txt") : x.Move "dir\" : P x : x.Copy "C:\back.txt" : P f.FileExists("back.txt") : x.Delete : P f.FileExists(x)`,
			`C:\n.txtTrue|C:\dir\n.txt|True|False`},
		{`f.GetFile("a.txt").Name = "dir\x"`, "!5 Invalid procedure call or argument"},
		{`f.GetFile("a.txt").Name = "c.txt"`, "!58 File already exists"},
		{`Set x = f.GetFolder("dir") : x.Name = "n" : P x & f.FileExists("n\in.txt") : x.Move "other\" : P x.Path : x.Copy "C:\back" : P f.FileExists("back\in.txt") : x.Delete : P f.FolderExists(x)`,
			`C:\nTrue|C:\other\n|True|False`},
	} {
		s := newScript(t)
		s.write("a.txt", "A")
		s.write("c.txt", "C")
		s.write("dir/in.txt", "I")
		s.write("dir/below/deep.txt", "D")
		s.write("other/", "")
		if got := s.run(test.script); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.script, got, test.want)
		}
	}
}

// A copy shows no more than what is copied.
func TestCopyPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are those of Unix")
	}
	s := newScript(t)
	s.write("private/a.txt", "A")
	mode := func(name string, want fs.FileMode) {
		t.Helper()
		info, err := os.Stat(filepath.Join(s.dir, name))
		if err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
	err := errors.Join(os.Chmod(filepath.Join(s.dir, "private"), 0o700), os.Chmod(filepath.Join(s.dir, "private", "a.txt"), 0o440|fs.ModeSetgid))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.run(`f.CopyFolder "private", "copy"`); got != "" {
		t.Fatal(got)
	}
	mode("copy", fs.ModeDir|0o700)
	mode("copy/a.txt", 0o440)
	// An attribute that changes leaves the bits alone that Windows does not know.
	if err := os.Chmod(filepath.Join(s.dir, "copy"), fs.ModeSticky|0o777); err != nil {
		t.Fatal(err)
	}
	if got := s.run(`f.GetFolder("copy").Attributes = 16`); got != "" {
		t.Fatal(got)
	}
	mode("copy", fs.ModeDir|fs.ModeSticky|0o777)
	if got := s.run(`f.GetFolder("copy").Attributes = 17`); got != "" {
		t.Fatal(got)
	}
	mode("copy", fs.ModeDir|fs.ModeSticky|0o555)
	if err := os.Chmod(filepath.Join(s.dir, "copy"), 0o700); err != nil { // to be removed
		t.Fatal(err)
	}
}

// A name with a backslash, as only Unix has, does not become a path.
func TestBackslash(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("names have no backslashes")
	}
	s := newScript(t)
	s.write("precious.txt", "P")
	s.write("in/a.txt", "A")
	s.write(`in/..\precious.txt`, "x")
	s.write(`in/..\other/b`, "x")
	s.write("other/c", "C")
	s.check([]struct{ script, want string }{
		{`P f.GetFolder("in").Files.Count & f.GetFolder("in").SubFolders.Count & f.GetFolder("in").Size`, "101"},
		{`f.CopyFolder "in", "copy"`, `!52 Bad file name or number`},
		{`f.DeleteFile "in\*" : f.DeleteFolder "in\*"`, "!76 Path not found"},
	})
	if s.read("precious.txt") != "P" || s.read("other/c") != "C" {
		t.Error("what is elsewhere has changed")
	}
}

func TestCopyEndsWithContext(t *testing.T) {
	s := newScript(t)
	s.write("a.txt", "A")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got := s.runContext(ctx, `f.CopyFile "a.txt", "b.txt"`)
	if !strings.Contains(got, "context canceled") {
		t.Error(got)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "b.txt")); err == nil {
		t.Error("half a file is left")
	}
}

func TestDrives(t *testing.T) {
	s := newScript(t)
	if runtime.GOOS != "linux" && runtime.GOOS != "darwin" {
		t.Skip("drives are told by the file system of Linux and macOS")
	}
	s.policy.Read, s.policy.Write = nil, nil
	s.check([]struct{ script, want string }{
		{`For Each x In f.Drives : P x & x.DriveLetter & x.IsReady & x.ShareName & "." & x.VolumeName : Next : P f.Drives.Count : P f.Drives("c") : P TypeName(f.Drives) & TypeName(f.GetDrive("C:"))`,
			"C:CTrue.|1|C:|DrivesDrive"},
		{`Set x = f.GetDrive("C:\") : P x.TotalSize >= x.FreeSpace And x.FreeSpace >= x.AvailableSpace And x.TotalSize > 0 : P x.RootFolder : P TypeName(x.SerialNumber) & TypeName(x.DriveType) & TypeName(x.FileSystem)`,
			`True|C:\|LongLongString`},
		{`P f.DriveExists("c") & f.DriveExists("C:\x") & f.DriveExists("Q:") & f.DriveExists("") & f.DriveExists("\\s\h")`, "TrueTrueFalseFalseFalse"},
		{`f.GetDrive "q"`, "!68 Device unavailable"},
		{`f.GetDrive "C:\x"`, "!5 Invalid procedure call or argument"},
		{`f.GetDrive("c").VolumeName = "x"`, "!70 Permission denied: the name of a file system is not a script's to change"},
	})
}
