package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/wbem"
)

// A server replaces the store that it has open by a backup: while it still answers,
// the backup is copied and verified; then all connections end, the store is closed
// and moved aside, and the server begins anew with the other one. Whoever asked for
// it has a connection that the end of the server does not touch.

// restoring waits for a request to restore a store.
type restoring struct {
	dir     string // of the store
	clients func() int
	end     func() // ends the server

	mu   sync.Mutex // guards what follows
	next *restoration
}

// A restoration is a backup that is ready, and who waits for it.
type restoration struct {
	*cimom.Restoring
	old   string // where the store is that was replaced; "" if that has failed
	err   error  // why
	conn  net.Conn
	lines *json.Encoder
}

// answer is the handler of such requests. Only one is carried out.
func (r *restoring) answer(w http.ResponseWriter, req *http.Request) {
	force := req.URL.Query().Get("force") != ""
	backup, err := givenDir(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_ = conn.SetDeadline(time.Time{})
	_, _ = fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/jsonl\r\nConnection: close\r\n\r\n")
	next := &restoration{conn: conn, lines: json.NewEncoder(conn)}
	if err := r.prepare(req.Context(), next, backup, force); err != nil {
		next.finish(err)
	}
}

func (r *restoring) prepare(ctx context.Context, next *restoration, backup string, force bool) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next != nil {
		return cim.Errorf(wbem.BackupRestoreWinmgmtRunning, "the store is being restored already")
	}
	if err := r.allowed(force); err != nil {
		return err
	}
	next.Restoring, err = cimom.PrepareRestore(ctx, backup, r.dir, func(done, total int) {
		if next.lines.Encode(report{Done: done, Total: total}) != nil {
			cancel() // nobody waits for it
		}
	})
	if err != nil {
		return err
	}
	if err := r.allowed(force); err != nil { // it has taken its time
		return errors.Join(err, next.Cancel())
	}
	r.next = next
	r.end()
	return nil
}

// allowed refuses to restore while clients are connected, unless by force
// (system-classes.md 11.1).
func (r *restoring) allowed(force bool) error {
	if n := r.clients(); n > 0 && !force {
		return cim.Errorf(wbem.BackupRestoreWinmgmtRunning, "%s connected; --force disconnects them", count(n, "client is", "clients are"))
	}
	return nil
}

// take returns the restoration for which the server has ended, nil if it has not
// ended for one.
func (r *restoring) take() *restoration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next
}

// finish tells who waits how it went.
func (r *restoration) finish(err error) {
	if err == nil {
		_ = r.lines.Encode(report{Old: r.old})
	}
	_ = r.lines.Encode(ended(err))
	_ = r.conn.Close()
}

// replace closes the store and puts the backup into its place.
func (c *cli) replace(r *restoration) {
	if err := c.close(); err != nil {
		c.warn(failed("Close", c.dir, err))
	}
	r.old, r.err = r.Finish()
}

// restored tells how it went after the store was opened again. If that has failed
// with the backup, the old one comes back.
func (c *cli) restored(r *restoration, opened error) error {
	err := errors.Join(r.err, opened)
	if opened != nil && r.old != "" {
		err = errors.Join(err, c.close(), r.Undo(r.old))
		opened = c.openServed()
	}
	r.finish(err)
	return opened
}
