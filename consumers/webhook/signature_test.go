package webhook_test

import (
	"errors"
	"testing"
	"time"

	"openwmi/consumers/webhook"
)

func TestSignature(t *testing.T) {
	key, body, at := []byte("0123456789abcdef"), []byte(`{"id":"1"}`), time.Unix(1767225600, 0)
	// printf '1767225600.{"id":"1"}' | openssl dgst -sha256 -hmac 0123456789abcdef
	const want = "t=1767225600,v1=54ef2ce91e2e4fd53b0b40b072dae96bc3111edeac3c4a3fd5735b97a94353c0"
	got := webhook.Sign(key, at, body)
	if got != want {
		t.Errorf("Sign = %s, want %s", got, want)
	}
	for _, tc := range []struct {
		name       string
		key, value string
		body       string
		now        time.Time
		want       error
	}{
		{"good", string(key), want, string(body), at, nil},
		{"later", string(key), want, string(body), at.Add(time.Minute), nil},
		{"too late", string(key), want, string(body), at.Add(time.Minute + time.Second), webhook.ErrTime},
		{"too early", string(key), want, string(body), at.Add(-time.Minute - time.Second), webhook.ErrTime},
		{"other key", "0123456789abcdeF", want, string(body), at, webhook.ErrSignature},
		{"other body", string(key), want, string(body) + " ", at, webhook.ErrSignature},
		{"other time", string(key), "t=1767225601" + want[len("t=1767225600"):], string(body), at, webhook.ErrSignature},
		{"cut", string(key), want[:len(want)-2], string(body), at, webhook.ErrSignature},
		{"no time", string(key), want[len("t=1767225600,"):], string(body), at, webhook.ErrSignature},
		{"empty", string(key), "", string(body), at, webhook.ErrSignature},
		{"no hex", string(key), "t=1767225600,v1=x", string(body), at, webhook.ErrSignature},
	} {
		if err := webhook.Verify([]byte(tc.key), tc.value, []byte(tc.body), tc.now, time.Minute); !errors.Is(err, tc.want) {
			t.Errorf("%s: Verify = %v, want %v", tc.name, err, tc.want)
		}
	}
}
