package permanent

import "openwmi/provider"

// Decode is what a worker makes of an item in a queue.
func Decode(s *Subscriptions, item []byte) (provider.Event, error) { return s.decode(item) }
