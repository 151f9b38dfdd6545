package commandline_test

func systemChild(string) int { return 1 }
