package scripting

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// A Locator connects to namespaces (SWbemLocator). It may be used by several
// goroutines.
type Locator struct {
	ctx      context.Context
	locator  wbem.Locator
	security Security
}

// NewLocator returns a Locator over an object manager: the embedded one or the
// client of a protocol.
func NewLocator(l wbem.Locator) *Locator {
	return &Locator{ctx: context.Background(), locator: l}
}

// WithContext returns a copy of the locator whose calls, and those of the
// sessions that it opens, end with the context.
func (l *Locator) WithContext(ctx context.Context) *Locator {
	c := *l
	c.ctx = ctx
	return &c
}

// Security returns the settings with which sessions begin.
func (l *Locator) Security() *Security { return &l.security }

// defaultNamespace is that of a server which is named without one.
const defaultNamespace = `root\cimv2`

// maxWait bounds connecting with ConnectFlagUseMaxWait.
const maxWait = 2 * time.Minute

// ConnectServer opens a session with a namespace of a server. "" or "." as
// server is this computer, "" as namespace the default one. User, password and
// authority are for remote servers; authority is "kerberos:principal" or
// "ntlmdomain:domain". Locale is MS_ and the hexadecimal number of a language,
// "" for that of the caller. The flag is ConnectFlagUseMaxWait.
//
// The error is ErrInvalidNamespace for a namespace that does not exist or is
// malformed, ErrAccessDenied without the right to enter it, ErrLocalCredentials
// for credentials given for this computer, ErrInvalidParameter for a bad
// authority or flag or a domain in both user and authority, and what the
// transport says. ("SWbemLocator.ConnectServer method"; scripting-api.md 4)
func (l *Locator) ConnectServer(server, namespace, user, password, locale, authority string, flags Flags, values *NamedValueSet) (*Services, error) {
	const source = "SWbemLocator.ConnectServer"
	if err := onlyFlags(source, flags, ConnectFlagUseMaxWait); err != nil {
		return nil, err
	}
	if authority != "" && !isAuthority(authority) {
		return nil, fail(source, ErrInvalidParameter, "authority %.60q is neither kerberos:principal nor ntlmdomain:domain", authority)
	}
	if _, ok := cutName(authority, "ntlmdomain:"); ok && strings.Contains(user, `\`) {
		return nil, fail(source, ErrInvalidParameter, "both the user and the authority name a domain")
	}
	path := namespace
	if server != "" && server != "." {
		path = `\\` + server + `\` + cmp.Or(namespace, defaultNamespace)
	}
	o := wbem.ConnectOptions{User: user, Password: password, Authority: authority, Locale: locale, Flags: flags}
	s, err := l.connect(path, o, values)
	if err != nil {
		return nil, newError(source, err)
	}
	return s, nil
}

// connect opens a session that takes over the settings of the locator.
func (l *Locator) connect(path string, o wbem.ConnectOptions, values *NamedValueSet) (*Services, error) {
	ctx := l.ctx
	if o.Flags&ConnectFlagUseMaxWait != 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, maxWait)
		defer cancel()
	}
	var err error
	if o.Context, err = values.context(); err != nil {
		return nil, err
	}
	svc, err := l.locator.Connect(ctx, path, o)
	if err != nil {
		return nil, err
	}
	s := &Services{ctx: l.ctx, svc: svc, security: l.security, authority: o.Authority, pending: &pendingError{}}
	server, _, err := cim.ParseNamespace(path)
	switch {
	case path == "" || err == nil && isLocal(server):
		// Local connections are always private (async-and-security.md 5.1).
		s.security.authentication = AuthenticationLevelPktPrivacy
	case !s.security.hasAuthentication:
		s.security.authentication = AuthenticationLevelDefault
	}
	s.security.hasAuthentication = true
	return s, nil
}

func isLocal(server string) bool {
	return server == "" || server == "." || cim.EqualNames(server, "localhost")
}

// GetObject returns what a moniker names: *Services for a namespace, *Object for
// a class or instance.
//
//	winmgmts:{impersonationLevel=impersonate,(Debug)}[locale=ms_409]!\\server\root\cimv2:Class.Key="value"
//
// A bare name is a class in the default namespace, but root is the namespace.
// With a locale an object is read with the texts of that language. The error is
// ErrInvalidParameter for a malformed moniker (scripting-api.md, Decision S-5),
// else that of ConnectServer or Services.Get, without Description.
// ("Constructing a Moniker String")
func (l *Locator) GetObject(moniker string) (any, error) {
	const source = "GetObject"
	m, err := parseMoniker(moniker)
	if err != nil {
		return nil, newError(source, cim.Errorf(ErrInvalidParameter, "%v", err))
	}
	place := cim.Path{Server: m.path.Server, Namespace: m.path.Namespace}
	if place.Server != "" && place.Namespace == "" {
		place.Namespace = defaultNamespace
	}
	s, err := l.connect(place.String(), wbem.ConnectOptions{Authority: m.authority, Locale: m.locale}, nil)
	if err != nil {
		return nil, quiet(newError(source, err))
	}
	s.quiet = true
	s.security.take(m.security)
	if m.path.Class == "" {
		return s, nil
	}
	var flags Flags
	if m.locale != "" {
		flags = FlagUseAmendedQualifiers // localization.md 8
	}
	o, err := s.Get(m.path.RelPath(), flags, nil)
	if err != nil {
		s.Close()
		return nil, err
	}
	return o, nil
}

// take takes over the settings that a moniker makes. A local connection stays
// private.
func (s *Security) take(from Security) {
	if from.impersonation != 0 {
		s.impersonation = from.impersonation
	}
	if from.hasAuthentication && s.authentication < from.authentication {
		s.authentication = from.authentication
	}
	for _, p := range from.privileges {
		s.Privileges().set(p)
	}
}

// quiet takes the description out of an error.
func quiet(err error) error {
	var e *Error
	if errors.As(err, &e) {
		e.Description = ""
	}
	return err
}
