package kerberos

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// ClientOptions say who a client is. The zero value is whoever has logged on.
type ClientOptions struct {
	// Config is a file krb5.conf; "" is $KRB5_CONFIG, or /etc/krb5.conf.
	Config string

	// User, with a Password or a Keytab file, logs on. The realm may follow an
	// @; without it that is the default one.
	User, Password, Keytab string

	// Cache is the file with the tickets of who has logged on already, when
	// there is no User; "" is $KRB5CCNAME, or /tmp/krb5cc_ and the number of
	// the user.
	Cache string
}

// A Client gets tickets. It may be used by several goroutines.
type Client struct {
	mu    sync.Mutex // guards what follows
	krb   *client.Client
	realm string
	name  types.PrincipalName

	// ticket returns the ticket for a service, and the key in it.
	ticket func(service string) (messages.Ticket, types.EncryptionKey, error)
}

// NewClient returns a client. It asks nobody yet; the error is about files.
func NewClient(o ClientOptions) (*Client, error) {
	name := first(o.Config, os.Getenv("KRB5_CONFIG"), "/etc/krb5.conf")
	conf, err := config.Load(name)
	if err != nil {
		return nil, err
	}
	c := &Client{}
	options := []func(*client.Settings){client.DisablePAFXFAST(true)}
	user, realm, _ := strings.Cut(o.User, "@")
	realm = first(realm, conf.LibDefaults.DefaultRealm)
	switch {
	case user != "" && o.Keytab != "":
		table, err := keytab.Load(o.Keytab)
		if err != nil {
			return nil, err
		}
		c.krb = client.NewWithKeytab(user, realm, table, conf, options...)
	case user != "":
		c.krb = client.NewWithPassword(user, realm, o.Password, conf, options...)
	default:
		file := first(o.Cache, os.Getenv("KRB5CCNAME"), "/tmp/krb5cc_"+strconv.Itoa(os.Getuid()))
		var cache *credentials.CCache
		err := guard(func() (err error) {
			cache, err = credentials.LoadCCache(strings.TrimPrefix(file, "FILE:"))
			return err
		})
		if err != nil {
			return nil, err
		}
		if c.krb, err = client.NewFromCCache(cache, conf, options...); err != nil {
			return nil, err
		}
	}
	c.name, c.realm = c.krb.Credentials.CName(), c.krb.Credentials.Domain()
	c.ticket = func(service string) (t messages.Ticket, k types.EncryptionKey, err error) {
		err = guard(func() (err error) {
			t, k, err = c.krb.GetServiceTicket(service)
			return err
		})
		return t, k, err
	}
	return c, nil
}

func first(of ...string) string {
	for _, s := range of {
		if s != "" {
			return s
		}
	}
	return ""
}

// Close forgets the tickets and ends what renews them.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.krb != nil {
		c.krb.Destroy()
	}
}

// get returns a ticket, or gives up when the context ends; it is fetched all the
// same then, for the next one who asks.
func (c *Client) get(ctx context.Context, service string) (messages.Ticket, types.EncryptionKey, error) {
	type result struct {
		ticket messages.Ticket
		key    types.EncryptionKey
		err    error
	}
	got := make(chan result, 1)
	go func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		t, k, err := c.ticket(service)
		got <- result{t, k, err}
	}()
	select {
	case r := <-got:
		return r.ticket, r.key, r.err
	case <-ctx.Done():
		return messages.Ticket{}, types.EncryptionKey{}, ctx.Err()
	}
}

// An Initiator is the client's end of one handshake. It is not for several
// goroutines at once.
type Initiator struct {
	client  *Client
	service string
	channel []byte

	steps   int
	key     types.EncryptionKey // of the ticket
	auth    types.Authenticator
	session *Session
}

// Initiate begins a handshake with a service such as HTTP/server.example.org.
// channel is the MD5 sum of the channel bindings, nil if there are none.
func (c *Client) Initiate(service string, channel []byte) *Initiator {
	return &Initiator{client: c, service: service, channel: channel}
}

// Step returns the token for the service, for one that is nil, and then checks that
// the service has proven to be that. The error says why there is no ticket, or why
// the service is another one.
func (i *Initiator) Step(ctx context.Context, token []byte) (answer []byte, done bool, err error) {
	switch i.steps++; {
	case i.steps == 1:
		answer, err = i.request(ctx)
		return answer, false, err
	case i.steps == 2:
		err := i.check(token)
		return nil, err == nil, err
	}
	return nil, false, errToken
}

// request returns the AP-REQ. RFC 4120 3.2.2
func (i *Initiator) request(ctx context.Context) ([]byte, error) {
	ticket, key, err := i.client.get(ctx, i.service)
	if err != nil {
		return nil, err
	}
	if err := checkKey(key); err != nil {
		return nil, err
	}
	if i.auth, err = types.NewAuthenticator(i.client.realm, i.client.name); err != nil {
		return nil, err
	}
	if err := i.auth.GenerateSeqNumberAndSubKey(key.KeyType, len(key.KeyValue)); err != nil {
		return nil, err
	}
	sum := make([]byte, 24)
	sum[0] = 16
	copy(sum[4:20], i.channel)
	binary.LittleEndian.PutUint32(sum[20:], flagMutual|flagReplay|flagSequence|flagConfidential|flagIntegrity)
	i.auth.Cksum = types.Checksum{CksumType: checksumGSS, Checksum: sum}
	req, err := messages.NewAPReq(ticket, key, i.auth)
	if err != nil {
		return nil, err
	}
	types.SetFlag(&req.APOptions, flags.APOptionMutualRequired)
	b, err := req.Marshal()
	if err != nil {
		return nil, err
	}
	i.key = key
	return wrapToken(tokenRequest, b)
}

var errService = errors.New("the service has not proven who it is")

// check reads the AP-REP. RFC 4120 3.2.5
func (i *Initiator) check(token []byte) error {
	message, err := unwrapToken(tokenReply, token)
	if err != nil {
		return errService
	}
	var part messages.EncAPRepPart
	err = guard(func() error {
		var rep messages.APRep
		if err := rep.Unmarshal(message); err != nil {
			return err
		}
		b, err := crypto.DecryptEncPart(rep.EncPart, i.key, keyusage.AP_REP_ENCPART)
		if err != nil {
			return err
		}
		return part.Unmarshal(b)
	})
	if err != nil || part.CTime.Unix() != i.auth.CTime.Unix() || part.Cusec != i.auth.Cusec {
		return errService
	}
	key, flags := i.auth.SubKey, byte(0)
	if part.Subkey.KeyType != 0 {
		key, flags = part.Subkey, flagAcceptorKey
	}
	i.session, err = newSession(key, flags, uint64(i.auth.SeqNumber), uint64(uint32(part.SequenceNumber)))
	return err
}

// Session returns what protects messages after the handshake, nil before.
func (i *Initiator) Session() *Session { return i.session }
