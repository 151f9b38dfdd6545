package plugin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"

	"openwmi/internal/peer"
	"openwmi/provider"
	"openwmi/provider/plugin/pluginpb"
)

// attach connects to a provider that runs already.
func attach(cfg *Program) (*process, error) {
	p := &process{started: time.Now(), classes: newSharedIDs()}
	refused := make(chan error, 1)
	var dialed atomic.Bool
	dial := func(ctx context.Context, _ string) (net.Conn, error) {
		if dialed.Swap(true) {
			return nil, errLost // who serves then may be another program
		}
		conn, err := dialPeer(ctx, cfg)
		if err != nil {
			select {
			case refused <- err:
			default:
			}
		}
		return conn, err
	}
	var err error
	p.conn, err = grpc.NewClient("passthrough:"+cfg.Socket, grpc.WithContextDialer(dial), grpc.WithIdleTimeout(0),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	p.client = pluginpb.NewProviderClient(p.conn)
	if err := p.describe(cfg); err != nil {
		_ = p.conn.Close()
		select {
		case err = <-refused: // which says more
		default:
		}
		return nil, err
	}
	return p, nil
}

var errLost = errors.New("its connection is lost")

// lost waits until the connection breaks, or is closed. It is not made again. The
// first call may be over before grpc says that it is made.
func (p *process) lost() error {
	for _, s := range []connectivity.State{connectivity.Connecting, connectivity.Ready} {
		p.conn.WaitForStateChange(context.Background(), s)
	}
	return errLost
}

// dialPeer connects to the socket of a program and checks whose process serves
// there, since anybody may have made the socket.
func dialPeer(ctx context.Context, cfg *Program) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", cfg.Socket)
	if err != nil {
		return nil, err
	}
	if err := checkPeer(conn, cfg.Users); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("%s: %w", cfg.Socket, err)
	}
	return conn, nil
}

// checkPeer returns why the process on the other side of a socket is not trusted:
// it is neither the superuser's, nor that of the user of this process, nor of one
// of some users.
func checkPeer(conn net.Conn, users []string) error {
	uid, _, err := peer.User(conn.(*net.UnixConn))
	if err != nil {
		return fmt.Errorf("whose process serves there cannot be found out: %w", err)
	}
	if uid == 0 || int(uid) == os.Geteuid() {
		return nil
	}
	number := strconv.FormatUint(uint64(uid), 10)
	if slices.ContainsFunc(users, func(name string) bool {
		u, err := user.Lookup(name)
		return name == number || err == nil && u.Uid == number
	}) {
		return nil
	}
	return fmt.Errorf("a process of user %d serves there, who is not allowed to", uid)
}

// Listen serves a value with methods of package provider at a unix socket, until
// ctx ends: a decoupled provider, to which hosts on this computer come that have
// the socket in their configuration. It takes the superuser's and those of the user
// of this process. A socket that an earlier process has left is replaced. The
// error says why the socket cannot be had; there is none when ctx ends.
//
// The rest is as with Serve, but nothing is done about what the program
// writes.
func Listen(ctx context.Context, socket string, value any) error {
	if err := provider.Check(value); err != nil {
		return err
	}
	if conn, err := net.Dial("unix", socket); err == nil {
		_ = conn.Close()
		return fmt.Errorf("somebody serves at %s already", socket)
	} else if info, err := os.Lstat(socket); err == nil && info.Mode()&os.ModeSocket != 0 {
		_ = os.Remove(socket)
	}
	l, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	return serveAt(ctx, l, value)
}

func serveAt(ctx context.Context, l net.Listener, value any) error {
	g := grpc.NewServer(grpc.MaxRecvMsgSize(maxReceived), grpc.MaxSendMsgSize(maxReceived))
	pluginpb.RegisterProviderServer(g, newServer(value))
	stop := context.AfterFunc(ctx, g.Stop)
	defer stop()
	err := g.Serve(trustedListener{l})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// A trustedListener takes connections of trusted users alone.
type trustedListener struct{ net.Listener }

// Accept implements net.Listener.
func (l trustedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || checkPeer(conn, nil) == nil {
			return conn, err
		}
		_ = conn.Close()
	}
}
