package auth

// Parse reads a file of users and groups, for tests of what it may hold.
func Parse(text []byte) error { _, err := parse(text); return err }

var recommended = strength

// Weaken makes new hashes cheap, Strengthen as they are.
func Weaken()     { strength = phc{memory: 64, time: 1, threads: 1} }
func Strengthen() { strength = recommended }

// Recommended are the parameters of new hashes.
func Recommended() (memory, time uint32, threads uint8) {
	return recommended.memory, recommended.time, recommended.threads
}

// Rates is how many names are known to have been tried, MaxRates their bound.
func (u *Users) Rates() int {
	u.users.mu.Lock()
	defer u.users.mu.Unlock()
	return len(u.users.rates)
}

const MaxRates = maxRates

// Forget forgets passwords that were right.
func (u *Users) Forget() {
	u.memory.Lock()
	defer u.memory.Unlock()
	clear(u.right)
}
