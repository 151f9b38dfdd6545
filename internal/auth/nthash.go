package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"openwmi/cim"
	"openwmi/internal/auth/ntlm"
	"openwmi/internal/owner"
)

// An NT hash is as good as the password to whoever has it. It is kept only of
// users who need NTLM, sealed with the key of the server: AES-256-GCM, the name
// of the user being authenticated with it, so that nobody can give the hash of one
// user to another. In the file it is base64 of nonce and ciphertext.
const (
	keyName    = "server.key"
	keySize    = 32
	sealedHash = 12 + 16 + 16 // nonce, hash, tag
)

// setNT gives a user the sealed NT hash of a password, or none. The key is made
// when it is first needed. u is locked against other commands.
func (u *Users) setNT(r *record, password string, keep bool) error {
	r.NT = ""
	if !keep {
		return nil
	}
	key, err := u.serverKey(true)
	if err != nil {
		return err
	}
	aead, err := gcm(key)
	if err != nil {
		return err
	}
	hash := ntlm.HashOf(password)
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	r.NT = base64.StdEncoding.EncodeToString(aead.Seal(nonce, nonce, hash[:], ownerOf(r)))
	return nil
}

// ownerOf is what is authenticated with a hash.
func ownerOf(r *record) []byte { return []byte("nt " + cim.Fold(r.Name)) }

// NTHash returns the NT hash of the password of a user, for NTLM. There is none
// for unknown and disabled users, for those added without one, and without the
// key of the server; what is wrong with the key or the hash is logged.
func (u *Users) NTHash(name string) (hash ntlm.Hash, ok bool) {
	a, err := u.load()
	if err != nil {
		return hash, false
	}
	r := a.find(unqualified(name))
	if r == nil || r.Disabled {
		return hash, false
	}
	return u.ntHash(r)
}

// ntHash returns the hash of a user.
func (u *Users) ntHash(r *record) (hash ntlm.Hash, ok bool) {
	if r.NT == "" {
		return hash, false
	}
	plain, err := u.unseal(r)
	if err != nil {
		u.opts.Logger.Error("NT hash cannot be used", "user", qualified(r.Name), "cause", err)
		return hash, false
	}
	return ntlm.Hash(plain), true
}

func (u *Users) unseal(r *record) ([]byte, error) {
	key, err := u.serverKey(false)
	if err != nil {
		return nil, err
	}
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	sealed, err := base64.StdEncoding.DecodeString(r.NT)
	if err != nil || len(sealed) < aead.NonceSize() {
		return nil, errors.New("it is damaged")
	}
	nonce, sealed := sealed[:aead.NonceSize()], sealed[aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, sealed, ownerOf(r))
	if err == nil && len(plain) != 16 {
		err = errors.New("it has another length")
	}
	return plain, err
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// serverKey returns the key of the server, a new one if there is none and it is to
// be made.
func (u *Users) serverKey(create bool) ([]byte, error) {
	name := filepath.Join(u.dir, keyName)
	f, err := openOwn(name, 0o077, "read")
	if errors.Is(err, os.ErrNotExist) && create {
		key := make([]byte, keySize)
		rand.Read(key)
		return key, owner.Replace(name, key)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	key, err := io.ReadAll(io.LimitReader(f, keySize+1))
	if err == nil && len(key) != keySize {
		err = fmt.Errorf("%s is no key: it has not %d bytes", name, keySize)
	}
	return key, err
}
