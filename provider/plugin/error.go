package plugin

import (
	"context"
	"errors"
	"strings"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/provider/plugin/pluginpb"
	"openwmi/wbem"
)

// maxText is how many bytes of the text of an error cross.
const maxText = 64 << 10

// fault returns what stands for an error, nil for nil.
func (c *coder) fault(err error) *pluginpb.Error {
	if err == nil {
		return nil
	}
	p := &pluginpb.Error{}
	var own *wbem.Error
	var detailed *cim.Error
	var status wbem.Status
	switch {
	case errors.Is(err, provider.ErrNotAttempted):
		p.NotAttempted, p.Text = true, err.Error()
	case errors.As(err, &own):
		p.Status, p.Text, p.Object, p.Provider = uint32(own.Status), own.Detail, c.instance(own.Object), own.Provider
	case errors.As(err, &detailed):
		p.Status, p.Text = uint32(detailed.Status), detailed.Msg
	case errors.As(err, &status):
		p.Status = uint32(status)
	case errors.Is(err, context.DeadlineExceeded):
		p.Status = uint32(wbem.Timeout)
	case errors.Is(err, context.Canceled):
		p.Status = uint32(wbem.CallCancelled)
	default:
		p.Text = err.Error()
	}
	if len(p.Text) > maxText {
		p.Text = p.Text[:maxText]
	}
	p.Text = strings.ToValidUTF8(p.Text, "\uFFFD")
	return p
}

// fromFault returns the error that p stands for, nil for nil. An object in it
// that cannot be is left out.
func (c *coder) fromFault(p *pluginpb.Error) error {
	switch {
	case p == nil:
		return nil
	case p.NotAttempted:
		return provider.ErrNotAttempted
	case p.Status == 0:
		return errors.New(p.Text)
	case p.Object == nil && p.Provider == "" && p.Text == "":
		return wbem.Status(p.Status)
	}
	e := &wbem.Error{Status: wbem.Status(p.Status), Detail: p.Text, Provider: p.Provider}
	e.Object, _ = c.fromInstance(p.Object)
	return e
}
