//go:build !linux

package file

import (
	"errors"
	"os"
)

// Other systems have no /proc to say what is mounted, so that nothing here is
// ever called.

func openRoot(string) (int, error)                            { return -1, errors.ErrUnsupported }
func openDir(int, string) (int, error)                        { return -1, errors.ErrUnsupported }
func closeDir(int)                                            {}
func list(int) (int, error)                                   { return -1, errors.ErrUnsupported }
func openSource(int, string) (*os.File, error)                { return nil, errors.ErrUnsupported }
func createFile(int, string) (*os.File, error)                { return nil, errors.ErrUnsupported }
func remove(int, string, bool) error                          { return errors.ErrUnsupported }
func rename(int, string, int, string) error                   { return errors.ErrUnsupported }
func readEntries(int, []byte, func(entry) error) (int, error) { return 0, errors.ErrUnsupported }
func readInfo(int, string) (*info, error)                     { return nil, errors.ErrUnsupported }
func may(int, string, uint32) bool                            { return false }
func hasACL(int, string) bool                                 { return true }
func isOut(error) bool                                        { return false }
func code(error) uint32                                       { return unspecified }
