package wbem

import (
	"context"
	"iter"

	"openwmi/cim"
)

// A Locator connects to namespaces. It may be used by several goroutines.
type Locator interface {
	// Connect opens a session with the namespace at a path such as root\cimv2
	// or \\server\root\cimv2; "" is the default namespace. The context bounds
	// only the connecting.
	//
	// The error is InvalidNamespace for a namespace that does not exist or a
	// path that is none, AccessDenied without the right to enter it,
	// LocalCredentials for a user name given to the embedded object manager,
	// InvalidParameter for a locale or flag that is not valid. [MS-WMI] 3.1.4.1.4
	Connect(ctx context.Context, namespace string, o ConnectOptions) (Services, error)
}

// ConnectOptions say who connects and how. The zero value is the user of this
// process with the default locale.
type ConnectOptions struct {
	User      string // DOMAIN\user or user; for remote namespaces only
	Password  string
	Authority string // "", "kerberos:principal" or "ntlmdomain:domain"

	// Locale is the caller's list of languages, MS_xxx or names such as
	// de-DE separated by commas, the preferred one first. "" is the default
	// of the server.
	Locale string

	// Identity is who calls, for the embedded object manager; a server fills
	// in the peer that it has authenticated. Nil is the user of this process,
	// who owns the store and needs no rights.
	Identity *Identity

	// StripAmended makes a put with UseAmendedQualifiers store the neutral
	// part only, as [MS-WMI] says, and leave the texts of the locale alone.
	// Front ends of protocols set it; without it both parts are written.
	StripAmended bool

	Flags   Flags // ConnectUseMaxWait only
	Context *Context
}

// Services is an authenticated session with one namespace. It may be used by
// several goroutines. All operations act in that namespace only.
//
// A sequence does nothing until it is read, every loop over it runs the
// operation again, and an error is its last element.
//
// A class name or path that is not well-formed is InvalidObjectPath or
// InvalidParameter, a bit in Options.Flags that the operation does not know
// InvalidParameter, a missing right AccessDenied; what else can go wrong stands
// with each operation.
type Services interface {
	// Server and Namespace say where the session is, Namespace with
	// backslashes; Locale names its languages as they were negotiated.
	Server() string
	Namespace() string
	Locale() string

	// GetClass returns a class definition: NotFound if there is none.
	// Flags: UseAmendedQualifiers, DirectRead. [MS-WMI] 3.1.4.3.4
	GetClass(ctx context.Context, name string, o Options) (*cim.Class, error)

	// GetInstance returns the instance at a path, which may name a superclass
	// of its class. The server and namespace in the path are those of the
	// session or absent. NotFound if there is none or its class does not
	// exist, InvalidObjectPath for other keys than those of the class.
	// Flags: UseAmendedQualifiers, DirectRead. [MS-WMI] 3.1.4.3.4
	GetInstance(ctx context.Context, path cim.Path, o Options) (*cim.Instance, error)

	// Classes yields the subclasses of a class, without itself, at any depth
	// or, with Shallow, the immediate ones; of "" all classes of the
	// namespace or the top-level ones. A superclass comes before its
	// subclasses. InvalidClass for an unknown class.
	// Flags: Shallow, UseAmendedQualifiers. [MS-WMI] 3.1.4.3.10
	Classes(ctx context.Context, super string, o Options) iter.Seq2[*cim.Class, error]

	// Instances yields the instances of a class and of its subclasses or, with
	// Shallow, of exactly that class. InvalidClass for an unknown class,
	// InvalidParameter for "".
	// Flags: Shallow, UseAmendedQualifiers, DirectRead, EnsureLocatable.
	// [MS-WMI] 3.1.4.3.16
	Instances(ctx context.Context, class string, o Options) iter.Seq2[*cim.Instance, error]

	// PutClass creates or changes a class as put.md 4 says. The declaration
	// now belongs to the session.
	// Flags: CreateOnly, UpdateOnly, UpdateSafeMode, UpdateForceMode,
	// StrongValidation, OwnerUpdate, UseAmendedQualifiers. [MS-WMI] 3.1.4.3.6
	PutClass(ctx context.Context, decl *cim.ClassDecl, o Options) error

	// PutInstance creates or replaces an instance as put.md 5 to 8 say and
	// returns the path at which it is stored, with server and namespace. The
	// instance is not changed and still belongs to the caller.
	// Flags: CreateOnly, UpdateOnly, StrongValidation, OwnerUpdate,
	// UseAmendedQualifiers. [MS-WMI] 3.1.4.3.12
	PutInstance(ctx context.Context, inst *cim.Instance, o Options) (cim.Path, error)

	// DeleteClass deletes a class, its subclasses, and the instances of all of
	// them: NotFound, InvalidOperation for a system class. [MS-WMI] 3.1.4.3.8
	DeleteClass(ctx context.Context, name string, o Options) error

	// DeleteInstance deletes the instance at a path: NotFound, InvalidClass
	// for an unknown class, InvalidObjectPath for the path of a class.
	// [MS-WMI] 3.1.4.3.14
	DeleteInstance(ctx context.Context, path cim.Path, o Options) error

	// Query runs a data or schema query and yields instances or classes. The
	// language is WQL. What is wrong with the query itself comes when the
	// sequence is read, after Started; before it only InvalidParameter for an
	// empty language or query and InvalidQueryType for another language.
	//
	// The error is InvalidQuery for a query that is malformed or does not fit
	// the schema, InvalidClass for an unknown class, NotFound for an unknown
	// source of ASSOCIATORS OF or REFERENCES OF, QuotaViolation for a query
	// beyond the limits. SPartialResults, after the last result, says that
	// some providers have failed and others not; adapters take it for the
	// success that it is.
	// Flags: Prototype, UseAmendedQualifiers, DirectRead, EnsureLocatable.
	// [MS-WMI] 3.1.4.3.18; wql.md
	Query(ctx context.Context, language, query string, o Options) iter.Seq2[cim.Object, error]

	// Subscribe starts a notification query. When it returns the query has
	// been checked and events are being collected, until ctx ends or the
	// Subscription is closed.
	//
	// The error is NotEventClass for a class that has no events,
	// UnparsableQuery for a malformed query, RegistrationTooPrecise if events
	// have to be polled for and the query has no WITHIN, QuotaViolation beyond
	// the limits on subscriptions, and others of wql.md 12.
	// Flags: UseAmendedQualifiers. [MS-WMI] 3.1.4.3.20; events.md 4
	Subscribe(ctx context.Context, language, query string, o Options) (Subscription, error)

	// ExecMethod runs a method of the instance or, if the method is static, the
	// class at a path, and returns an instance of the out-parameters
	// (cim.Method.Signature), with what the method returns as ReturnValue; nil
	// for a method that returns nothing. in has the parameters, as an instance
	// of the in-parameters; it is nil for none, is not changed and still
	// belongs to the caller. A method that could be run is no error, whatever it
	// returns, and one that runs comes to its end even if ctx does before.
	//
	// The error is InvalidMethod for a method that does not exist or needs an
	// instance, MethodNotImplemented, MethodDisabled, InvalidMethodParameters
	// for parameters that the method does not have or cannot do without,
	// InvalidClass for an unknown class, NotFound if there is no such instance,
	// or that of the provider.
	// Flags: none. [MS-WMI] 3.1.4.3.22; model.md 7.2
	ExecMethod(ctx context.Context, path cim.Path, method string, in *cim.Instance, o Options) (*cim.Instance, error)

	// OpenNamespace opens a session with a namespace below this one, as the
	// same caller. [MS-WMI] 3.1.4.3.1
	OpenNamespace(ctx context.Context, relative string, o Options) (Services, error)

	// Close ends the session. Operations that run go on; new ones fail.
	Close() error
}

// Options go with an operation. The zero value is the default of everything.
type Options struct {
	Flags Flags

	// Context carries named values to the provider that serves the call, and
	// those that the object manager itself reads (__PUT_EXT...). It is read
	// before the operation returns and may be reused then.
	Context *Context

	// Impersonation is what the provider that serves the call may do in the
	// name of the caller: 2 to 4 as in WbemImpersonationLevelEnum, of which 1
	// means 2; zero is 3. async-and-security.md 5.1
	Impersonation int

	// Progress, if not nil, is called with what a provider reports while it
	// works. It must return soon.
	Progress func(Progress)

	// Lazy lets a write return before it is durable. It then becomes durable
	// in order, no later than the next write that is not lazy or Flush. A
	// session without Flusher ignores it.
	Lazy bool
}

// Progress is how far a provider has come: done of total, in its own units.
type Progress struct {
	Total, Done uint16
	Message     string
}

// A Flusher is a Services that can delay durability: Flush makes every write
// durable that returned before.
type Flusher interface {
	Flush(ctx context.Context) error
}

// A QualifierStore is a Services that keeps declarations of qualifiers for its
// namespace, as DMTF's schemas and CIM-XML know them.
type QualifierStore interface {
	GetQualifier(ctx context.Context, name string) (*cim.QualifierDecl, error)
	SetQualifier(ctx context.Context, decl *cim.QualifierDecl, o Options) error
	DeleteQualifier(ctx context.Context, name string) error
	Qualifiers(ctx context.Context) iter.Seq2[*cim.QualifierDecl, error]
}

// An UnusedClassDeleter is a Services that can delete a class only if nothing depends
// on it, and decides that in one with the deletion: whoever looks first and then
// deletes may delete what was created in between.
type UnusedClassDeleter interface {
	// DeleteUnusedClass is DeleteClass, but ClassHasChildren for a class with
	// subclasses and ClassHasInstances for one with stored instances. Those that
	// providers have do not count.
	DeleteUnusedClass(ctx context.Context, name string, o Options) error
}

// A ClassPlanner is a Services that can say beforehand what a put of a class
// would do.
type ClassPlanner interface {
	// PlanClass returns what PutClass would do, and its error if it would
	// fail, and writes nothing.
	PlanClass(ctx context.Context, decl *cim.ClassDecl, o Options) (*ClassPlan, error)
}

// A ClassPlan is what a put of a class does.
type ClassPlan struct {
	Class   string
	Exists  bool // it is updated, not created
	Changed bool // it differs from what is stored
	// Structural says that more changes than qualifiers which do not matter
	// to instances and subclasses (put.md 4.2).
	Structural bool
	Instances  int         // own instances that are deleted
	Subclasses []ClassEdit // every subclass whose own or inherited definition changes
	Amendment  string      // locale namespace that receives the localizable texts, "" if none
}

// A ClassEdit is how a class changes because its superclass does.
type ClassEdit struct {
	Class string
	// Removed are the elements of its own definition that force mode deletes,
	// such as "qualifier Q", "property P", "qualifier Q of property P",
	// "method M". Empty if it only inherits the change.
	Removed []string
}

// Get returns the class or instance at a path. An empty path is a new class
// without a name, from which a top-level class can be made ([MS-WMI]
// 3.1.4.3.4). The path of a namespace is InvalidObjectPath.
func Get(ctx context.Context, s Services, path string, o Options) (cim.Object, error) {
	if path == "" {
		return cim.Derive(nil, &cim.ClassDecl{})
	}
	p, err := cim.ParsePath(path)
	if err != nil {
		return nil, NewError("GetObject", path, err)
	}
	if p.Class == "" {
		return nil, NewError("GetObject", path, cim.Errorf(InvalidObjectPath, "it names a namespace"))
	}
	if p.IsInstance() {
		return notNil(s.GetInstance(ctx, p, o))
	}
	if err := CheckPlace(s, p); err != nil {
		return nil, NewError("GetObject", path, err)
	}
	return notNil(s.GetClass(ctx, p.Class, o))
}

// notNil keeps a nil pointer from becoming an Object that is not nil.
func notNil[O cim.Object](o O, err error) (cim.Object, error) {
	if err != nil {
		return nil, err
	}
	return o, nil
}

// ClassOf returns the own definition of an object that is to be put as a class:
// InvalidClass for an instance, InvalidParameter for none (put.md 1). The
// definition is a copy.
func ClassOf(o cim.Object) (*cim.ClassDecl, error) {
	switch o := o.(type) {
	case *cim.Class:
		return o.Decl().Clone(), nil
	case *cim.Instance:
		return nil, NewError("PutClass", o.ClassName(), cim.Errorf(InvalidClass, "it is an instance and no class"))
	}
	return nil, NewError("PutClass", "", cim.Errorf(InvalidParameter, "there is no object"))
}

// InstanceOf returns an object that is to be put as an instance: InvalidObject
// for a class, InvalidParameter for none (put.md 1).
func InstanceOf(o cim.Object) (*cim.Instance, error) {
	switch o := o.(type) {
	case *cim.Instance:
		return o, nil
	case *cim.Class:
		return nil, NewError("PutInstance", o.Name(), cim.Errorf(InvalidObject, "it is a class and no instance"))
	}
	return nil, NewError("PutInstance", "", cim.Errorf(InvalidParameter, "there is no object"))
}

// CheckPlace returns NotFound if a path names another server or namespace than
// those of the session (scripting-api.md, Decision S-10).
func CheckPlace(s Services, p cim.Path) error {
	local := p.Server == "" || p.Server == "." || cim.EqualNames(p.Server, "localhost") || cim.EqualNames(p.Server, s.Server())
	if !local || p.Namespace != "" && !cim.EqualNames(p.Namespace, s.Namespace()) {
		return cim.Errorf(NotFound, "it is not in %s", s.Namespace())
	}
	return nil
}
