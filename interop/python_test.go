//go:build interop

// Package interop runs clients that others have written against a server. See
// README.md.
package interop

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// patience is how long a client may take.
const patience = 4 * time.Minute

// run runs a program and returns what it prints, and whether it succeeded.
func run(t *testing.T, dir string, env []string, program string, args ...string) (string, bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		t.Fatalf("%s does not end:\n%s", program, tail(out.String()))
	case err != nil && !errors.As(err, &exit):
		t.Fatal(err)
	}
	return out.String(), err == nil
}

// must is run for what has to succeed.
func must(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, ok := run(t, "", nil, program, args...)
	if !ok {
		t.Fatalf("%s %q: %s", program, args, tail(out))
	}
	return out
}

// tail returns the end of a text.
func tail(s string) string { return s[max(0, len(s)-4000):] }

// venv makes a virtual environment with packages from PyPI and returns the
// directory of its programs.
func venv(t *testing.T, packages ...string) string {
	t.Helper()
	dir := t.TempDir()
	must(t, "python3", "-m", "venv", dir)
	bin := filepath.Join(dir, "bin")
	must(t, filepath.Join(bin, "pip"), append([]string{"install", "--quiet", "--disable-pip-version-check"}, packages...)...)
	return bin
}

// source returns the directory of the source of a package from PyPI, in which its
// tests are.
func source(t *testing.T, bin, name, version string) string {
	t.Helper()
	dir := t.TempDir()
	must(t, filepath.Join(bin, "pip"), "download", "--quiet", "--disable-pip-version-check",
		"--no-deps", "--no-binary", ":all:", "--dest", dir, name+"=="+version)
	untar(t, filepath.Join(dir, name+"-"+version+".tar.gz"), dir)
	return filepath.Join(dir, name+"-"+version)
}

func untar(t *testing.T, file, dir string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			extract(t, dir, h.Name, r)
		}
	}
}

func unzip(t *testing.T, file, dir string) {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if f.FileInfo().IsDir() {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		extract(t, dir, f.Name, r)
		r.Close()
	}
}

func extract(t *testing.T, dir, name string, r io.Reader) {
	t.Helper()
	if !filepath.IsLocal(name) {
		t.Fatalf("%s leaves its archive", name)
	}
	name = filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(f, r)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// compare reports the tests that failed and are not known to, and those that are
// known to and did not.
func compare(t *testing.T, failed map[string]bool, known map[string]string) {
	t.Helper()
	for name := range failed {
		if known[name] == "" {
			t.Errorf("%s failed", name)
		}
	}
	for name, why := range known {
		if !failed[name] {
			t.Errorf("%s passes, though it is listed as failing: %s", name, why)
		}
	}
}
