package provider

import (
	"context"

	"openwmi/cim"
	"openwmi/wbem"
)

// A Request is what every call carries besides its arguments. It belongs to the
// provider for the time of the call.
type Request struct {
	Namespace string     // in which is asked, with backslashes
	Class     *cim.Class // for whose provider the call is; nil where there is none

	Caller *wbem.Identity // who asks
	Locale string         // the language that the caller prefers, such as ms_409
	Flags  wbem.Flags     // of the operation

	// Impersonation is what the caller lets the provider do in his name: 2 know
	// who he is, 3 act as him on this computer, 4 act as him on others as well
	// (async-and-security.md 5.1).
	Impersonation int

	// Context is the caller's named values, nil for none, without those that
	// tell the object manager that this very request is meant
	// (__PUT_EXT_CLIENT_REQUEST, __GET_EXT_CLIENT_REQUEST; put.md 8.1).
	Context *wbem.Context

	// Services is the namespace, as the caller sees it. A call to it has to
	// have the ctx of this one, so that an endless recursion is noticed.
	Services wbem.Services

	// Connect opens another namespace of this computer as the caller sees it,
	// with the errors of a wbem.Locator: AccessDenied for one that he may not
	// enter. It is nil in a provider that is a program of its own.
	Connect func(ctx context.Context, namespace string) (wbem.Services, error)

	// Progress tells the caller, if it wants to know, how far the work is. It
	// is never nil.
	Progress func(wbem.Progress)
}

// An Opener is a provider that works through other values, one for each
// namespace that it is registered in.
type Opener interface {
	// Open returns the provider for a namespace: a value with methods of the
	// other interfaces, of which Close is called in the end if it is an
	// io.Closer. It is called before the first call that needs it, never
	// twice at once, and again with the next call if it fails. An error
	// without a status is InitializationFailure for everyone who waits.
	// ctx ends with the object manager, not with the call.
	Open(ctx context.Context, env *Environment) (any, error)
}

// An Environment says for what a provider is opened.
type Environment struct {
	Name      string // that of the __Win32Provider
	Namespace string // with backslashes

	// Locale is the language of the callers if the registration asks for
	// PerLocaleInitialization, else "".
	Locale string

	// Caller is the user who will call if the registration asks for
	// PerUserInitialization, else nil.
	Caller *wbem.Identity

	// Services is the namespace as the object manager's own user sees it.
	Services wbem.Services
}
