package provider

import (
	"context"

	"openwmi/cim"
)

// A PropertyRequest says which property of a stored instance is meant.
type PropertyRequest struct {
	Property        *cim.Property
	Path            cim.Path // of the instance
	ClassContext    string   // qualifier ClassContext of the class
	InstanceContext string   // qualifier InstanceContext of the instance
	PropertyContext string   // qualifier PropertyContext of the property
}

// A PropertyGetter supplies single properties of instances that are stored. The
// object manager asks for none: it keeps a __PropertyProviderRegistration
// without effect, and a value that is nothing else is no provider to Check.
type PropertyGetter interface {
	// GetProperty returns the value of a property, of its type or NULL.
	// It is called for registrations with SupportsGet.
	GetProperty(ctx context.Context, r *Request, p PropertyRequest) (cim.Value, error)
}

// A PropertyPutter writes single properties of instances that are stored. It is
// not asked either.
type PropertyPutter interface {
	// PutProperty writes the value of a property.
	// It is called for registrations with SupportsPut.
	PutProperty(ctx context.Context, r *Request, p PropertyRequest, v cim.Value) error
}
