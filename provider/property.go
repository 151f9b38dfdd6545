package provider

import (
	"context"

	"openwmi/cim"
)

// A PropertyRequest says which property of a stored instance is meant. The
// contexts are what an administrator has written into the qualifiers for the
// provider to find it by; "" if they are not there.
type PropertyRequest struct {
	Property        *cim.Property
	Path            cim.Path // of the instance, with server and namespace
	ClassContext    string   // qualifier ClassContext of the class
	InstanceContext string   // qualifier InstanceContext of the instance
	PropertyContext string   // qualifier PropertyContext of the property
}

// A PropertyGetter supplies single properties of instances that are stored. The
// class or the instance is marked with DynProps, and the property, in the class or
// in the instance, with dynamic and the name of the provider:
//
//	[DynProps] class Switch { [key] string Id; boolean On; };
//	[DynProps] instance of Switch { Id = "a"; [dynamic, provider("P"), PropertyContext("gpio|4")] On; };
//	instance of __PropertyProviderRegistration { provider = $P; SupportsGet = TRUE; };
//
// Neither a key nor an indexed property can be dynamic: putting such an instance is
// InvalidQualifier. Events about the instance have what is stored.
type PropertyGetter interface {
	// GetProperty returns the value of a property, of exactly its type or
	// NULL. It is called for each property that a get, an enumeration or a
	// query looks at, for one instance at a time. Its error is that of the
	// get; an enumeration or query leaves the instance out and ends with it.
	// It is called for registrations with SupportsGet; without it what would
	// need it is ProviderNotCapable.
	GetProperty(ctx context.Context, r *Request, p PropertyRequest) (cim.Value, error)
}

// A PropertyPutter writes single properties of instances that are stored.
type PropertyPutter interface {
	// PutProperty writes the value of a property, after the rest of the
	// instance was stored. It is called for properties that a put sets, with
	// NULL only if NULL is meant (Partial.StrictNulls), in the order of their
	// names, and not any more once one has failed. The value belongs to the
	// provider.
	//
	// It is called for registrations with SupportsPut. Without it a put is
	// ProviderNotCapable unless the property is not set or, as GetProperty
	// says, has that value.
	PutProperty(ctx context.Context, r *Request, p PropertyRequest, v cim.Value) error
}
