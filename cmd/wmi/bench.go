package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/cmd/wmi/internal/bench"
	"openwmi/cmd/wmi/internal/table"
	"openwmi/internal/kv/kvbench"
	"openwmi/wbem"
)

func (c *cli) benchCommand() *cobra.Command {
	var list bool
	var dir string
	env := &bench.Env{Open: openBench, Command: self, Raw: rawCommits}
	cmd := &cobra.Command{
		Use:   "bench [NAME]...",
		Short: "Measure how fast this is, against bare work on the same disk",
		Long: `Measure how fast this is on this machine, in stores made for it and deleted again. Where
there is something to compare with, the same bytes are written without everything
that makes them classes and instances, in the same run: the ratio is what counts.`,
		Example: examples(`
			wmi bench                                 # everything
			wmi bench create --time 3s                # durable creates by 1, 16, 256 writers
			wmi bench compile --schema cim_schema.mof
			wmi bench cimxml                          # a server in another process
			wmi bench cimxml/get --stored 1000000     # that has much
			wmi bench --list
			wmi bench crash --kills 100               # is anything lost by kill -9?`),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, b := range bench.All() {
				names = append(names, b.Name+"\t"+b.What)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := c.alone(cmd); err != nil {
				return err
			}
			benchmarks, err := bench.Find(args)
			if err != nil {
				return usage(cmd, "%w", err)
			}
			if env.Stored < 1 || env.Stored > 1<<24 {
				return usage(cmd, "--stored is from 1 to %d", 1<<24)
			}
			if list {
				return c.listBenchmarks(benchmarks)
			}
			return c.inBenchDir(dir, func(dir string) error {
				env.Dir = dir
				return c.bench(cmd.Context(), env, benchmarks)
			})
		},
	}
	cmd.PersistentFlags().StringVar(&dir, "dir", "", "make the stores in `DIR` (default where temporary files are)")
	must(cmd.MarkPersistentFlagDirname("dir"))
	flags := cmd.Flags()
	flags.BoolVar(&list, "list", false, "say what there is to measure")
	flags.DurationVar(&env.Time, "time", time.Second, "run each measurement for `TIME`")
	flags.IntVar(&env.Instances, "instances", 100_000, "store `N` instances to read from")
	flags.IntVar(&env.Stored, "stored", 10_000, "let servers have `N` instances, up to 16,777,216")
	flags.StringVar(&env.Schema, "schema", "", "compile the MOF `FILE` with what it includes")
	cmd.AddCommand(c.crashCommand(&dir), c.crashWriterCommand())
	return cmd
}

// openBench opens a store for a benchmark.
func openBench(dir string) (bench.Store, error) {
	m, err := cimom.Open(dir, cimom.Options{})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// rawCommits is what the disk can do at best.
func rawCommits(dir string, writers, records, size int) (float64, error) {
	rate, err := kvbench.RawCommits(dir, kvbench.Written, kvbench.Load{Writers: writers, Commits: records, Size: size})
	return rate.PerSecond(), err
}

// self returns this program, to be run with those arguments.
func self(ctx context.Context, args ...string) *exec.Cmd {
	program, err := os.Executable()
	if err != nil {
		program = os.Args[0]
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Args[0] = "wmi"
	return cmd
}

// inBenchDir calls fn with a new directory, which is deleted afterwards.
func (c *cli) inBenchDir(parent string, fn func(dir string) error) error {
	dir, err := os.MkdirTemp(parent, "wmi-bench-")
	if err != nil {
		return failed("Bench", parent, err)
	}
	defer os.RemoveAll(dir)
	return failed("Bench", filepath.Base(dir), fn(dir))
}

func (c *cli) listBenchmarks(benchmarks []bench.Benchmark) error {
	t := table.New(c.out, []table.Column{{Name: "Name"}, {Name: "Measures"}}, table.Options{Width: c.out.width()})
	for _, b := range benchmarks {
		if err := t.Row([]string{b.Name, b.What}); err != nil {
			return err
		}
	}
	return t.Close()
}

func (c *cli) bench(ctx context.Context, env *bench.Env, benchmarks []bench.Benchmark) error {
	bar := c.progress()
	defer bar.end()
	env.Progress = bar.set
	if c.listForm() == asJSON {
		return bench.Run(ctx, env, benchmarks, func(r bench.Result) error {
			if err := c.encode(r); err != nil {
				return err
			}
			return c.out.Flush()
		})
	}
	if c.listForm() != asTable {
		return failed("Bench", "", cim.Errorf(wbem.InvalidParameter, "results have the forms table and json"))
	}
	t := table.New(c.out, []table.Column{
		{Name: "Name"}, {Name: "Figure", Right: true}, {Name: "Bare", Right: true}, {Name: "Ratio", Right: true},
		{Name: "Bar", Right: true}, {Name: "Aim", Right: true}, {Name: "Met"}, {Name: "Note"},
	}, table.Options{Width: c.out.width()})
	err := bench.Run(ctx, env, benchmarks, func(r bench.Result) error {
		return t.Row(resultRow(r))
	})
	bar.end()
	if err != nil {
		return err
	}
	return t.Close()
}

func resultRow(r bench.Result) []string {
	figure := func(v float64) string {
		if v == 0 {
			return ""
		}
		return strconv.FormatFloat(v, 'f', precision(v), 64) + " " + r.Unit
	}
	target := func(v float64) string {
		if r.Raw != 0 {
			return ratio(v)
		}
		return figure(v)
	}
	met := ""
	if ok, known := r.Met(); known {
		met = "no"
		if ok {
			met = "yes"
		}
	}
	return []string{r.Name, figure(r.Value), figure(r.Raw), ratio(r.Ratio), target(r.Bar), target(r.Aim), met, r.Note}
}

func ratio(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// precision returns how many digits behind the point are worth reading.
func precision(v float64) int {
	switch {
	case v >= 100:
		return 0
	case v >= 10:
		return 1
	}
	return 2
}

func (c *cli) crashCommand(dir *string) *cobra.Command {
	o := bench.CrashOptions{Check: func(ctx context.Context, s bench.Store) error {
		problems, err := s.(*cimom.Manager).Verify(ctx, nil)
		if err == nil && len(problems) > 0 {
			err = cim.Errorf(wbem.CriticalError, "the store is inconsistent: %s", problems[0])
		}
		return err
	}}
	cmd := &cobra.Command{
		Use:   "crash",
		Short: "Kill a writing process again and again; nothing acknowledged may be lost",
		Long: `Start a process that writes with many writers at once, kill it without warning (kill
-9) at a random moment, open its store, and compare that with what the process had
acknowledged; again and again on the same store. It fails when anything acknowledged
is lost, anything is there in part, or the store is not consistent.`,
		Example: examples(`
			wmi bench crash
			wmi bench crash --kills 100 --writers 32`),
		Args: exactly(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := c.alone(cmd); err != nil {
				return err
			}
			switch {
			case o.Kills < 1:
				return usage(cmd, "--kills must be at least 1")
			case o.Writers < 1:
				return usage(cmd, "--writers must be at least 1")
			}
			return c.inBenchDir(*dir, func(dir string) error {
				return c.crash(cmd.Context(), dir, o)
			})
		},
	}
	cmd.Flags().IntVar(&o.Kills, "kills", 20, "kill `N` times")
	cmd.Flags().IntVar(&o.Writers, "writers", 16, "let `N` write at once")
	return cmd
}

func (c *cli) crash(ctx context.Context, dir string, o bench.CrashOptions) error {
	bar := c.progress()
	defer bar.end()
	env := &bench.Env{Dir: dir, Open: openBench, Command: self}
	r, err := bench.Crash(ctx, env, o, func(r bench.CrashResult) { bar.set("kills", r.Kills, o.Kills) })
	bar.end()
	if err != nil {
		return err
	}
	if c.listForm() == asJSON {
		err = c.encode(r)
	} else {
		_, err = fmt.Fprintf(c.out, "%d kills, %d acknowledged writes: %d lost, %d torn; opened again within %v\n",
			r.Kills, r.Acknowledged, r.Lost, r.Torn, r.Reopen.Round(time.Millisecond))
	}
	if err == nil && (r.Lost > 0 || r.Torn > 0) {
		err = failed("Bench", "crash", cim.Errorf(wbem.CriticalError, "%d acknowledged writes lost, %d torn", r.Lost, r.Torn))
	}
	return err
}

// crashWriterCommand is the process that crash kills.
func (c *cli) crashWriterCommand() *cobra.Command {
	var writers, round int
	cmd := &cobra.Command{
		Use:    bench.CrashWriterCommand,
		Short:  "Write until killed (used by crash)",
		Hidden: true,
		Args:   exactly(),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := c.open()
			if err != nil {
				return err
			}
			return bench.CrashWriter(cmd.Context(), m, writers, round, os.Stdout)
		},
	}
	cmd.Flags().IntVar(&writers, "writers", 1, "how many write at once")
	cmd.Flags().IntVar(&round, "round", 0, "what goes into the keys")
	return cmd
}
