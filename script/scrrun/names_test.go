package scrrun_test

import "testing"

func TestNames(t *testing.T) {
	s := newScript(t)
	s.policy.Read, s.policy.Write = nil, nil // names need no permission
	s.check([]struct{ script, want string }{
		{`P f.BuildPath("C:\a", "b") : P f.BuildPath("C:\a\", "\b") : P f.BuildPath("C:\a", "\b") : P f.BuildPath("C:", "b") : P f.BuildPath("", "b") : P f.BuildPath("a", "") : P f.BuildPath("a/", "b")`,
			`C:\a\b|C:\a\b|C:\a\b|C:b|b|a\|a/b`},
		{`P f.GetParentFolderName("C:\a\b\") : P f.GetParentFolderName("C:\a") : P f.GetParentFolderName("C:\") : P f.GetParentFolderName("a") : P f.GetParentFolderName("a/b/c") : P f.GetParentFolderName("\\s\h\x") : P f.GetParentFolderName("C:a") : P f.GetParentFolderName("\a")`,
			`C:\a|C:\|||a/b|\\s\h|C:|`},
		{`P f.GetFileName("C:\a\b\") : P f.GetFileName("C:\") : P f.GetFileName("C:") : P f.GetFileName("a/b") : P f.GetFileName("C:a") : P f.GetFileName("\\s\h\x") : P f.GetFileName("")`,
			`b|||b|a|x|`},
		{`P f.GetBaseName("C:\a\b.c.txt") : P f.GetBaseName(".x") : P f.GetBaseName("a.b\") : P f.GetBaseName("a.b\c")`, `b.c||a|c`},
		{`P f.GetExtensionName("C:\a.b\c") : P f.GetExtensionName("c.") : P f.GetExtensionName("a.b.TXT") : P f.GetExtensionName("x")`, `||TXT|`},
		{`P f.GetDriveName("c:\a") : P f.GetDriveName("\\srv\share\x") : P f.GetDriveName("\\srv\share") : P f.GetDriveName("\\srv") : P f.GetDriveName("a\b") : P f.GetDriveName("c")`,
			`c:|\\srv\share|\\srv\share|||`},
		{`P f.GetAbsolutePathName("x.txt") : P f.GetAbsolutePathName("a\..\b\.\c\") : P f.GetAbsolutePathName("..\..\x") : P f.GetAbsolutePathName("") : P f.GetAbsolutePathName("c:") : P f.GetAbsolutePathName("c:x") : P f.GetAbsolutePathName("/a/b") : P f.GetAbsolutePathName("q:\x")`,
			`C:\x.txt|C:\b\c|C:\x|C:\|C:\|C:\x|C:\a\b|q:\x`},
		{`x = f.GetTempName : P Left(x, 3) & Right(x, 4) & Len(x)`, "rad.tmp12"},
		{`P f.GetSpecialFolder(2) : P f.GetSpecialFolder(0).Path : P f.GetSpecialFolder(1) : P f.GetSpecialFolder(3)`,
			`C:\tmp|C:\Windows|C:\Windows\System32!5 Invalid procedure call or argument`},
	})
}
