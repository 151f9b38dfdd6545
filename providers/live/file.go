package live

import (
	"io"
	"os"
	"strings"
)

// MaxFile bounds what is read of one file of /proc or /sys, in bytes; what is
// behind is left out.
const MaxFile = 1 << 20

// MaxNames bounds the names that are read of one directory.
const MaxNames = 1 << 20

// ReadFile returns the content of a file up to max bytes.
func ReadFile(name string, max int) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, min(max, 1024))
	n := 0
	for {
		k, err := f.Read(b[n:])
		n += k
		switch {
		case err == io.EOF || n == max:
			return b[:n], nil
		case err != nil:
			return nil, err
		case n == len(b):
			b = append(b, make([]byte, min(len(b), max-n))...)
		}
	}
}

// ReadLine returns the first line of a small file, such as those of /sys, without
// blanks around it; "" if there is none.
func ReadLine(name string) string {
	b, err := ReadFile(name, 4096)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(strings.ToValidUTF8(line, "\uFFFD"))
}

// ReadNames returns the names in a directory, in no order.
func ReadNames(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(MaxNames)
	if err == io.EOF {
		err = nil
	}
	return names, err
}
