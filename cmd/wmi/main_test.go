package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"wmi":     main,
		"mofcomp": main,
		// With a provider, for stories in which one is needed.
		"wmi-with-provider": func() {
			os.Exit(run(append([]string{"wmi"}, os.Args[1:]...), func(*cli) map[string]any { return map[string]any{"Teller": teller{}} }))
		},
	})
}

// TestScripts runs the stories in testdata/script. In each, $WORK is empty but
// for the files of the story and will hold the store; $HOST is the name of this
// computer in paths.
func TestScripts(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("OPENWMI_DATA", filepath.Join(env.WorkDir, "store"))
			env.Setenv("LC_ALL", "C")
			env.Setenv("HOST", host)
			// A program built with -race sleeps for a second when it ends.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":  exits,
			"expand": expand,
			"await":  await,
			"until":  until,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// exits runs a command that must end with a given status:
//
//	exits 2 wmi bogus
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND [ARG]...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("%v exits with %d, want %d", args[1:], got, want)
	}
}

// await waits until a file exists:
//
//	await store/wmi.sock
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await FILE")
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		_, err := os.Stat(ts.MkAbs(args[0]))
		switch {
		case err == nil:
			return
		case time.Now().After(end):
			ts.Fatalf("%v", err)
		}
	}
}

// until runs a command again and again until its output matches: a process ends
// before its consumers do, if these are slow, and another one goes on.
//
//	until PATTERN wmi subscriptions
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until PATTERN COMMAND [ARG]...")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	for end := time.Now().Add(time.Minute); ; {
		ts.Check(ts.Exec(args[1], args[2:]...))
		switch out := ts.ReadFile("stdout"); {
		case pattern.MatchString(out):
			return
		case time.Now().After(end):
			ts.Fatalf("no %s in\n%s", args[0], out)
		}
	}
}

// expand copies a file with the directory of the story for $WORK, slashes in
// it on every system:
//
//	expand config.json store/config.json
func expand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: expand FILE COPY")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "$WORK", filepath.ToSlash(ts.Getenv("WORK")))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}
