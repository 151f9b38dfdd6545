package wshom_test

import "testing"

func running(int) bool { return false }

func kill(int) {}

// mkfifo is not called, since the commands of the tests are those of Unix.
func mkfifo(*testing.T, *script, string) string { return "" }
