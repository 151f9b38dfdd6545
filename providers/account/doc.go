// Package account supplies the users and groups of this computer, from
// /etc/passwd, /etc/group and, where it may be read, /etc/shadow. Those of a
// directory service in the network are not among them.
//
// A user has the SID that Samba gives him, S-1-22-1 and his number, a group
// S-1-22-2 and its number. The domain of all is the name of the computer.
//
// passwd(5), group(5), shadow(5)
package account
