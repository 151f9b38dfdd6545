package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/internal/server"
	"openwmi/wbem"
	"openwmi/wire/transport"
)

// A store can be verified and copied while a server has it open. That goes through
// the local socket, beside the protocols: whoever may open the socket could read
// the files as well. The request is a POST, the answer lines of JSON, the last of
// which says how it ended.

// maintainPath is where this is; what is to be done follows.
const maintainPath = server.LocalPath

// A report is a line of an answer.
type report struct {
	Done    int    `json:"done,omitempty"` // of Total
	Total   int    `json:"total,omitempty"`
	Problem string `json:"problem,omitempty"`
	Old     string `json:"old,omitempty"` // where a store is that was replaced
	End     bool   `json:"end,omitempty"`
	Status  uint32 `json:"status,omitempty"` // with End; zero is success
	Detail  string `json:"detail,omitempty"`
}

// maintenance answers such requests, the one to restore the store with restore.
func (c *cli) maintenance(m *cimom.Manager, restore http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	task := func(name string, do func(ctx context.Context, r *http.Request, tell func(report)) error) {
		mux.HandleFunc("POST "+maintainPath+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/jsonl")
			flush := http.NewResponseController(w).Flush
			lines := json.NewEncoder(w)
			tell := func(line report) {
				_ = lines.Encode(line) // who has gone away needs nothing
				_ = flush()
			}
			tell(ended(do(r.Context(), r, tell)))
		})
	}
	task("verify", func(ctx context.Context, _ *http.Request, tell func(report)) error {
		problems, err := m.Verify(ctx, func(done, total int) { tell(report{Done: done, Total: total}) })
		for _, p := range problems {
			tell(report{Problem: p.String()})
		}
		return err
	})
	task("backup", func(ctx context.Context, r *http.Request, _ func(report)) error {
		dir, err := givenDir(r)
		if err != nil {
			return err
		}
		return c.backup(ctx, m, dir)
	})
	task("pause", func(ctx context.Context, _ *http.Request, _ func(report)) error { return m.Pause(ctx) })
	task("resume", func(context.Context, *http.Request, func(report)) error { return m.Resume() })
	mux.HandleFunc("POST "+maintainPath+"restore", restore)
	return mux
}

// ended is the last line of an answer.
func ended(err error) report {
	end := report{End: true}
	if err != nil {
		f := describe(err)
		end.Status, end.Detail = uint32(f.status), f.detail
	}
	return end
}

// givenDir returns the directory that a request names.
func givenDir(r *http.Request) (string, error) {
	dir := r.URL.Query().Get("dir")
	if !filepath.IsAbs(dir) {
		return "", cim.Errorf(wbem.InvalidParameter, "the path of the copy is not absolute")
	}
	return dir, nil
}

// maintain has the server at a socket do something.
func maintain(ctx context.Context, socket, task string, args url.Values, tell func(report)) error {
	u := "http://localhost" + maintainPath + task + "?" + args.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u, nil)
	if err != nil {
		return err
	}
	client := transport.New(transport.Options{Socket: socket})
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return cim.Errorf(wbem.TransportFailure, "%v", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return cim.Errorf(wbem.NotSupported, "the server that has the store open cannot do this: it answers %s", resp.Status)
	}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		var line report
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return cim.Errorf(wbem.TransportFailure, "%v", err)
		}
		switch {
		case line.End && line.Status != 0:
			return cim.Errorf(wbem.Status(line.Status), "%s", line.Detail)
		case line.End:
			return nil
		}
		tell(line)
	}
	return cim.Errorf(wbem.TransportFailure, "the server has ended: %v", errors.Join(lines.Err(), fmt.Errorf("the answer is not whole")))
}
