package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"openwmi/internal/auth"
	"openwmi/wbem"
)

// guess tries a password and returns how long that took.
func guess(t *testing.T, u *auth.Users, name, password, peer string) (time.Duration, error) {
	t.Helper()
	began := time.Now()
	_, err := u.Verify(t.Context(), auth.Logon{Name: name, Password: password, Peer: peer})
	return time.Since(began), err
}

// Who guesses for a user keeps him out where he never was, but not where he was
// lately; there his own mistakes count.
func TestFamiliarPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, t.TempDir(), nil)
		add(t, u, "alice", "correct horse")
		const home = "203.0.113.1:1"
		if _, err := guess(t, u, "alice", "correct horse", home); err != nil {
			t.Fatal(err)
		}
		// underAttack has 20 addresses guess, and then alice log on.
		underAttack := func(do func()) {
			ctx, stop := context.WithCancel(t.Context())
			var group sync.WaitGroup
			for i := range 20 {
				group.Go(func() {
					for n := 0; ctx.Err() == nil; n++ {
						_, _ = u.Verify(ctx, auth.Logon{Name: "alice", Password: fmt.Sprint("wrong", n), Peer: fmt.Sprintf("192.0.2.%d:1", i)})
						time.Sleep(time.Second)
					}
				})
			}
			time.Sleep(10*time.Minute + time.Second/2)
			do()
			stop()
			group.Wait()
		}
		quick := func() {
			if d, err := guess(t, u, "alice", "correct horse", home); err != nil || d != 0 {
				t.Errorf("at home: %v after %v", err, d)
			}
		}
		underAttack(func() {
			quick() // although her password is no longer remembered
			if d, err := guess(t, u, "alice", "correct horse", "203.0.113.2:1"); err == nil && d < 30*time.Second {
				t.Errorf("at a new place she comes in after %v", d)
			}
		})
		for range 2 { // a place stays what it is as long as she comes
			time.Sleep(20 * time.Hour)
			quick()
		}
		underAttack(quick)
		var waits []string
		for i := range 6 {
			d, err := guess(t, u, "alice", fmt.Sprint("typo", i), home)
			wantStatus(t, "a wrong password", err, wbem.AccessDenied)
			waits = append(waits, d.String())
		}
		if got, want := strings.Join(waits, " "), "0s 0s 0s 250ms 500ms 1s"; got != want {
			t.Errorf("wrong ones at home: %s, want %s", got, want)
		}
		if d, err := guess(t, u, "alice", "correct horse", home); err != nil || d != 2*time.Second {
			t.Errorf("after them: %v after %v", err, d)
		}
	})
}

// Nobody can fill the audit log with logons that cost nothing.
func TestManyRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		u := open(t, t.TempDir(), log)
		for i := range 1000 {
			_, _ = guess(t, u, strings.Repeat("x", 1000), "wrong", "192.0.2.1:1")
			_, err := u.VerifyNTLM(t.Context(), auth.Logon{Name: strings.Repeat("x", 1000), Peer: "192.0.2.1:1"}, knows("wrong"))
			wantStatus(t, "a long name", err, wbem.AccessDenied)
			u.Refused("192.0.2.1:1", fmt.Sprint("no ticket ", i))
		}
		if n := len(log.lines()); n != 32 {
			t.Errorf("%d records", n)
		}
		time.Sleep(10 * time.Second)
		u.Refused("192.0.2.1:1", "no ticket")
		u.Refused("192.0.2.1:1", "no ticket")
		if lines := log.lines(); len(lines) != 33 || lines[32] != "logon Logon AccessDenied no ticket; 2968 more were left out before" {
			t.Errorf("%d records, the last %q", len(lines), lines[len(lines)-1])
		}

		// Nor with many that ask the same.
		log.records = nil
		var same sync.WaitGroup
		for range 200 {
			same.Go(func() { _, _ = guess(t, u, "alice", "wrong", "192.0.2.3:1") })
		}
		same.Wait()
		if n := len(log.lines()); n > 40 {
			t.Errorf("%d records of one guess", n)
		}
		time.Sleep(time.Hour)

		// Those that were checked are there, and then no more.
		log.records = nil
		var group sync.WaitGroup
		for i := range 500 {
			group.Go(func() { _, _ = guess(t, u, "alice", fmt.Sprint("wrong", i), "192.0.2.2:1") })
		}
		group.Wait()
		checked := 0
		for _, line := range log.lines() {
			if strings.Contains(line, "no such user") {
				checked++
			}
		}
		if n := len(log.lines()); checked == 0 || n > checked+40 {
			t.Errorf("%d records, %d of them checked", n, checked)
		}
	})
}

// Guesses become slow, for users that there are not as well; whoever knows the
// password has to wait like everybody, and is free of it after that.
func TestGuessing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, t.TempDir(), nil)
		add(t, u, "alice", "correct horse")
		for _, name := range []string{"alice", "nobody"} {
			var waits []string
			for i := range 12 {
				// From many addresses, so that it is the name alone that counts.
				d, err := guess(t, u, name, fmt.Sprint("wrong", i), fmt.Sprintf("192.0.2.%d:1", i))
				wantStatus(t, name, err, wbem.AccessDenied)
				waits = append(waits, d.String())
			}
			if got, want := strings.Join(waits, " "), "0s 0s 0s 250ms 500ms 1s 2s 4s 8s 16s 16s 16s"; got != want {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
			if d, err := guess(t, u, name, "correct horse", "192.0.2.200:1"); d != 16*time.Second || (err == nil) != (name == "alice") {
				t.Errorf("%s with the password: %v after %v", name, err, d)
			}
		}
		if d, err := guess(t, u, "alice", "wrong again", "192.0.2.200:1"); d != 0 || err == nil {
			t.Errorf("a typing error after that: %v after %v", err, d)
		}

		// From one address all names together.
		for i := range 10 {
			if d, _ := guess(t, u, fmt.Sprint("user", i), "wrong", "198.51.100.1:99"); d != 0 {
				t.Errorf("guess %d waits %v", i, d)
			}
		}
		if d, _ := guess(t, u, "user11", "wrong", "198.51.100.1:77"); d == 0 {
			t.Error("an address may guess on")
		}
		if d, _ := guess(t, u, "user11", "wrong2", "[2001:db8::1]:7"); d != 0 {
			t.Errorf("another address waits %v", d)
		}
		time.Sleep(20 * time.Minute)
		if d, _ := guess(t, u, "user12", "wrong", "198.51.100.1:77"); d != 0 {
			t.Errorf("much later it waits %v", d)
		}
	})
}

// Those who guess at the same time wait for each other, and most are sent away.
func TestGuessingAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, t.TempDir(), nil)
		add(t, u, "alice", "correct horse")
		began := time.Now()
		var mu sync.Mutex
		answers := map[wbem.Status]int{}
		var group sync.WaitGroup
		for i := range 100 {
			group.Go(func() {
				_, err := u.Verify(context.Background(), auth.Logon{Name: "alice", Password: fmt.Sprint("wrong", i)})
				mu.Lock()
				defer mu.Unlock()
				answers[wbem.StatusOf(err)]++
			})
		}
		group.Wait()
		if answers[wbem.AccessDenied] > 15 || answers[wbem.AccessDenied]+answers[wbem.ServerTooBusy] != 100 {
			t.Errorf("%v", answers)
		}
		if d := time.Since(began); d < 30*time.Second || d > 2*time.Minute {
			t.Errorf("it took %v", d)
		}
		// Whoever gives up has still made an attempt.
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := u.Verify(ctx, auth.Logon{Name: "alice", Password: "correct horse"}); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, wbem.ServerTooBusy) {
			t.Errorf("given up: %v", err)
		}
	})
}

// Clients that come together with the same password are one logon, and what was
// right is quick while nothing changes.
func TestRemembering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &trail{}
		u := open(t, t.TempDir(), log)
		add(t, u, "alice", "correct horse")
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				id, err := u.Verify(context.Background(), auth.Logon{Name: "alice", Password: "correct horse", Peer: "192.0.2.1:5"})
				if err != nil || id.Name != `openwmi\alice` {
					t.Errorf("%v, %v", id, err)
				}
			})
		}
		group.Wait()
		logons := 0
		for _, line := range log.lines() {
			if strings.HasPrefix(line, `logon Logon openwmi\alice NoErr password`) {
				logons++
			}
		}
		if logons == 0 || logons > 3 {
			t.Errorf("%d checks of the password", logons)
		}
		before := len(log.lines())
		if _, err := guess(t, u, "ALICE", "correct horse", "192.0.2.1:6"); err != nil || len(log.lines()) != before {
			t.Errorf("not remembered: %v", err)
		}
		// One wrong guess, and it is not.
		if _, err := guess(t, u, "alice", "wrong horse", "192.0.2.1:6"); err == nil {
			t.Error("wrong is right")
		}
		before = len(log.lines())
		if _, err := guess(t, u, "alice", "correct horse", "192.0.2.1:6"); err != nil || len(log.lines()) == before {
			t.Errorf("remembered after a wrong guess: %v", err)
		}
		time.Sleep(6 * time.Minute)
		before = len(log.lines())
		if _, err := guess(t, u, "alice", "correct horse", "192.0.2.1:6"); err != nil || len(log.lines()) == before {
			t.Errorf("remembered for too long: %v", err)
		}
	})
}

// What is wrong stands in the log, not in the error.
func TestLogonRecords(t *testing.T) {
	log := &trail{}
	u := open(t, t.TempDir(), log)
	add(t, u, "alice", "correct horse")
	add(t, u, "gone", "correct horse")
	if err := u.Set("gone", auth.Change{Disable: true}); err != nil {
		t.Fatal(err)
	}
	log.records = nil
	for _, l := range [][2]string{{"alice", "wrong"}, {"nobody", "secret word"}, {"gone", "correct horse"}, {"alice", "correct horse"}, {strings.Repeat("x", 1000), "y"}} {
		_, err := guess(t, u, l[0], l[1], "192.0.2.9:1")
		if err != nil && err.Error() != wbem.AccessDenied.Error() {
			t.Errorf("%.20s: the error says %v", l[0], err)
		}
	}
	want := []string{
		`logon Logon openwmi\alice AccessDenied wrong password`,
		`logon Logon openwmi\nobody AccessDenied no such user`,
		`logon Logon openwmi\gone AccessDenied the user is disabled`,
		`logon Logon openwmi\alice NoErr password`,
	}
	if got := log.lines(); !slices.Equal(got[:4], want) || len(got) != 5 {
		t.Errorf("%q", got)
	}
	for _, r := range log.records {
		if r.Peer != "192.0.2.9:1" || strings.Contains(fmt.Sprint(r), "secret word") {
			t.Errorf("%+v", r)
		}
	}
}

// What is known of guesses is bounded.
func TestManyNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := open(t, t.TempDir(), nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // no password is checked
		for i := range auth.MaxRates + 100 {
			if i == 0 {
				for range 3 {
					_, _ = u.Verify(ctx, auth.Logon{Name: "target", Password: "x"})
				}
			}
			_, _ = u.Verify(ctx, auth.Logon{Name: fmt.Sprint("user", i), Password: "x"})
		}
		if n := u.Rates(); n != auth.MaxRates {
			t.Errorf("%d names are known", n)
		}
	})
}

// New hashes are those that RFC 9106, 4 recommends second.
func TestStrength(t *testing.T) {
	if memory, passes, threads := auth.Recommended(); memory != 64<<10 || passes != 3 || threads != 4 {
		t.Errorf("m=%d,t=%d,p=%d", memory, passes, threads)
	}
}

// The other end of a socket is who the operating system says.
func TestPeer(t *testing.T) {
	if !slices.Contains([]string{"linux", "darwin", "freebsd"}, runtime.GOOS) {
		t.Skip("this system does not say who is at the other end of a socket")
	}
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	id, err := auth.Peer(server.(*net.UnixConn))
	me, unknown := user.Current()
	if unknown != nil {
		t.Skipf("the user of this process has no name: %v", unknown)
	}
	if err != nil || id.Name != me.Username || id.Remote || id.Level != 6 || id.Authority != wbem.SystemAuthority {
		t.Errorf("%+v, %v, want %s", id, err, me.Username)
	}
	if g, err := user.LookupGroupId(me.Gid); err == nil && !id.In(g.Name) {
		t.Errorf("it is not in %s but in %v", g.Name, id.Groups)
	}
	server.Close()
	if _, err := auth.Peer(server.(*net.UnixConn)); err == nil {
		t.Error("a closed socket has a peer")
	}
}

func BenchmarkVerify(b *testing.B) {
	auth.Strengthen()
	defer auth.Weaken()
	u, err := auth.Open(b.TempDir(), auth.Options{})
	if err == nil {
		_, err = u.Add(auth.NewUser{Name: "alice", Password: "correct horse"})
	}
	if err != nil {
		b.Fatal(err)
	}
	l := auth.Logon{Name: "alice", Password: "correct horse", Peer: "192.0.2.1:5"}
	b.Run("first", func(b *testing.B) {
		for b.Loop() {
			u.Forget()
			if _, err := u.Verify(b.Context(), l); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("remembered", func(b *testing.B) {
		for b.Loop() {
			if _, err := u.Verify(b.Context(), l); err != nil {
				b.Fatal(err)
			}
		}
	})
}
