package server

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"openwmi/internal/auth/kept"
)

// A trust says whose certificates clients may log on with, and which of these are
// revoked. It does not change: where files do, there is another one.
type trust struct {
	authorities []*x509.Certificate
	roots       *x509.CertPool // of them
	lists       []*revocation  // nil if nothing is said of revoked certificates
	config      *tls.Config    // for connections
}

// A revocation is what a list says: RFC 5280 5.
type revocation struct {
	issuer      *x509.Certificate
	from, until time.Time
	serials     map[string]bool
}

// readTrust reads the files of a listener with authorities. base is what its
// connections have besides.
func (l Listener) readTrust(log *slog.Logger, base *tls.Config) (*kept.Value[*trust], error) {
	names := []string{l.ClientCA}
	if l.ClientCRL != "" {
		names = append(names, l.ClientCRL)
	}
	return kept.Read("authorities of clients", log, func(texts [][]byte) (*trust, string, error) {
		t, err := parseTrust(texts)
		if err != nil {
			return nil, "", err
		}
		if err := t.current(time.Now()); err != nil {
			log.Warn("certificates of clients are refused", "cause", err)
		}
		t.config = base.Clone()
		t.config.ClientCAs, t.config.ClientAuth = t.roots, tls.VerifyClientCertIfGiven
		t.config.VerifyPeerCertificate = func(_ [][]byte, chains [][]*x509.Certificate) error {
			_, err := t.check(chains, time.Now())
			return err
		}
		return t, t.String(), nil
	}, names...)
}

// parseTrust reads certificates and, if there is a second text, lists.
func parseTrust(texts [][]byte) (*trust, error) {
	t := &trust{roots: x509.NewCertPool()}
	err := blocks(texts[0], "CERTIFICATE", func(der []byte) error {
		c, err := x509.ParseCertificate(der)
		if err == nil {
			t.authorities = append(t.authorities, c)
			t.roots.AddCert(c)
		}
		return err
	})
	if err != nil || len(texts) == 1 {
		return t, err
	}
	return t, blocks(texts[1], "X509 CRL", t.addList)
}

// blocks calls f for the blocks of a kind in a text in PEM, or for the whole text if
// that is DER. There has to be one.
func blocks(text []byte, kind string, f func(der []byte) error) error {
	if bytes.HasPrefix(text, []byte{0x30}) { // SEQUENCE
		return f(text)
	}
	found := false
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			break
		}
		if b.Type != kind {
			continue
		}
		found = true
		if err := f(b.Bytes); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("there is no %s in PEM", kind)
	}
	return nil
}

// addList adds a list, which has to be whole and signed by one of the authorities.
// Of two by the same one the later counts.
func (t *trust) addList(der []byte) error {
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return err
	}
	var issuer *x509.Certificate
	err = errors.New("none of the authorities has that name")
	for _, c := range t.authorities {
		if !bytes.Equal(c.RawSubject, list.RawIssuer) {
			continue
		}
		if err = list.CheckSignatureFrom(c); err == nil {
			issuer = c
			break
		}
	}
	if err != nil {
		return fmt.Errorf("the list of %s is not signed by an authority: %w", list.Issuer, err)
	}
	if list.NextUpdate.IsZero() {
		return fmt.Errorf("the list of %s does not say until when it is good", list.Issuer)
	}
	// What is critical changes what a list means: one of changes only, of some
	// reasons, or about certificates of others. RFC 5280 5.2
	for _, e := range list.Extensions {
		if e.Critical {
			return fmt.Errorf("the list of %s has the extension %s, which is not supported", list.Issuer, e.Id)
		}
	}
	r := &revocation{issuer: issuer, from: list.ThisUpdate, until: list.NextUpdate, serials: make(map[string]bool, len(list.RevokedCertificateEntries))}
	for _, entry := range list.RevokedCertificateEntries {
		for _, e := range entry.Extensions {
			if e.Critical {
				return fmt.Errorf("the list of %s has an entry with the extension %s, which is not supported", list.Issuer, e.Id)
			}
		}
		r.serials[entry.SerialNumber.Text(62)] = true
	}
	for i, other := range t.lists {
		if other.of(issuer) {
			if other.from.Before(r.from) {
				t.lists[i] = r
			}
			return nil
		}
	}
	t.lists = append(t.lists, r)
	return nil
}

// of reports whether a list is that of an authority, which may have several
// certificates for one key.
func (r *revocation) of(issuer *x509.Certificate) bool {
	return bytes.Equal(r.issuer.RawSubject, issuer.RawSubject) && bytes.Equal(r.issuer.RawSubjectPublicKeyInfo, issuer.RawSubjectPublicKeyInfo)
}

// good returns why a list counts no more, or not yet.
func (r *revocation) good(now time.Time) error {
	if now.Before(r.from) || now.After(r.until) {
		return fmt.Errorf("the list of revoked certificates of %s is good from %s to %s only", r.issuer.Subject, stamp(r.from), stamp(r.until))
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// current returns why lists do not count.
func (t *trust) current(now time.Time) error {
	var err error
	for _, r := range t.lists {
		err = errors.Join(err, r.good(now))
	}
	return err
}

// String says for the log what there is.
func (t *trust) String() string {
	text := fmt.Sprintf("%d authorities", len(t.authorities))
	for _, r := range t.lists {
		text += fmt.Sprintf(", %d revoked by %s until %s", len(r.serials), r.issuer.Subject, stamp(r.until))
	}
	return text
}

// verify looks at certificates anew that a client has shown, its own first, and
// returns until when they hold.
func (t *trust) verify(shown []*x509.Certificate, now time.Time) (until time.Time, err error) {
	between := x509.NewCertPool()
	for _, c := range shown[1:] {
		between.AddCert(c)
	}
	chains, err := shown[0].Verify(x509.VerifyOptions{
		Roots: t.roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return time.Time{}, err
	}
	return t.check(chains, now)
}

// check returns why certificates are refused, or until when they hold. Where there
// are lists, each authority has to have one that counts, of all who stand in the
// chains: what nobody says anything about might be revoked.
func (t *trust) check(chains [][]*x509.Certificate, now time.Time) (until time.Time, err error) {
	for _, chain := range chains {
		if until.IsZero() || chain[0].NotAfter.Before(until) {
			until = chain[0].NotAfter
		}
		if t.lists == nil {
			continue
		}
		for i, issuer := range chain[1:] {
			r, err := t.listOf(issuer, now)
			if err != nil {
				return time.Time{}, err
			}
			if c := chain[i]; r.serials[c.SerialNumber.Text(62)] {
				return time.Time{}, fmt.Errorf("certificate %s of %s is revoked", c.SerialNumber.Text(16), issuer.Subject)
			}
			if r.until.Before(until) {
				until = r.until
			}
		}
	}
	return until, nil
}

func (t *trust) listOf(issuer *x509.Certificate, now time.Time) (*revocation, error) {
	for _, r := range t.lists {
		if r.of(issuer) {
			return r, r.good(now)
		}
	}
	return nil, fmt.Errorf("there is no list of revoked certificates of %s", issuer.Subject)
}
