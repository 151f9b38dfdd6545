package cimom

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/user"
	"sync"
	"sync/atomic"
	"time"

	"openwmi/cim"
	"openwmi/internal/access"
	"openwmi/internal/auth"
	"openwmi/internal/event"
	"openwmi/internal/event/permanent"
	"openwmi/internal/kv"
	"openwmi/internal/repository"
	"openwmi/provider"
	"openwmi/wbem"
)

// DefaultNamespace is where Connect goes when no namespace is named.
const DefaultNamespace = `root\cimv2`

// MaxOperations is how many operations may run at once; one more is
// QuotaViolation. [MS-WMI] 3.1.1 has the same number for concurrent requests.
const MaxOperations = 5000

// Options of a Manager. The zero value is good.
type Options struct {
	// Server is the name of this computer in paths; "" asks the system.
	Server string

	// Locale is the language of callers who name none, such as de-DE or
	// MS_407; "" reads LC_ALL, LC_MESSAGES and LANG.
	Locale string

	// StrictLocales makes localized reads look only in the languages that the
	// caller named, not in their parents nor in English (localization.md 3.3).
	StrictLocales bool

	// CacheBytes bounds what the store keeps in memory of its data, three
	// quarters as it is stored and one quarter decoded. Zero is 80 MiB.
	CacheBytes int64

	// Queries bounds what one query may take.
	Queries QueryLimits

	// Unprotected allows the namespaces to be deleted that every store begins
	// with; otherwise that is AccessDenied.
	Unprotected bool

	// Providers are the providers of this process, by the name that CLSID or
	// Name of a __Win32Provider has, in any case; see package provider. Open
	// refuses a value that is none, or has a method that is none as it should
	// be (provider.Check): InvalidParameter. They belong to the caller, but what
	// a provider.Opener opens is closed by the Manager.
	Providers map[string]any

	// Host has the providers that are not in this process, nil if there are
	// none. It is asked for what CLSID and Name of a __Win32Provider mean if
	// Providers has nothing of that name. It belongs to the caller, who closes
	// it after the Manager.
	Host provider.Host

	// MOF is compiled by Open into a store into which it was not compiled
	// before: the classes and registrations of Providers, for one. It goes into
	// root\default, which compile.DefaultNamespace is, until a
	// #pragma namespace in it says another, such as
	//
	//	#pragma namespace("\\\\.\\root\\cimv2")
	MOF []byte

	// Administrators are the names of groups whose members administer this
	// computer, besides the superuser and the user of this process.
	Administrators []string

	// Audit receives a record of what was done, and by whom; nil is nobody. It
	// belongs to the caller, who closes it after the Manager.
	Audit AuditSink

	// Observer is told how each operation went, and each call of a provider;
	// nil is nobody.
	Observer Observer

	// Logger receives what is worth knowing; nil discards it. Records about
	// an operation have the id that Audit gets.
	Logger *slog.Logger
}

// A Manager is an object manager over one store.
type Manager struct {
	repo  *repository.Repository
	opts  Options
	log   *slog.Logger
	views *viewCache

	providers *providers
	users     *auth.Users // of the store; nil in memory

	negotiated atomic.Pointer[negotiation] // the last

	accounts *access.Accounts
	creators *creators
	broker   *event.Broker

	subscriptions *permanent.Subscriptions
	starting      sync.WaitGroup // of what Open leaves to be done later

	lastID atomic.Uint64 // of operations

	mu      sync.Mutex // guards what follows
	running int
	closed  bool
	idle    *sync.Cond // signalled when running becomes zero
	paused  *pause     // nil if it is not

	sequences map[*sequence]struct{} // guarded by mu
}

var _ wbem.Locator = (*Manager)(nil)

// Open opens the store in a directory, which is created if it does not exist.
// The error is a *wbem.Error; its message says what to do about a store that is
// in use, damaged, or of a newer version.
func Open(dir string, o Options) (*Manager, error) {
	if err := checkDirectory(dir); err != nil {
		return nil, operationError("Open", dir, err)
	}
	store, err := kv.Open(dir, o.store())
	if err != nil {
		return nil, operationError("Open", dir, err)
	}
	users, err := auth.Open(dir, auth.Options{Audit: o.Audit, Logger: o.Logger})
	if err != nil {
		return nil, operationError("Open", dir, errors.Join(err, store.Close()))
	}
	return open(store, dir, users, o)
}

// OpenMemory opens a store that lives in memory and is gone when the Manager is
// closed.
func OpenMemory(o Options) (*Manager, error) {
	store, err := kv.OpenMemory(o.store())
	if err != nil {
		return nil, operationError("Open", "memory", err)
	}
	return open(store, "memory", nil, o)
}

func (o Options) store() kv.Options {
	return kv.Options{CacheSize: o.CacheBytes / 4 * 3, Logger: o.Logger}
}

func open(store kv.Store, name string, users *auth.Users, o Options) (*Manager, error) {
	if o.Server == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "localhost"
		}
		o.Server = host
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	repo, err := repository.Open(store, repository.Options{
		Server: o.Server, CacheBytes: o.CacheBytes / 4, Unprotected: o.Unprotected,
	})
	if err != nil {
		return nil, operationError("Open", name, err)
	}
	m := &Manager{
		repo: repo, opts: o, log: o.Logger, views: newViewCache(), users: users,
		sequences: map[*sequence]struct{}{},
	}
	m.lastID.Store(firstID())
	if m.providers, err = newProviders(m, o.Providers); err != nil {
		return nil, operationError("Open", name, errors.Join(err, repo.Close()))
	}
	if o.Host != nil {
		o.Host.Limit(m.hostQuotas())
	}
	m.idle = sync.NewCond(&m.mu)
	if err = m.startEvents(); err == nil {
		err = m.install(context.Background())
	}
	if err != nil {
		return nil, operationError("Open", name, errors.Join(err, m.Close()))
	}
	return m, nil
}

// Close gives consumers a second to take the events that wait for them, waits
// for the operations that run, in which calls of providers end at
// once, ends the enumerations that are open, closes what providers have opened,
// makes everything durable and releases the store. What is asked afterwards is
// ShuttingDown.
func (m *Manager) Close() error {
	if m.subscriptions != nil {
		m.subscriptions.Close() // while what consumers do is still possible
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return nil
	}
	m.closed = true
	m.resume()
	m.providers.stop(wbem.ShuttingDown)
	for m.running > 0 {
		m.idle.Wait()
	}
	m.mu.Unlock()
	m.endSequences()
	m.endEvents()
	m.providers.finish()
	return operationError("Close", "", m.repo.Close())
}

// begin admits one operation, once the Manager is not paused; the caller calls end
// when it is over.
func (m *Manager) begin(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.await(ctx); err != nil {
		return err
	}
	return m.count()
}

// beginPaused is begin for what a pause is made for.
func (m *Manager) beginPaused() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.count()
}

// count counts an operation; m.mu is held.
func (m *Manager) count() error {
	switch {
	case m.closed:
		return wbem.ShuttingDown
	case m.running >= MaxOperations:
		return cim.Errorf(wbem.QuotaViolation, "%d operations run already", m.running)
	}
	m.running++
	return nil
}

func (m *Manager) end() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running--; m.running == 0 {
		m.idle.Broadcast()
	}
}

const opConnect = "ConnectServer"

// Connect implements wbem.Locator.
func (m *Manager) Connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (wbem.Services, error) {
	began := time.Now()
	s, err := m.connect(ctx, namespace, o)
	if err != nil {
		id := m.newID()
		m.recordConnect(id, began, namespace, o.Identity, err)
		return nil, m.failed(id, opConnect, namespace, err)
	}
	wbem.Started(ctx)
	return s, nil
}

func (m *Manager) connect(ctx context.Context, namespace string, o wbem.ConnectOptions) (*session, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if o.Flags&^wbem.ConnectUseMaxWait != 0 {
		return nil, cim.Errorf(wbem.InvalidParameter, "flags 0x%X are not defined", uint32(o.Flags))
	}
	path, err := m.localNamespace(namespace)
	if err != nil {
		return nil, err
	}
	if o.User != "" || o.Password != "" || o.Authority != "" {
		return nil, cim.Errorf(wbem.LocalCredentials, "a local connection takes no user name, password or authority")
	}
	locales, err := m.negotiate(o.Locale)
	if err != nil {
		return nil, err
	}
	if err := m.begin(ctx); err != nil {
		return nil, err
	}
	defer m.end()
	who, err := m.caller(o.Identity)
	if err != nil {
		return nil, err
	}
	s := &session{m: m, who: who, locales: locales, keepTexts: !o.StripAmended}
	if s.ns, err = s.enter(path); err != nil {
		return nil, err
	}
	return s, nil
}

// localNamespace returns the namespace of a path that names this computer or
// none.
func (m *Manager) localNamespace(path string) (string, error) {
	if path == "" {
		return DefaultNamespace, nil
	}
	server, namespace, err := cim.ParseNamespace(path)
	switch {
	case err != nil:
		return "", err
	case !m.isLocal(server):
		return "", cim.Errorf(wbem.ServerUnavailable, "computer %s is not this one", server)
	case namespace == "":
		return DefaultNamespace, nil
	}
	return namespace, nil
}

// isLocal reports whether a path with that server may be one of this computer.
func (m *Manager) isLocal(server string) bool {
	return server == "" || server == "." || cim.EqualNames(server, "localhost") || cim.EqualNames(server, m.opts.Server)
}

// namespace returns the namespace with that path.
func (m *Manager) namespace(path string) (*repository.Namespace, error) {
	if cim.TooLong(path, cim.MaxNamespace) {
		return nil, cim.Errorf(wbem.QuotaViolation, "the path has more than %d characters", cim.MaxNamespace)
	}
	return m.repo.Namespace(path)
}

// nameless is what the user of this process is called if the system has no name for
// him.
const nameless = "unknown"

// processIdentity is the user whom the operating system runs this process as.
var processIdentity = sync.OnceValue(func() *wbem.Identity {
	id := &wbem.Identity{Name: nameless, Level: 6}
	if u, err := user.Current(); err == nil {
		id.Name = u.Username
	}
	return id
})

// IsOwner reports whether an identity that a provider was given is the user of
// this process, whom the operating system vouches for.
func IsOwner(id *wbem.Identity) bool {
	own := processIdentity()
	return id == own || own.Name != nameless && id.Authority == wbem.SystemAuthority && !id.Remote && id.Name == own.Name
}

// Users returns the users and groups of the store, nil if it is in memory.
func (m *Manager) Users() *auth.Users { return m.users }

// Server returns the name of this computer in paths.
func (m *Manager) Server() string { return m.opts.Server }
