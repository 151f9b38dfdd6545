package cimxmlexport

import (
	"testing"
	"time"

	"openwmi/consumers"
	"openwmi/consumers/webhook"
)

// Attempts are repeated for as long as the configuration says, else for RetryFor.
func TestRetryFor(t *testing.T) {
	for configured, want := range map[time.Duration]time.Duration{0: RetryFor, time.Minute: time.Minute} {
		o := webhook.Options{}
		o.Rules.RetryFor = consumers.Duration(configured)
		c, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if got := time.Until(c.poster.End()); got > want || got < want-10*time.Second {
			t.Errorf("%v: attempts are repeated for %v", configured, got)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}
