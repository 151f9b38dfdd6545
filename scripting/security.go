package scripting

// An ImpersonationLevel says what a provider may do in the name of the caller
// (WbemImpersonationLevelEnum).
type ImpersonationLevel int32

// The impersonation levels.
const (
	ImpersonationLevelAnonymous   ImpersonationLevel = 1 // used as Identify
	ImpersonationLevelIdentify    ImpersonationLevel = 2
	ImpersonationLevelImpersonate ImpersonationLevel = 3 // the default
	ImpersonationLevelDelegate    ImpersonationLevel = 4
)

// An AuthenticationLevel says how a connection is protected
// (WbemAuthenticationLevelEnum).
type AuthenticationLevel int32

// The authentication levels.
const (
	AuthenticationLevelDefault      AuthenticationLevel = 0 // as negotiated
	AuthenticationLevelNone         AuthenticationLevel = 1
	AuthenticationLevelConnect      AuthenticationLevel = 2
	AuthenticationLevelCall         AuthenticationLevel = 3
	AuthenticationLevelPkt          AuthenticationLevel = 4
	AuthenticationLevelPktIntegrity AuthenticationLevel = 5
	AuthenticationLevelPktPrivacy   AuthenticationLevel = 6 // of every local connection
)

// Security is what an object asks of the calls that are made through it
// (SWbemSecurity): requests, not what is in force on the connection. An object
// begins with a copy of the settings of the one that it was obtained from
// (scripting-api.md 1.8). Whoever shares an object between goroutines changes
// its settings before.
type Security struct {
	impersonation  ImpersonationLevel  // 0 for the default
	authentication AuthenticationLevel // if hasAuthentication
	// A locator does not know the level before somebody has set it
	// (scripting-api.md, Decision S-9).
	hasAuthentication bool
	privileges        []privilege // never changed, only replaced
}

// ImpersonationLevel returns the level, ImpersonationLevelImpersonate unless it
// was set.
func (s *Security) ImpersonationLevel() ImpersonationLevel {
	if s.impersonation == 0 {
		return ImpersonationLevelImpersonate
	}
	return s.impersonation
}

// SetImpersonationLevel sets the level: ErrInvalidParameter if there is no such
// level.
func (s *Security) SetImpersonationLevel(l ImpersonationLevel) error {
	if l < ImpersonationLevelAnonymous || l > ImpersonationLevelDelegate {
		return fail("SWbemSecurity.ImpersonationLevel", ErrInvalidParameter, "%d is no impersonation level", l)
	}
	s.impersonation = l
	return nil
}

// AuthenticationLevel returns the level: ErrFailed for a locator whose level was
// not set.
func (s *Security) AuthenticationLevel() (AuthenticationLevel, error) {
	if !s.hasAuthentication {
		return 0, fail("SWbemSecurity.AuthenticationLevel", ErrFailed, "no authentication level is set")
	}
	return s.authentication, nil
}

// SetAuthenticationLevel sets the level: ErrInvalidParameter if there is no such
// level.
func (s *Security) SetAuthenticationLevel(l AuthenticationLevel) error {
	if l < AuthenticationLevelDefault || l > AuthenticationLevelPktPrivacy {
		return fail("SWbemSecurity.AuthenticationLevel", ErrInvalidParameter, "%d is no authentication level", l)
	}
	s.authentication, s.hasAuthentication = l, true
	return nil
}

// Privileges returns the privileges that are asked for.
func (s *Security) Privileges() *PrivilegeSet { return &PrivilegeSet{s} }
