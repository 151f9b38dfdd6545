package plugin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

	"openwmi/internal/child"
	"openwmi/provider/plugin/pluginpb"
)

// handshake is what the program and its host know of each other before they
// speak. The version is that of the protocol, the only one so far.
var handshake = goplugin.HandshakeConfig{
	ProtocolVersion:  1,
	MagicCookieKey:   "OPENWMI_PROVIDER",
	MagicCookieValue: "openwmi.provider.v1",
}

// service is the name of the only thing that the program has to offer.
const service = "provider"

// stopTimeout is how long a program has to end when it is told to.
const stopTimeout = 3 * time.Second

// pingTimeout bounds Describe as a sign of life.
const pingTimeout = 5 * time.Second

// A wire is the protocol as go-plugin sees it: on the side of the program it
// has something to serve, on that of the host it makes a client.
type wire struct {
	goplugin.NetRPCUnsupportedPlugin
	server pluginpb.ProviderServer
}

// GRPCServer implements goplugin.GRPCPlugin.
func (w *wire) GRPCServer(_ *goplugin.GRPCBroker, s *grpc.Server) error {
	pluginpb.RegisterProviderServer(s, w.server)
	return nil
}

// GRPCClient implements goplugin.GRPCPlugin.
func (w *wire) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	return pluginpb.NewProviderClient(conn), nil
}

// A process is a program that runs and answers.
type process struct {
	run     *run             // nil for one that was not started here
	dir     string           // of its socket
	plugin  *goplugin.Client // nil without run
	conn    *grpc.ClientConn // to one that was not started here
	client  pluginpb.ProviderClient
	can     map[pluginpb.Ability]bool
	classes *classIDs
	started time.Time

	// These are guarded by the mutex of the program.
	calls    int
	stopping bool // is ended on purpose
}

// launch starts a program and waits until it answers.
func launch(name string, cfg *Program, limits child.Limits, log *slog.Logger) (_ *process, err error) {
	dir, err := os.MkdirTemp("", "openwmi-provider") // with mode 0700
	if err != nil {
		return nil, err
	}
	p := &process{dir: dir, started: time.Now(), classes: newClassIDs()}
	stderr := child.NewLog(log.With("provider", name), "provider")
	p.plugin = goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  handshake,
		VersionedPlugins: map[int]goplugin.PluginSet{int(handshake.ProtocolVersion): {service: &wire{}}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		AutoMTLS:         !cfg.Plain,
		SkipHostEnv:      true,
		StartTimeout:     time.Duration(cfg.StartTimeout),
		Logger:           hclog.NewNullLogger(),
		SyncStderr:       child.NewLog(log.With("provider", name), "provider"),
		UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: dir},
		RunnerFunc: func(_ hclog.Logger, spec *exec.Cmd, _ string) (runner.Runner, error) {
			r, err := newRun(cfg, limits, dir, spec.Env, stderr)
			if err == nil {
				p.run = r // also where nothing comes of it, to be ended
			}
			return r, err
		},
	})
	err = p.connect(cfg)
	if p.run != nil && p.run.late != nil && !p.run.late.Stop() && err == nil {
		err = errors.New("it takes too long to answer")
	}
	if err != nil {
		p.end()
		return nil, err
	}
	return p, nil
}

func (p *process) connect(cfg *Program) error {
	protocol, err := p.plugin.Client()
	if err != nil {
		return err
	}
	client, err := protocol.Dispense(service)
	if err != nil {
		return err
	}
	p.client = client.(pluginpb.ProviderClient)
	return p.describe(cfg)
}

// describe asks the program what it can do.
func (p *process) describe(cfg *Program) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(cfg.StartTimeout))
	defer cancel()
	d, err := p.client.Describe(ctx, &pluginpb.DescribeRequest{}, cfg.sizes()...)
	if err != nil {
		return fmt.Errorf("it does not say what it can do: %w", err)
	}
	p.can = map[pluginpb.Ability]bool{}
	for _, a := range d.Abilities {
		p.can[a] = true
	}
	if len(p.can) == 0 {
		return errors.New("it can do nothing")
	}
	return nil
}

// sizes bounds the messages of a call.
func (p *Program) sizes() []grpc.CallOption {
	return []grpc.CallOption{grpc.MaxCallRecvMsgSize(p.MaxMessage), grpc.MaxCallSendMsgSize(p.MaxMessage)}
}

// alive reports whether the program answers.
func (p *process) alive(cfg *Program) bool {
	ctx, cancel := context.WithTimeout(context.Background(), min(pingTimeout, time.Duration(cfg.CallTimeout)))
	defer cancel()
	_, err := p.client.Describe(ctx, &pluginpb.DescribeRequest{}, cfg.sizes()...)
	return err == nil
}

// kill ends the program at once, or the connection to one that was not started
// here.
func (p *process) kill() {
	if p.conn != nil {
		_ = p.conn.Close()
		return
	}
	p.run.kill()
}

// wait waits for the end of the program, or of the connection.
func (p *process) wait() error {
	if p.conn != nil {
		return p.lost()
	}
	return p.run.proc.Wait()
}

// id returns what tells the program from others, for the log.
func (p *process) id() string {
	if p.conn != nil {
		return p.conn.Target()
	}
	return "pid " + p.run.ID()
}

// end ends the program, with its process group, and waits for that. One that
// does not end by itself when go-plugin tells it to is killed.
func (p *process) end() {
	if p.conn != nil {
		_ = p.conn.Close()
		return
	}
	defer os.RemoveAll(p.dir)
	if p.run == nil || p.run.proc == nil {
		return
	}
	late := time.AfterFunc(stopTimeout, p.run.kill)
	defer late.Stop()
	p.plugin.Kill()
	p.run.kill()
	<-p.run.proc.Done()
}

// A run is the process itself, as go-plugin wants it.
type run struct {
	cmd    *exec.Cmd
	proc   *child.Process // nil until it runs
	cfg    *Program
	limits child.Limits
	dir    string      // of its socket
	late   *time.Timer // ends it if it does not answer; nil until it runs
	out    *firstLine
	stdin  io.Closer // its end says that the host is gone
}

func newRun(cfg *Program, limits child.Limits, dir string, env []string, stderr io.Writer) (*run, error) {
	r := &run{cfg: cfg, limits: limits, dir: dir, out: newFirstLine()}
	r.cmd = exec.Command(cfg.Path, cfg.Args...)
	r.cmd.Dir = cfg.Dir
	r.cmd.Env = append(child.Env(nil, cfg.Environment), env...)
	r.cmd.WaitDelay = time.Second // for children that keep the outputs open
	r.cmd.Stdout, r.cmd.Stderr = r.out, stderr
	stdin, err := r.cmd.StdinPipe()
	r.stdin = stdin
	return r, err
}

// Start implements runner.Runner.
func (r *run) Start(context.Context) error {
	err := r.verify()
	if err == nil {
		r.proc, err = child.Start(r.cmd, child.Options{Limits: r.limits})
	}
	if err != nil {
		_ = r.stdin.Close()
		return err
	}
	// go-plugin waits so long for the first line; what comes then, connecting
	// and Describe, has to be done soon after.
	r.late = time.AfterFunc(time.Duration(r.cfg.StartTimeout)+stopTimeout, r.kill)
	go func() {
		<-r.proc.Done()
		r.out.close()
	}()
	return nil
}

// verify compares the file with its checksum.
func (r *run) verify() error {
	if r.cfg.SHA256 == "" {
		return nil
	}
	f, err := os.Open(r.cmd.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); !strings.EqualFold(got, r.cfg.SHA256) {
		return fmt.Errorf("the SHA-256 of %s is %s, which is not that of the configuration", r.cmd.Path, got)
	}
	return nil
}

// kill ends the process group at once.
func (r *run) kill() { r.proc.Kill() }

// Kill implements runner.Runner.
func (r *run) Kill(context.Context) error {
	if r.proc != nil {
		r.kill()
	}
	return nil
}

// Wait implements runner.Runner.
func (r *run) Wait(context.Context) error { return r.proc.Wait() }

// Stdout implements runner.Runner: it is the line of the handshake.
func (r *run) Stdout() io.ReadCloser { return r.out.reader }

// Stderr implements runner.Runner: it goes to the log without go-plugin.
func (r *run) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Name implements runner.Runner.
func (r *run) Name() string { return r.cmd.Path }

// ID implements runner.Runner.
func (r *run) ID() string {
	if r.proc == nil {
		return ""
	}
	return strconv.Itoa(r.proc.PID())
}

// Diagnose implements runner.Runner.
func (r *run) Diagnose(context.Context) string { return "" }

// PluginToHost implements runner.Runner: both have the same file system. A
// program that listens anywhere else than in its private directory is refused.
func (r *run) PluginToHost(network, address string) (string, string, error) {
	inside := strings.HasPrefix(filepath.Clean(address), r.dir+string(filepath.Separator))
	if !onlyTCP && (network != "unix" || !inside) {
		return "", "", fmt.Errorf("it listens at %.20q %.200q, not on a socket in its directory", network, address)
	}
	return network, address, nil
}

// HostToPlugin implements runner.Runner.
func (r *run) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
