// Package share supplies Win32_Share from the configuration of Samba: the shares of
// smb.conf with the files that it includes, and those that users have made with
// "net usershare". The methods make, change and end shares of the latter kind.
//
// A computer without Samba shares nothing, which is no error: scripts ask every
// computer for its shares, and an empty list is the answer. With Samba there is
// IPC$ as well, which every server has. The sections homes and printers are no
// shares: Samba makes some of them when somebody asks. Shares in the registry
// of Samba are not seen, nor are sections in files whose name depends on the client.
//
// smb.conf(5), net(8); "Win32_Share class" in the WMI documentation
package share
