package host

import (
	"context"
	"strings"

	"openwmi/script/vbscript"
	"openwmi/script/wmi"
)

// A maker makes objects of some classes, nil for those of others.
type maker interface {
	Object(class string) (vbscript.Object, error)
}

// CreateObject implements vbscript.Host: it makes an object of a class that one of the
// runtimes has. Error 429 says that there is none, or that it would be on a server.
func (s *Session) CreateObject(_ context.Context, class, server string) (vbscript.Object, error) {
	if server != "" {
		return nil, vbscript.NewError(429, class+" on "+server+": objects are made on this computer only")
	}
	for _, r := range s.makers() {
		if o, err := r.Object(class); o != nil || err != nil {
			return o, err
		}
	}
	return nil, vbscript.NewError(429, class)
}

func (s *Session) makers() []maker {
	list := []maker{s.files, s.shell}
	if s.wmi != nil {
		list = append(list, s.wmi)
	}
	return list
}

// GetObject implements vbscript.Host: it finds what a moniker names, or makes an object
// of a class when the path is empty. Error 432 says that there are no such monikers.
func (s *Session) GetObject(ctx context.Context, path, class string) (vbscript.Object, error) {
	switch {
	case wmi.IsMoniker(path) && s.wmi != nil:
		return s.wmi.GetObject(path)
	case path == "" && class != "":
		return s.CreateObject(ctx, class, "")
	}
	scheme, _, _ := strings.Cut(path, ":")
	return nil, vbscript.NewError(432, scheme+": monikers are winmgmts: here")
}
