// Package session supplies Win32_LogonSession: who is logged on, and which
// processes go back to that.
//
// Sessions are those of systemd-logind, from the files in which it keeps them;
// without it they are those of utmp(5). Where there is neither nobody is logged on.
// The processes of a session are those that the kernel's audit gives its number,
// as in Win32_Process.SessionId.
package session
