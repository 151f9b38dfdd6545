package auth

import "os"

// isOwn is for systems on which the mode of a file says who can write it; on
// Windows the directory does.
func isOwn(file, dir os.FileInfo) bool { return true }
