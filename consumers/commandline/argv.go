package commandline

// split returns the arguments of a command line, as programs on Windows see
// them ("Parsing C command-line arguments" in the Microsoft C documentation):
//
//   - Blanks and tabs separate arguments.
//   - Between double quotes they do not, and a pair of quotes is a quote.
//   - Backslashes before a quote count: two are one, and an odd one makes the
//     quote a part of the argument. Elsewhere a backslash is itself.
//   - In the first argument, the program, backslashes never count, so that a
//     path can end in one.
//
// Decision: blanks before the first argument are left out.
func split(line string) []string {
	var args []string
	for {
		for line != "" && isBlank(line[0]) {
			line = line[1:]
		}
		if line == "" {
			return args
		}
		var arg string
		arg, line = cutArg(line, len(args) == 0)
		args = append(args, arg)
	}
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// cutArg returns the argument that a line begins with, and what follows it.
func cutArg(line string, isProgram bool) (arg, rest string) {
	var b []byte
	quoted := false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\\' && !isProgram:
			n := 1
			for i+n < len(line) && line[i+n] == '\\' {
				n++
			}
			i += n - 1
			if i+1 == len(line) || line[i+1] != '"' {
				b = append(b, line[i-n+1:i+1]...)
				break
			}
			b = append(b, line[i-n+1:i-n+1+n/2]...)
			if n%2 == 1 {
				b = append(b, '"')
				i++
			}
		case c == '"' && quoted && !isProgram && i+1 < len(line) && line[i+1] == '"':
			b = append(b, '"')
			i++
		case c == '"':
			quoted = !quoted
		case isBlank(c) && !quoted:
			return string(b), line[i:]
		default:
			b = append(b, c)
		}
	}
	return string(b), ""
}
