package provider

// Is reports whether a value is a provider: it has a method of this package
// that is called for its own sake.
func Is(v any) bool {
	switch v.(type) {
	case Opener, InstanceEnumerator, InstanceGetter, InstanceQuerier, InstancePutter, InstanceDeleter,
		MethodExecutor, PropertyGetter, PropertyPutter, ClassEnumerator, ClassGetter, EventProvider, EventConsumer:
		return true
	}
	return false
}
