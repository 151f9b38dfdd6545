//go:build race

package plugin_test

// raced says that the race detector runs, which needs memory of its own.
const raced = true
