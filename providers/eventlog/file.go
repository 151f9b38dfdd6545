package eventlog

import (
	"context"
	"iter"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"openwmi/cim"
	"openwmi/providers/internal/journal"
	"openwmi/providers/live"
)

// ClassFile is the class of logs.
const ClassFile = "Win32_NTEventlogFile"

// A logFile is a log as an object.
type logFile struct {
	*summary
	name string // of the log
}

// A summary is what the logs of a journal have in common.
type summary struct {
	p        *Provider
	ctx      context.Context
	dir      string // the first directory that has files
	size     int64  // of all files, in bytes
	modified time.Time
	counts   func() map[string]uint64 // entries by log, nil if that is not known
}

func (p *Provider) files() *live.Class[logFile] {
	return &live.Class[logFile]{
		Name: ClassFile,
		All:  p.allFiles,
		Fields: []live.Field[logFile]{
			{Name: "Name", Get: (*logFile).path},
			{Name: "Caption", Get: (*logFile).path},
			{Name: "Description", Get: (*logFile).path},
			{Name: "LogfileName", Get: func(f *logFile) cim.Value { return cim.StringValue(f.name) }},
			{Name: "FileSize", Get: func(f *logFile) cim.Value { return cim.Uint64Value(uint64(f.size)) }},
			{Name: "LastModified", Get: func(f *logFile) cim.Value { return live.Time(f.modified) }},
			{Name: "NumberOfRecords", Get: func(f *logFile) cim.Value { return f.records() }},
			{Name: "MaxFileSize", Get: func(f *logFile) cim.Value { return f.p.maxSize(f.dir) }},
			live.Const[logFile]("OverWritePolicy", cim.StringValue("WhenNeeded")),
			live.Const[logFile]("OverwriteOutDated", cim.Uint32Value(0)),
			live.Const[logFile]("CreationClassName", cim.StringValue(ClassFile)),
			live.Const[logFile]("CSCreationClassName", cim.StringValue("Win32_ComputerSystem")),
			{Name: "CSName", Get: func(f *logFile) cim.Value { return f.p.sys.ComputerName() }},
		},
	}
}

// path returns the key of a log: the directory of the files, and the name of the log
// behind a number sign.
func (f *logFile) path() cim.Value { return cim.StringValue(filePath(f.dir, f.name)) }

func filePath(dir, log string) string {
	return strings.ToValidUTF8(dir, "\uFFFD") + "#" + log
}

// records returns how many entries there are in a log.
func (f *logFile) records() cim.Value {
	n, ok := f.counts()[f.name]
	if !ok || n > math.MaxUint32 {
		return cim.Value{}
	}
	return cim.Uint32Value(uint32(n))
}

// allFiles yields the logs.
func (p *Provider) allFiles(ctx context.Context) iter.Seq2[*logFile, error] {
	return func(yield func(*logFile, error) bool) {
		set, err := p.open()
		if err != nil {
			yield(nil, err)
			return
		}
		s := &summary{p: p, ctx: ctx, dir: set.Dir()}
		for _, info := range set.Files() {
			s.size += info.Size()
			if t := info.ModTime(); t.After(s.modified) {
				s.modified = t
			}
		}
		set.Close()
		s.counts = sync.OnceValue(s.count)
		for _, name := range logs {
			if !yield(&logFile{s, name}, nil) {
				return
			}
		}
	}
}

// count counts the entries of the logs. The first rule that an entry meets says
// where it belongs.
func (s *summary) count() map[string]uint64 {
	set, err := s.p.open()
	if err != nil {
		return nil
	}
	defer set.Close()
	var n [3]uint64
	for i, values := range []journal.Values{securityRule, slices.Concat(securityRule, systemRule), nil} {
		if n[i], err = set.Count(s.ctx, values); err != nil {
			return nil
		}
	}
	return map[string]uint64{security: n[0], system: n[1] - n[0], application: n[2] - n[1]}
}
