package live

import (
	"context"
	"os/user"
	"sync"

	"openwmi/provider"
	"openwmi/wbem"
)

// self is the name of the user whom this process runs as, "" if there is none.
var self = sync.OnceValue(func() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
})

// IsSelf reports whether the caller is whom this process runs as, as the operating
// system says. Somebody with that name on another computer is not, nor is a user
// of the store. Nobody else may see what this process sees and not everyone does.
func IsSelf(r *provider.Request) bool {
	c := r.Caller
	return c != nil && c.Authority == wbem.SystemAuthority && !c.Remote && c.Name != "" && c.Name == self()
}

type requestKey struct{}

// with returns the context of a call, in which Own finds whose it is.
func with(ctx context.Context, r *provider.Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// Own reports whether what is done in a context is for whom IsSelf means: in one
// that a Provider has given to a Class it may be for another caller.
func Own(ctx context.Context) bool {
	r, ok := ctx.Value(requestKey{}).(*provider.Request)
	return !ok || IsSelf(r)
}
