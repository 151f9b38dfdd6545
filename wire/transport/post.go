package transport

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"

	"openwmi/cim"
	"openwmi/wbem"
)

// ParseServer reads the URL of a server, with the scheme http or https and without
// credentials: InvalidParameter. path is that of a URL which has none.
func ParseServer(server, path string) (*url.URL, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return nil, cim.Errorf(wbem.InvalidParameter, "%q is no URL of a server", server)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = path
	}
	return u, nil
}

// Post sends a message and returns the response, whatever it is. The error is that
// of Failure.
func Post(ctx context.Context, c *http.Client, url string, header http.Header, message []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(message))
	if err != nil {
		return nil, err
	}
	r.Header = header
	resp, err := c.Do(r)
	if err != nil {
		return nil, Failure(ctx, err)
	}
	return resp, nil
}

// Refusal returns why a server has not looked at a request at all, as its response
// says: AccessDenied, QuotaViolation for one that is too long, or ServerTooBusy; nil
// if it may have.
func Refusal(r *http.Response) error {
	switch r.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return cim.Errorf(wbem.AccessDenied, "the server answers %s", r.Status)
	case http.StatusRequestEntityTooLarge:
		return cim.Errorf(wbem.QuotaViolation, "the server answers %s", r.Status)
	case http.StatusServiceUnavailable:
		return cim.Errorf(wbem.ServerTooBusy, "the server answers %s", r.Status)
	}
	return nil
}

// Failure returns the failure of a connection as a status: that of the context if
// that has ended, one that err has itself, ServerUnavailable if nobody could be
// reached, else TransportFailure.
func Failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var known wbem.Status
	var dial *net.OpError
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(err, &dial) && dial.Op == "dial":
		return cim.Errorf(wbem.ServerUnavailable, "%v", err)
	}
	return cim.Errorf(wbem.TransportFailure, "%v", err)
}
