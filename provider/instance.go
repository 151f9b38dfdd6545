package provider

import (
	"context"
	"iter"

	"openwmi/cim"
)

// An InstanceEnumerator knows all instances of its classes.
type InstanceEnumerator interface {
	// Instances yields the instances of exactly r.Class: those of a
	// subclass are asked for with a call of their own. One that is of
	// another class is dropped. An error ends the sequence.
	// It is called for registrations with SupportsEnumeration.
	// [MS-WMI] 3.1.4.3.16
	Instances(ctx context.Context, r *Request) iter.Seq2[*cim.Instance, error]
}

// An InstanceGetter finds an instance by its keys.
type InstanceGetter interface {
	// GetInstance returns the instance of exactly r.Class that has the keys of
	// key, an instance of which nothing else is set. The provider may fill
	// it in and return it. NotFound if there is none.
	// It is called for registrations with SupportsGet. [MS-WMI] 3.1.4.3.4
	GetInstance(ctx context.Context, r *Request, key *cim.Instance) (*cim.Instance, error)
}

// An InstancePutter writes instances.
type InstancePutter interface {
	// PutInstance creates or replaces an instance, of r.Class or of a
	// subclass that has a provider of its own, which is then called
	// next. Of r.Flags CreateOnly and UpdateOnly say what must not or must
	// exist: AlreadyExists, NotFound. A provider that cannot create, or not
	// replace, answers ProviderNotCapable; one that knows better VetoPut.
	//
	// A property that cannot be written and is not NULL should be ReadOnly
	// unless it is as it was. A key that is NULL is the provider's to choose.
	//
	// The path returned is that of the instance, with or without server and
	// namespace; the zero Path is that which inst has.
	// It is called for registrations with SupportsPut. put.md 7.2
	PutInstance(ctx context.Context, r *Request, inst *cim.Instance) (cim.Path, error)
}

// A PartialPutter is an InstancePutter that can leave properties alone. Without
// it a partial update is ProviderNotCapable.
type PartialPutter interface {
	// PutProperties changes some properties of an instance that exists:
	// NotFound. All else is as with PutInstance. put.md 8
	PutProperties(ctx context.Context, r *Request, inst *cim.Instance, part Partial) (cim.Path, error)
}

// Partial says what a partial update changes.
type Partial struct {
	// Properties are the names of the properties to write, which the class
	// has; nil means all.
	Properties []string
	// StrictNulls says that NULL is meant: it has to be stored, or the update
	// fails. Otherwise a property that is NULL may be left as it is.
	StrictNulls bool
	// Atomic says that nothing may change if one property cannot be written.
	Atomic bool
}

// An InstanceDeleter deletes instances.
type InstanceDeleter interface {
	// DeleteInstance deletes the instance with the keys of key, an instance of
	// r.Class of which nothing else is set: NotFound, VetoDelete.
	// It is called for registrations with SupportsDelete. [MS-WMI] 3.1.4.3.14
	DeleteInstance(ctx context.Context, r *Request, key *cim.Instance) error
}
