package provider

// A Host finds providers that are not values of this process, such as programs.
// It may be used by several goroutines.
type Host interface {
	// Limit says what programs may use, once before everything else, when the
	// object manager opens.
	Limit(q HostQuotas)

	// Resolve returns the provider that a registration means: a value as
	// package cimom takes it in Options.Providers, mostly an Opener. It is
	// kept until the registration changes; after an error the next call asks
	// again. It neither starts nor waits for anything. An error without a
	// status is ProviderLoadFailure, as are locators that it does not know.
	Resolve(l Locator) (any, error)
}

// A Locator says of a __Win32Provider where the provider is. system-classes.md 4
type Locator struct {
	Name  string // of the __Win32Provider
	CLSID string // "" if there is none

	// Group is that of HostingModel: providers that are the same program, and
	// have the same group, are one process. system-classes.md 9.2
	Group string
	// Decoupled says that HostingModel is one of those with which a provider
	// is not started, because it runs already.
	Decoupled bool
}

// HostQuotas are the values of __ProviderHostQuotaConfiguration, which bound what
// the programs of all providers use. Zero is no limit. system-classes.md 6
type HostQuotas struct {
	Threads        uint32 // of one program
	Handles        uint32 // open files, sockets and the like of one program
	Processes      uint32 // programs that run at once
	Memory         uint64 // bytes, of one program for which nothing else is configured
	MemoryTogether uint64 // bytes, of all programs
}

// DefaultHostQuotas are those of a store that nobody has changed.
func DefaultHostQuotas() HostQuotas {
	return HostQuotas{Threads: 256, Handles: 4096, Processes: 32, Memory: 512 << 20, MemoryTogether: 1 << 30}
}
