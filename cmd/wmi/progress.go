package main

import (
	"sync"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// A progress shows on standard error how far something has come, if that is a
// terminal; otherwise it does nothing.
type progress struct {
	mu    sync.Mutex // guards what follows
	bars  *mpb.Progress
	bar   *mpb.Bar
	label string
}

func (c *cli) progress() *progress {
	p := &progress{}
	if isTerminal(c.errs) {
		p.bars = mpb.New(mpb.WithOutput(c.errs), mpb.WithWidth(40))
	}
	return p
}

// set says that done of total are done of what label names; a total of 0 is
// unknown.
func (p *progress) set(label string, done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bars == nil {
		return
	}
	if p.bar == nil || p.label != label {
		if p.bar != nil {
			p.bar.Abort(true)
		}
		p.label = label
		counters := decor.CountersNoUnit("%d of %d")
		if total == 0 {
			counters = decor.CurrentNoUnit("%d")
		}
		p.bar = p.bars.AddBar(int64(total),
			mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(label)),
			mpb.AppendDecorators(counters))
	}
	p.bar.SetTotal(int64(total), false)
	p.bar.SetCurrent(int64(done))
}

// end removes what is shown. Nothing is shown afterwards.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bars == nil {
		return
	}
	if p.bar != nil {
		p.bar.Abort(true)
	}
	p.bars.Wait()
	p.bars = nil
}
