package software

import (
	"bytes"
	"io"
	"iter"
	"os"
	"path"
	"strings"
	"time"
)

// maxStatus bounds the database of dpkg, in bytes. That of a computer with 5,000
// packages has 6 MB.
const maxStatus = 256 << 20

// A dpkg is the database of dpkg. Its file "status" consists of paragraphs with
// an empty line between them, one a package, which consist of fields as in the
// header of a mail.
type dpkg struct {
	dir    string
	status []byte
}

// A stanza is the paragraph of a package.
type stanza struct {
	db   *dpkg
	text []byte
}

// read returns the content of a file, which it has room for from the beginning, and
// of a longer one than there may be one byte more than that.
func read(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Grow(int(min(max(info.Size(), 0), maxStatus)) + bytes.MinRead)
	_, err = b.ReadFrom(io.LimitReader(f, maxStatus+1))
	return b.Bytes(), err
}

// all yields the packages that are there, in the order of the file.
func (db *dpkg) all() iter.Seq[*product] {
	return func(yield func(*product) bool) {
		for rest := db.status; len(rest) > 0; {
			text := rest
			if i := bytes.Index(rest, []byte("\n\n")); i >= 0 {
				text, rest = rest[:i+1], rest[i+2:]
			} else {
				rest = nil
			}
			if p := db.product(text); p != nil && !yield(p) {
				return
			}
		}
	}
}

// nameBytes are what the names of packages consist of: deb-control(5).
const nameBytes = "abcdefghijklmnopqrstuvwxyz0123456789+-."

// packageLine is how dpkg writes the name of a package.
func packageLine(name string) []byte { return []byte("Package: " + name + "\n") }

// find returns the packages with a name, which has no capital letters.
func (db *dpkg) find(name string) []*product {
	name = strings.ToLower(name)
	line := packageLine(name)
	var found []*product
	for at := 0; ; {
		i := bytes.Index(db.status[at:], line)
		if i < 0 {
			return found
		}
		at += i
		if at == 0 || db.status[at-1] == '\n' {
			begin, end := 0, len(db.status)
			if i := bytes.LastIndex(db.status[:at], []byte("\n\n")); i >= 0 {
				begin = i + 2
			}
			if i := bytes.Index(db.status[at:], []byte("\n\n")); i >= 0 {
				end = at + i + 1
			}
			if p := db.product(db.status[begin:end]); p != nil && p.name == name {
				found = append(found, p)
			}
			at = end
			continue
		}
		at += len(line)
	}
}

// product returns the package of a paragraph, nil if it is not there, or is
// nothing but what it leaves behind.
func (db *dpkg) product(text []byte) *product {
	s := stanza{db, text}
	switch s.condition() {
	case "", "not-installed", "config-files":
		return nil
	}
	p := &product{name: s.field("Package"), version: s.field("Version"), details: s}
	if p.version == "" || p.name == "" || strings.Trim(p.name, nameBytes) != "" || !bytes.Contains(text, packageLine(p.name)) {
		return nil
	}
	p.number = p.name
	if arch := s.field("Architecture"); arch != "" {
		p.number += ":" + arch
	}
	return p
}

// field returns the first line of a field, "" for one that is not there.
func (s stanza) field(name string) string {
	for at := 0; at < len(s.text); {
		line := s.text[at:]
		end := bytes.IndexByte(line, '\n')
		if end < 0 {
			end = len(line)
		}
		if line = line[:end]; len(line) > len(name) && line[len(name)] == ':' && string(line[:len(name)]) == name {
			return string(bytes.TrimSpace(line[len(name)+1:]))
		}
		at += end + 1
	}
	return ""
}

// condition returns the last of the three words of Status: what is wanted,
// whether there is an error, and what is the case.
func (s stanza) condition() string {
	status := s.field("Status")
	return status[strings.LastIndexByte(status, ' ')+1:]
}

func (s stanza) summary() string { return s.field("Description") }

func (s stanza) vendor() string { return s.field("Maintainer") }

func (s stanza) url() string { return s.field("Homepage") }

func (s stanza) state() int16 {
	if s.condition() == "installed" {
		return installedWell
	}
	return badConfiguration
}

// installed returns when the list of the files of the package was written.
func (s stanza) installed() time.Time {
	name := s.field("Package")
	for _, file := range []string{name + ".list", name + ":" + s.field("Architecture") + ".list"} {
		if info, err := os.Stat(path.Join(s.db.dir, "info", file)); err == nil {
			return info.ModTime()
		}
	}
	return time.Time{}
}
