package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"openwmi/cimom"
	"openwmi/cmd/wmi/internal/input"
	"openwmi/cmd/wmi/internal/show"
	"openwmi/consumers/standard"
	"openwmi/internal/server"
	"openwmi/provider/plugin"
	"openwmi/wbem"
)

// A cli is one run of the program.
type cli struct {
	in    io.Reader
	input *input.Reader // in, for all who read lines of it
	out   *output
	errs  *os.File // standard error

	// Global flags.
	data                    string // directory of the store, "" for the default
	server                  string // --connect
	ca                      string // --ca
	fingerprint, clientCert string
	namespace               string
	form                    form // "" for the default of the command

	providers map[string]any  // that are built in, by name
	allowed   []subject       // what these may change of the machine
	remote    wbem.Locator    // a server, nil until one is needed
	manager   *cimom.Manager  // nil until the store is needed
	audit     *cimom.AuditLog // of it, nil if it keeps none
	consumers *standard.Set   // of events in it
	plugins   *plugin.Host    // of providers that are programs
	dir       string          // where it is
	metrics   *server.Metrics // of a server of it, nil if there is none
	serving   bool            // others will ask for what is in it
}

func newCLI(in io.Reader, out, errs *os.File) *cli {
	return &cli{in: in, input: input.New(in), out: newOutput(out), errs: errs}
}

// typing reports whether standard input is a terminal.
func (c *cli) typing() bool {
	f, ok := c.in.(*os.File)
	return ok && isTerminal(f)
}

// completeTimeout is how long completion may take: somebody waits at a prompt.
const completeTimeout = 2 * time.Second

// wmi runs one command line and returns the exit status.
func (c *cli) wmi(ctx context.Context, args []string) int {
	root := c.root()
	root.SetArgs(args)
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, completeTimeout)
		defer stop()
	}
	err := root.ExecuteContext(ctx)
	hint := c.machineHint(err)
	if e := c.close(); err == nil {
		err = e
	}
	if e := c.out.Flush(); err == nil {
		err = e
	}
	if hint != "" {
		fmt.Fprintln(c.errs, hint)
	}
	return c.report(err)
}

const about = `Wmi keeps namespaces, classes and instances as Windows Management Instrumentation
does, on any computer: it compiles MOF, writes objects with WMI's rules and
statuses, and reads them back as MOF, JSON, CSV, XML or a table.

Everything lives in a store, a directory that is created when it is first used.`

// root builds the tree of commands.
func (c *cli) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "wmi",
		Short: "Namespaces, classes and instances as WMI keeps them",
		Long:  about,
		Example: examples(`
			wmi demo                                  # what it can do, in a second
			wmi mof compile disk.mof                  # store the classes and instances of a file
			wmi put Disk Id=c Size=500                # create or change an instance
			wmi get 'Disk.Id="c"'                     # read it back as MOF
			wmi instances Disk -o csv > disks.csv`),
		Version:       version(),
		Args:          cobra.ArbitraryArgs,
		RunE:          group,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.errs)
	root.SetVersionTemplate("wmi {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(cmd, "%w", err) })

	flags := root.PersistentFlags()
	flags.StringVar(&c.data, "data", "", "keep the store in `DIR` (default $OPENWMI_DATA, else openwmi in your data directory)")
	flags.StringVar(&c.server, "connect", "", "ask the server at `URL`, such as cimxmls://alice@host, instead of the store")
	flags.StringVar(&c.ca, "ca", "", "trust the certificates in `FILE` when connecting, not those of the system")
	flags.StringVar(&c.fingerprint, "fingerprint", "", "trust the server whose certificate has this `SHA-256`, as serve --tls-auto prints it")
	flags.StringVar(&c.clientCert, "client-cert", "", "log on with the certificate and key in `FILE` (PEM)")
	flags.StringVarP(&c.namespace, "namespace", "n", defaultNamespace, "work in the namespace `NS`; / and \\ are the same")
	flags.VarP(&c.form, "output", "o", "write objects as `FORM`: "+strings.Join(show.Forms(), ", ")+
		" (default mof for get, else table on a terminal and json otherwise)")
	must(root.RegisterFlagCompletionFunc("namespace", c.completeNamespace))
	must(root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(show.Forms(), cobra.ShellCompDirectiveNoFileComp)))
	must(root.MarkPersistentFlagDirname("data"))

	root.AddGroup(
		&cobra.Group{ID: "objects", Title: "Classes and instances:"},
		&cobra.Group{ID: "store", Title: "MOF and stores:"},
		&cobra.Group{ID: "try", Title: "See for yourself:"},
	)
	add := func(id string, commands ...*cobra.Command) {
		for _, cmd := range commands {
			cmd.GroupID = id
			root.AddCommand(cmd)
		}
	}
	add("objects", c.getCommand(), c.putCommand(), c.deleteCommand(), c.execCommand(), c.classesCommand(), c.instancesCommand(), c.namespacesCommand(), c.queryCommand(), c.watchCommand(), c.runCommand(), c.shellCommand())
	add("store", c.serveCommand(), c.mofCommand(), c.storeCommand(), c.subscriptionsCommand(), c.machineCommand(), c.securityCommand(), c.userCommand())
	add("try", c.demoCommand(), c.benchCommand())
	return root
}
