package scripting

import (
	"context"

	"openwmi/cim"
	"openwmi/wbem"
)

// Services is an authenticated session with one namespace (SWbemServices,
// SWbemServicesEx). It may be used by several goroutines.
type Services struct {
	ctx       context.Context
	svc       wbem.Services
	security  Security
	authority string
	quiet     bool // errors have no description
	pending   *pendingError
}

// NewServices returns a session over one that was opened already.
func NewServices(s wbem.Services) *Services {
	return &Services{
		ctx: context.Background(), svc: s, pending: &pendingError{},
		security: Security{authentication: AuthenticationLevelPktPrivacy, hasAuthentication: true},
	}
}

// WithContext returns a copy of the session whose calls, and those of the
// objects that it delivers, end with the context: ErrCallCancelled, or
// ErrTimeout at its deadline. Asynchronous calls end with it too.
func (s *Services) WithContext(ctx context.Context) *Services {
	c := *s
	c.ctx = ctx
	return &c
}

// Session returns the session behind s.
func (s *Services) Session() wbem.Services { return s.svc }

// Close ends the session. Calls that run go on.
func (s *Services) Close() error {
	return newError("SWbemServices", s.svc.Close())
}

// Security returns the settings of the session (SWbemServices.Security_).
func (s *Services) Security() *Security { return &s.security }

// fail returns the error of a call to the namespace and keeps its error object
// for LastError.
func (s *Services) fail(source string, err error) error {
	if err == nil {
		return nil
	}
	e := wrapError(source, err)
	e.LastError = newLastError(e.err)
	if s.quiet {
		e.Description = ""
	}
	s.pending.set(e.err)
	return e
}

// Flags of reads. All of them know FlagNoErrorObject, without effect
// (scripting-api.md 5.2).
const (
	getFlags         = FlagUseAmendedQualifiers | FlagDirectRead
	classesFlags     = QueryFlagShallow | FlagUseAmendedQualifiers
	instancesFlags   = classesFlags | FlagDirectRead | FlagEnsureLocatable
	queryFlags       = QueryFlagPrototype | FlagUseAmendedQualifiers | FlagDirectRead | FlagEnsureLocatable
	associationFlags = FlagUseAmendedQualifiers
	setFlags         = FlagReturnImmediately | FlagForwardOnly
)

// options returns what goes with a call of source that knows some flags.
func (s *Services) options(source string, flags, known Flags, values *NamedValueSet) (wbem.Options, error) {
	if err := onlyFlags(source, flags, known); err != nil {
		return wbem.Options{}, err
	}
	ctx, err := values.context()
	if err != nil {
		return wbem.Options{}, newError(source, err)
	}
	return wbem.Options{Flags: flags, Context: ctx, Impersonation: int(s.security.impersonation)}, nil
}

// readOptions is options for a read.
func (s *Services) readOptions(source string, flags, known Flags, values *NamedValueSet) (wbem.Options, error) {
	o, err := s.options(source, flags, known|FlagNoErrorObject, values)
	o.Flags &^= FlagNoErrorObject
	return o, err
}

// Get returns the class or instance at a path. "" is a new class without a
// name, from which a class without superclass is made. Flags:
// FlagUseAmendedQualifiers, FlagDirectRead. The error is ErrNotFound,
// ErrInvalidObjectPath, or ErrAccessDenied.
// ("SWbemServices.Get method"; scripting-api.md 5.3)
func (s *Services) Get(path string, flags Flags, values *NamedValueSet) (*Object, error) {
	const source = "SWbemServices.Get"
	o, err := s.readOptions(source, flags, getFlags, values)
	if err != nil {
		return nil, err
	}
	obj, err := wbem.Get(s.ctx, s.svc, path, o)
	if err != nil {
		return nil, s.fail(source, err)
	}
	return newObject(s, s.security, obj), nil
}

// GetAsync gets like Get: OnObjectReady with the object. It also knows
// FlagSendStatus. ("SWbemServices.GetAsync method")
func (s *Services) GetAsync(sink *Sink, path string, flags Flags, values, asyncContext *NamedValueSet) error {
	const source = "SWbemServices.GetAsync"
	o, err := s.readOptions(source, flags, getFlags|FlagSendStatus, values)
	if err != nil {
		return err
	}
	return s.fail(source, wbem.GetAsync(s.ctx, s.svc, sink.wbem(), path, o, s.call(asyncContext)))
}

// Flags of puts (put.md 2).
const putFlags = ChangeFlagUpdateOnly | ChangeFlagCreateOnly | FlagReturnImmediately | ChangeFlagUpdateSafeMode |
	ChangeFlagUpdateForceMode | ChangeFlagStrongValidation | ChangeFlagAdvisory | FlagUseAmendedQualifiers

// Put stores a class or instance in the namespace of this session, wherever the
// object comes from, and returns its path there. The object is not changed, not
// even where it got a key. Flags: ChangeFlagCreateOnly, ChangeFlagUpdateOnly,
// the update modes of classes, ChangeFlagStrongValidation,
// FlagUseAmendedQualifiers, ChangeFlagAdvisory; FlagReturnImmediately changes
// nothing (scripting-api.md, Decision S-1).
//
// The errors are those of the table in put.md 13; ErrInvalidParameter for no
// object. ("SWbemServicesEx.Put method")
func (s *Services) Put(object *Object, flags Flags, values *NamedValueSet) (*ObjectPath, error) {
	return s.put("SWbemServicesEx.Put", object, flags, values)
}

func (s *Services) put(source string, object *Object, flags Flags, values *NamedValueSet) (*ObjectPath, error) {
	if object == nil {
		return nil, fail(source, ErrInvalidParameter, "there is no object")
	}
	o, err := s.options(source, flags, putFlags, values)
	if err != nil {
		return nil, err
	}
	o.Flags &^= FlagReturnImmediately
	var path cim.Path
	if object.inst != nil {
		path, err = s.svc.PutInstance(s.ctx, object.inst, o)
	} else {
		path.Class = object.class.name()
		err = s.svc.PutClass(s.ctx, object.class.decl.Clone(), o)
	}
	if err != nil {
		return nil, s.fail(source, err)
	}
	return freePath(path, s), nil
}

// PutAsync puts like Put, as a call whose outcome goes to the sink: OnObjectPut
// with the path, then OnCompleted. The object and the values are copied before
// PutAsync returns; asyncContext comes back with the events as it is. Of the
// flags, the bit of ChangeFlagStrongValidation is FlagSendStatus here.
//
// An error of PutAsync itself means that the sink will not be used: no sink, no
// object, flags that are not legal, no right to enter the namespace. Everything
// else goes to OnCompleted. ("SWbemServicesEx.PutAsync method"; put.md 14)
func (s *Services) PutAsync(sink *Sink, object *Object, flags Flags, values, asyncContext *NamedValueSet) error {
	return s.putAsync("SWbemServicesEx.PutAsync", sink, object, flags, values, asyncContext)
}

func (s *Services) putAsync(source string, sink *Sink, object *Object, flags Flags, values, asyncContext *NamedValueSet) error {
	if object == nil {
		return fail(source, ErrInvalidParameter, "there is no object")
	}
	o, err := s.options(source, flags, putFlags, values)
	if err != nil {
		return err
	}
	call := s.call(asyncContext)
	if object.inst != nil {
		err = wbem.PutInstanceAsync(s.ctx, s.svc, sink.wbem(), object.inst, o, call)
	} else {
		err = wbem.PutClassAsync(s.ctx, s.svc, sink.wbem(), object.class.decl, o, call)
	}
	return s.fail(source, err)
}

// Delete deletes the class or instance at a path; with a class go its subclasses
// and the instances of all of them. Flags are 0. The error is ErrNotFound,
// ErrInvalidClass for an instance of an unknown class, ErrInvalidOperation for
// what must not be deleted, ErrInvalidObjectPath, ErrAccessDenied.
// ("SWbemServices.Delete method"; scripting-api.md 5.4)
func (s *Services) Delete(path string, flags Flags, values *NamedValueSet) error {
	return s.remove("SWbemServices.Delete", path, flags, values)
}

func (s *Services) remove(source, path string, flags Flags, values *NamedValueSet) error {
	o, err := s.options(source, flags, 0, values)
	if err != nil {
		return err
	}
	return s.fail(source, wbem.Delete(s.ctx, s.svc, path, o))
}

// DeleteAsync deletes like Delete. It knows FlagSendStatus.
// ("SWbemServices.DeleteAsync method")
func (s *Services) DeleteAsync(sink *Sink, path string, flags Flags, values, asyncContext *NamedValueSet) error {
	return s.removeAsync("SWbemServices.DeleteAsync", sink, path, flags, values, asyncContext)
}

func (s *Services) removeAsync(source string, sink *Sink, path string, flags Flags, values, asyncContext *NamedValueSet) error {
	o, err := s.options(source, flags, FlagSendStatus, values)
	if err != nil {
		return err
	}
	return s.fail(source, wbem.DeleteAsync(s.ctx, s.svc, sink.wbem(), path, o, s.call(asyncContext)))
}

// InstancesOf returns the instances of a class and of its subclasses, or with
// QueryFlagShallow of exactly that class. With FlagReturnImmediately, which
// scripts pass if they say nothing, the set is read in the background and its
// errors appear when it is used; without it they are those of the call. Further
// flags: FlagForwardOnly, FlagUseAmendedQualifiers, FlagDirectRead,
// FlagEnsureLocatable. The error is ErrInvalidClass for an unknown class,
// ErrInvalidParameter for "".
// ("SWbemServices.InstancesOf method"; scripting-api.md 5.5)
func (s *Services) InstancesOf(class string, flags Flags, values *NamedValueSet) (*ObjectSet, error) {
	return s.instances("SWbemServices.InstancesOf", class, flags, values)
}

func (s *Services) instances(source, class string, flags Flags, values *NamedValueSet) (*ObjectSet, error) {
	o, err := s.readOptions(source, flags, instancesFlags|setFlags, values)
	if err == nil {
		err = hasClass(source, class)
	}
	if err != nil {
		return nil, err
	}
	e, err := wbem.EnumerateInstances(s.ctx, s.svc, class, o)
	if err != nil {
		return nil, s.fail(source, err)
	}
	return newObjectSet(s, e, flags), nil
}

func hasClass(source, class string) error {
	if class == "" {
		return fail(source, ErrInvalidParameter, "no class is named")
	}
	return nil
}

// InstancesOfAsync delivers what InstancesOf returns: OnObjectReady for each. Of
// its flags it does not know FlagReturnImmediately and FlagForwardOnly, but
// FlagSendStatus. ("SWbemServices.InstancesOfAsync method")
func (s *Services) InstancesOfAsync(sink *Sink, class string, flags Flags, values, asyncContext *NamedValueSet) error {
	return s.instancesAsync("SWbemServices.InstancesOfAsync", sink, class, flags, values, asyncContext)
}

func (s *Services) instancesAsync(source string, sink *Sink, class string, flags Flags, values, asyncContext *NamedValueSet) error {
	o, err := s.readOptions(source, flags, instancesFlags|FlagSendStatus, values)
	if err == nil {
		err = hasClass(source, class)
	}
	if err != nil {
		return err
	}
	return s.fail(source, wbem.InstancesAsync(s.ctx, s.svc, sink.wbem(), class, o, s.call(asyncContext)))
}

// SubclassesOf returns the subclasses of a class without itself, all of them or
// with QueryFlagShallow the immediate ones; of "" all classes of the namespace,
// or those without superclass. FlagReturnImmediately is as for InstancesOf;
// further flags: FlagForwardOnly, FlagUseAmendedQualifiers. The error is
// ErrInvalidClass for an unknown class.
// ("SWbemServices.SubclassesOf method"; scripting-api.md 5.6)
func (s *Services) SubclassesOf(superclass string, flags Flags, values *NamedValueSet) (*ObjectSet, error) {
	return s.subclasses("SWbemServices.SubclassesOf", superclass, flags, values)
}

func (s *Services) subclasses(source, superclass string, flags Flags, values *NamedValueSet) (*ObjectSet, error) {
	o, err := s.readOptions(source, flags, classesFlags|setFlags, values)
	if err != nil {
		return nil, err
	}
	e, err := wbem.EnumerateClasses(s.ctx, s.svc, superclass, o)
	if err != nil {
		return nil, s.fail(source, err)
	}
	return newObjectSet(s, e, flags), nil
}

// SubclassesOfAsync delivers what SubclassesOf returns: OnObjectReady for each.
// Of its flags it does not know FlagReturnImmediately and FlagForwardOnly, but
// FlagSendStatus. ("SWbemServices.SubclassesOfAsync method")
func (s *Services) SubclassesOfAsync(sink *Sink, superclass string, flags Flags, values, asyncContext *NamedValueSet) error {
	return s.subclassesAsync("SWbemServices.SubclassesOfAsync", sink, superclass, flags, values, asyncContext)
}

func (s *Services) subclassesAsync(source string, sink *Sink, superclass string, flags Flags, values, asyncContext *NamedValueSet) error {
	o, err := s.readOptions(source, flags, classesFlags|FlagSendStatus, values)
	if err != nil {
		return err
	}
	return s.fail(source, wbem.ClassesAsync(s.ctx, s.svc, sink.wbem(), superclass, o, s.call(asyncContext)))
}
