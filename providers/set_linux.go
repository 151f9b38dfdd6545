package providers

// standIn changes nothing: the providers are those of this system.
func standIn(map[string]any, Options) {}
