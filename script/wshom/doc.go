// Package wshom has objects of the Windows Script Host Object Model that scripts create:
// WScript.Shell, with its commands, environment and special folders, and
// WScript.Network.
//
// Commands and the environment are up to a [sandbox.Sandbox]. A [Runtime] belongs to one
// script and is used by one goroutine.
//
// # Commands
//
// A command line is split as Windows programs split theirs: at spaces outside of quotes,
// with \" for a quote. The program is looked for with and without ".exe" in its name. A
// program or an argument that is an absolute path with a drive, such as C:\tmp\a.txt, is
// given in the system's form; a program of Windows' own folder is looked for by its name
// alone. What follows "cmd /c", "cmd.exe /k" or "%comspec% /c" is a command of the
// system's shell, and passed to "/bin/sh -c" with the absolute paths in it in that form;
// on Windows cmd itself is run. The programs cscript and wscript, and scripts that are
// named like programs, are run by the host if it says how. Commands have the environment of the process with
// the changes of the script, since nothing keeps a command from reading it, and the
// current directory of the script.
//
// A command ends when the context of the script does, with all that it has started.
// One of Run that nobody waits for goes on when the script ends; one of Exec ends with
// the script, which has its streams.
//
// # Environment
//
// Some variables have an equivalent that is no secret, and are told without permission:
// COMPUTERNAME, USERNAME, USERDOMAIN, TEMP, TMP, HOMEDRIVE, HOMEPATH, USERPROFILE,
// SystemDrive, SystemRoot, windir, ComSpec, OS, NUMBER_OF_PROCESSORS and
// PROCESSOR_ARCHITECTURE. They are what a script that was written for Windows expects; OS
// is Windows_NT. All others are those of the process. A script may set variables, which
// only it and its commands see.
//
// # What is not here
//
// There is no registry, no window to send keys to and no shortcut: these members end with
// an error that says so. The sources are the pages "WshShell Object", "WshScriptExec
// Object", "WshEnvironment Object", "WshSpecialFolders Object" and "WshNetwork Object".
package wshom
