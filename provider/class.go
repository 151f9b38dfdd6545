package provider

import (
	"context"
	"iter"

	"openwmi/cim"
)

// A ClassEnumerator knows all classes that it supplies.
type ClassEnumerator interface {
	// Classes yields the definitions of the classes derived from the named
	// one at any depth, a superclass first; of "" all.
	Classes(ctx context.Context, r *Request, super string) iter.Seq2[*cim.ClassDecl, error]
}

// A ClassGetter supplies classes by name.
type ClassGetter interface {
	// GetClass returns the own definition of a class: NotFound. A superclass
	// is asked for with a call of its own.
	GetClass(ctx context.Context, r *Request, name string) (*cim.ClassDecl, error)
}

// A ClassPutter creates and changes classes.
type ClassPutter interface {
	// PutClass creates or changes a class; UnsupportedClassUpdate for a
	// change that is none it can make.
	PutClass(ctx context.Context, r *Request, decl *cim.ClassDecl) error
}

// A ClassDeleter deletes classes.
type ClassDeleter interface {
	// DeleteClass deletes a class with its subclasses: NotFound.
	DeleteClass(ctx context.Context, r *Request, name string) error
}
