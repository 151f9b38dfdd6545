package vbscript

import "openwmi/internal/source"

func (c *compiler) do(s *doNode) stmtFn {
	body := c.block(s.body)
	if s.cond == nil {
		return func(fr *frame) ctl {
			for {
				fr.in.step()
				switch k := body(fr); k {
				case ctlNext:
				case ctlExitDo:
					return ctlNext
				default:
					return k
				}
			}
		}
	}
	pre, until := s.pre, s.until
	// The statement behind a failed condition is in the body, or behind the loop.
	cond := c.cond(s.condPos, s.cond, pre != until)
	return func(fr *frame) ctl {
		for first := true; ; first = false {
			if (pre || !first) && cond(fr) == until {
				return ctlNext
			}
			fr.in.step()
			switch k := body(fr); k {
			case ctlNext:
			case ctlExitDo:
				return ctlNext
			default:
				return k
			}
		}
	}
}

func (c *compiler) forStmt(at stmtAt, s *forNode) stmtFn {
	from, to := c.expr(s.from), c.expr(s.to)
	step := func(*frame) Value { return Integer(1) }
	if s.step != nil {
		step = c.expr(s.step)
	}
	ref := c.reference(s.v)
	type bounds struct{ end, step Value }
	hidden := func(fr *frame) (b bounds) {
		start := fr.in.number(fr.in.scalar(from(fr)))
		b.end = fr.in.number(fr.in.scalar(to(fr)))
		b.step = fr.in.number(fr.in.scalar(step(fr)))
		fr.in.store(ref(fr), start)
		return b
	}
	body := c.block(s.body)
	next := c.try(at.pos, func(*frame) { raise(errForLoop) })
	return func(fr *frame) ctl {
		var b bounds
		if !c.tryHead(at.pos, fr, func(fr *frame) { b = hidden(fr) }) {
			// The script goes on in the body, and the loop was never set up.
			fr.in.step()
			if k := body(fr); k != ctlNext {
				return after(k, ctlExitFor)
			}
			next(fr)
			return ctlNext
		}
		p := ref(fr)
		in := fr.in
		if isInt(b.end.kind) && isInt(b.step.kind) && isInt(p.kind) {
			return countLoop(fr, p, b.end.int(), b.step, body)
		}
		up := floatOf(b.step) >= 0
		for {
			if !in.within(*p, b.end, up) {
				return ctlNext
			}
			in.step()
			if k := body(fr); k != ctlNext {
				return after(k, ctlExitFor)
			}
			in.store(p, in.add(*p, b.step))
		}
	}
}

// tryHead runs the head of a loop, guarded when it has to be.
func (c *compiler) tryHead(pos source.Pos, fr *frame, f func(*frame)) bool {
	if !c.guarded {
		f(fr)
		return true
	}
	return c.try(pos, f)(fr)
}

// after tells how a loop ended when its body ended with k.
func after(k, mine ctl) ctl {
	if k == mine {
		return ctlNext
	}
	return k
}

// within reports whether a loop variable has not passed its end.
func (in *Interp) within(v, end Value, up bool) bool {
	order, null := in.compare(v, end, true, true)
	if null {
		raise(errNull)
	}
	return order == 0 || up == (order < 0)
}

// countLoop is a For loop over integers. The body may change the variable.
func countLoop(fr *frame, p *Value, end int64, step Value, body stmtFn) ctl {
	in := fr.in
	by := step.int()
	for {
		v := *p
		if !isInt(v.kind) {
			if !in.within(v, Int(end), by >= 0) {
				return ctlNext
			}
		} else if n := int64(v.num); by >= 0 && n > end || by < 0 && n < end {
			return ctlNext
		}
		in.step()
		if k := body(fr); k != ctlNext {
			return after(k, ctlExitFor)
		}
		if v = *p; v.kind == TypeLong {
			if n := int64(v.num) + by; n == int64(int32(n)) {
				p.num = uint64(n)
				continue
			}
		}
		in.store(p, in.add(v, step))
	}
}

func (c *compiler) each(at stmtAt, s *eachNode) stmtFn {
	x := c.expr(s.in)
	put := c.putter(s.v, true)
	name := nodeName(s.in)
	body := c.block(s.body)
	next := c.try(at.pos, func(*frame) { raise(errNotCollection) })
	clear := func(fr *frame) { put(fr, Empty) } // what the variable is after the last element
	return func(fr *frame) ctl {
		in := fr.in
		var v Value
		ok := c.tryHead(at.pos, fr, func(fr *frame) {
			v = x(fr)
			switch {
			case v.kind == TypeArray:
			case v.kind != TypeObject:
				raiseName(errNotCollection, name)
			case v.ref == nil:
				raiseName(errNotSet, name)
			default:
				if _, many := v.ref.(Collection); !many {
					raiseName(errNotCollection, name)
				}
			}
		})
		if !ok {
			in.step()
			if k := body(fr); k != ctlNext {
				return after(k, ctlExitFor)
			}
			next(fr)
			return ctlNext
		}
		if a := v.Array(); a != nil {
			for i := 0; i < len(a.elems); i++ {
				in.step()
				put(fr, in.copied(a.elems[i]))
				if k := body(fr); k != ctlNext {
					return after(k, ctlExitFor)
				}
			}
			clear(fr)
			return ctlNext
		}
		first := true
		for e, err := range v.ref.(Collection).Each(in.ctx) {
			if err != nil {
				fail := func(*frame) { raiseErr(err) }
				if first && !c.tryHead(at.pos, fr, fail) { // as if the head had failed
					in.step()
					if k := body(fr); k != ctlNext {
						return after(k, ctlExitFor)
					}
				}
				fr.pos = at.pos
				fail(fr)
			}
			first = false
			in.step()
			put(fr, e)
			if k := body(fr); k != ctlNext {
				return after(k, ctlExitFor)
			}
		}
		clear(fr)
		return ctlNext
	}
}
