package wshom

import (
	"context"
	"fmt"
	"time"

	"openwmi/script/automation"
	"openwmi/script/vbscript"
)

// A shell is a WScript.Shell. "WshShell Object"
type shell struct{ r *Runtime }

// self is what the errors of the sandbox call the object.
const self = "WScript.Shell"

var shellClass = &automation.Class{
	Name: "IWshShell3", Type: (*shell)(nil),
	Members: []automation.Member{
		{Signature: "AppActivate(title, wait=false)", Get: (*shell).appActivate},
		{Signature: "CreateShortcut(path)", Get: (*shell).createShortcut},
		{Signature: "CurrentDirectory", Get: (*shell).directory, Put: (*shell).setDirectory},
		{Signature: `Environment(type="SYSTEM")`, Get: (*shell).environment},
		{Signature: "Exec(command)", Get: (*shell).exec},
		{Signature: "ExpandEnvironmentStrings(text)", Get: (*shell).expand},
		{Signature: `LogEvent(type, message, target="")`, Get: (*shell).logEvent},
		{Signature: `Popup(text, seconds=0, title="Windows Script Host", type=0)`, Get: (*shell).popup},
		{Signature: "RegDelete(name)", Get: (*shell).regDelete},
		{Signature: "RegRead(name)", Get: (*shell).regRead},
		{Signature: "RegWrite(name, value, type=missing)", Get: (*shell).regWrite},
		{Signature: "Run(command, style=missing, wait=false)", Get: (*shell).run},
		{Signature: "SendKeys(keys, wait=false)", Get: (*shell).sendKeys},
		{Signature: "SpecialFolders", Get: (*shell).specialFolders},
	},
}

func (s *shell) directory() string { return s.r.box.Dir() }

// setDirectory changes the current directory of the script, and not that of the process.
// Whether there is one may be known by who may read it, or run commands. "CurrentDirectory
// Property"
func (s *shell) setDirectory(path string) error {
	missing := notFound(self, fmt.Sprintf("The system cannot find the file specified: \"%s\"", path))
	p, err := s.r.box.Readable(self, path)
	if err == nil {
		defer p.Close()
		if info, err := p.Info(); err != nil || !info.IsDir() {
			return missing
		}
	} else if s.r.box.CheckRun(self, "") != nil {
		return err
	} else if !isDir(s.r.box, path) {
		return missing
	}
	return s.r.box.SetDir(path)
}

// popup shows a message. "Popup Method"
func (s *shell) popup(ctx context.Context, text string, seconds float64, title string, buttons int) (int, error) {
	if seconds < 0 || seconds > 1<<31 {
		return 0, vbscript.NewError(errArgument, "")
	}
	if s.r.opts.Popup == nil {
		return DefaultButton(buttons), nil
	}
	return s.r.opts.Popup(ctx, text, title, buttons, time.Duration(seconds*float64(time.Second)))
}

// logEvent writes to the log of the host; there is no other computer's. "LogEvent Method"
func (s *shell) logEvent(ctx context.Context, kind int, message, target string) (bool, error) {
	switch kind {
	case 0, 1, 2, 4, 8, 16:
	default:
		return false, vbscript.NewError(errArgument, "")
	}
	return target == "" && s.r.opts.Log != nil && s.r.opts.Log(ctx, kind, message), nil
}

func (s *shell) regRead(name string) (vbscript.Value, error) {
	return vbscript.Empty, noRegistry("RegRead", name, "for reading")
}

func (s *shell) regWrite(name string, _, _ vbscript.Value) error {
	return noRegistry("RegWrite", name, "for writing")
}

func (s *shell) regDelete(name string) error { return noRegistry("RegDelete", name, "for deleting") }

func noRegistry(member, name, purpose string) error {
	return notFound("WshShell."+member, fmt.Sprintf("Unable to open registry key \"%s\" %s: there is no registry here", name, purpose))
}

func (s *shell) appActivate(vbscript.Value, vbscript.Value) error {
	return refuse("AppActivate", "scripts have no windows here")
}

func (s *shell) sendKeys(string, vbscript.Value) error {
	return refuse("SendKeys", "scripts have no windows here")
}

func (s *shell) createShortcut(string) error {
	return refuse("CreateShortcut", "there are no shortcuts here")
}
