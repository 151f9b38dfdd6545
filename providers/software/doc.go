// Package software supplies Win32_Product from the packages of dpkg or, where
// there are none, of rpm.
//
// The database of dpkg is one text file, which is read whole; of each package just
// the lines are looked at that are wanted. A package is found by its name without
// looking at others. rpm has no file that is fit to be read by others, so the
// program rpm is asked, with arguments that do not depend on callers, save for the
// name of a package.
//
// deb822(5), dpkg(1), rpm(8); "Win32_Product class" in the WMI documentation
package software
