package repository

import (
	"context"
	"encoding/binary"
	"time"

	"openwmi/cim"
	"openwmi/internal/kv"
)

// shippedSpaces are the namespaces that every store has (system-classes.md 7).
var shippedSpaces = []string{"cimv2", "default", "subscription", "interop", "security", "wmi"}

// create fills an empty store.
func (r *Repository) create() error {
	return r.store.Update(kv.Durable, func(t kv.Tx) error {
		tx := &Tx{ctx: context.Background(), r: r, kv: t, spaces: newSpaces(), ids: idRange{firstID, firstID}, numbers: numberRange{1, 1}, shipping: true}
		tx.put(metaFormat, binary.BigEndian.AppendUint32(nil, formatVersion))
		tx.addSpace(r.newNamespace(rootID, nil, "root", true))
		for _, name := range shippedSpaces {
			if _, err := tx.CreateNamespace(`root\` + name); err != nil {
				return err
			}
		}
		return tx.commit()
	})
}

// systemInstances are what a fresh namespace holds of system classes that it
// has (system-classes.md 5, 6), with the properties that are not default.
var systemInstances = []struct {
	class  string
	values func() map[string]cim.Value
}{
	{"__SystemSecurity", nil},
	{"__thisNAMESPACE", nil},
	{"__ObjectProviderCacheControl", clearAfter(5 * time.Minute)},
	{"__PropertyProviderCacheControl", clearAfter(5 * time.Minute)},
	{"__EventProviderCacheControl", clearAfter(5 * time.Minute)},
	{"__EventConsumerProviderCacheControl", clearAfter(30 * time.Minute)},
	{"__EventSinkCacheControl", clearAfter(15 * time.Second)},
	{"__ArbitratorConfiguration", func() map[string]cim.Value {
		return map[string]cim.Value{
			// events.md 14
			"TemporarySubscriptionsTotal":   cim.Uint32Value(10_000),
			"TemporarySubscriptionsPerUser": cim.Uint32Value(1_000),
			"PermanentSubscriptionsTotal":   cim.Uint32Value(10_000),
			"PermanentSubscriptionsPerUser": cim.Uint32Value(1_000),
			"PollingInstructionsTotal":      cim.Uint32Value(10_000),
			"PollingInstructionsPerUser":    cim.Uint32Value(1_000),
			"PollingMemoryTotal":            cim.Uint32Value(10_000_000),
			"PollingMemoryPerUser":          cim.Uint32Value(5_000_000),
		}
	}},
	{"__ProviderHostQuotaConfiguration", func() map[string]cim.Value {
		return map[string]cim.Value{
			"ThreadsPerHost":       cim.Uint32Value(256),
			"HandlesPerHost":       cim.Uint32Value(4096),
			"ProcessLimitAllHosts": cim.Uint32Value(32),
			"MemoryPerHost":        cim.Uint64Value(512 << 20),
			"MemoryAllHosts":       cim.Uint64Value(1 << 30),
		}
	}},
	{"__CIMOMIdentification", func() map[string]cim.Value {
		v := map[string]cim.Value{
			"VersionCurrentlyRunning": cim.StringValue(version),
			"VersionUsedToCreateDB":   cim.StringValue(version),
		}
		if d, err := cim.NewDatetime(time.Now().UTC()); err == nil {
			v["SetupDateTime"] = cim.StringValue(d.String())
		}
		return v
	}},
}

// version is what __CIMOMIdentification says of the program.
const version = "1.00.001.0000"

func clearAfter(d time.Duration) func() map[string]cim.Value {
	return func() map[string]cim.Value {
		interval, err := cim.NewInterval(d.Microseconds())
		if err != nil {
			panic(err) // the durations stand above
		}
		return map[string]cim.Value{"ClearAfter": cim.DatetimeValue(interval)}
	}
}

// putSystemInstances stores the instances that a fresh namespace has.
func (tx *Tx) putSystemInstances(s *schema) {
	for e, record := range s.systemInstances {
		tx.put(classPrefix(tableInstance, s.ns.id, e.id), record)
	}
}

// systemInstances yields the classes and records of the instances that a fresh
// namespace has.
func (s *schema) systemInstances(yield func(*entry, []byte) bool) {
	for _, row := range systemInstances {
		e := s.find(row.class)
		if e == nil {
			continue
		}
		d, err := s.derive(e, nil) // system classes are not read
		if err != nil {
			panic(err) // system classes are derived from our own tables
		}
		inst := cim.NewInstance(d.class)
		if row.values != nil {
			for name, v := range row.values() {
				if err := inst.Set(name, v); err != nil {
					panic(err)
				}
			}
		}
		if !yield(e, d.layout.append(nil, inst)) {
			return
		}
	}
}
