// Package provider is the contract between the object manager and providers,
// which supply what the repository does not hold.
package provider
