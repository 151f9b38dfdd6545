package event

// PollBytes returns how many bytes of polls are counted.
func (b *Broker) PollBytes() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.usage.pollBytes
}
