package ntevent

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"syscall"
	"time"

	"openwmi/cim"
	"openwmi/wbem"
)

// A logWriter writes to the first log that there is, which it finds when it has
// something to write.
type logWriter struct {
	c      *Consumer
	conn   net.Conn // nil is the log of the service
	encode func(*record) ([]byte, error)
	found  bool
}

// patience is how long a log may take for a record.
const patience = 5 * time.Second

func (w *logWriter) write(r *record) error {
	if !w.found {
		w.find()
	}
	if w.conn == nil {
		w.c.writeOwn(r)
		return nil
	}
	b, err := w.encode(r)
	if err != nil {
		return err
	}
	_ = w.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err = w.conn.Write(b); err == nil {
		return nil
	}
	status := wbem.Failed
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		status = wbem.Timeout
	case errors.Is(err, syscall.EMSGSIZE):
		status = wbem.QuotaViolation
	}
	w.close() // the next record looks for a log anew
	return cim.Errorf(status, "log of the system: %v", err)
}

func (w *logWriter) find() {
	w.found = true
	for _, log := range []struct {
		sockets []string
		encode  func(*record) ([]byte, error)
	}{{w.c.journal, encodeJournal}, {w.c.syslog, encodeSyslog}} {
		for _, socket := range log.sockets {
			conn, err := net.Dial("unixgram", socket)
			if err == nil {
				w.conn, w.encode = conn, log.encode
				return
			}
			if !errors.Is(err, fs.ErrNotExist) {
				w.c.log.Debug("log of the system cannot be reached", "socket", socket, "err", err)
			}
		}
	}
}

func (w *logWriter) close() {
	if w.conn != nil {
		w.conn.Close()
	}
	w.conn, w.found = nil, false
}

// writeOwn writes a record to the log of the service.
func (c *Consumer) writeOwn(r *record) {
	level := map[int]slog.Level{3: slog.LevelError, 4: slog.LevelWarn}[r.priority] // others are Info, which is zero
	attrs := make([]slog.Attr, 0, len(r.fields))
	for _, f := range r.fields {
		attrs = append(attrs, slog.String(f.name, f.value))
	}
	c.log.LogAttrs(context.Background(), level, r.message, attrs...)
}
