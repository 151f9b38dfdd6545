package hotplug

import (
	"openwmi/providers/live"
)

// volumes are what is mounted, in that order.
type volumes []live.Mount

// readVolumes returns those that events are about.
func readVolumes(sys *live.System) (volumes, error) {
	all, err := sys.Mounts()
	if err != nil {
		return nil, err
	}
	var v volumes
	for _, m := range all {
		if m.IsDisk() || m.Kind == "tmpfs" {
			v = append(v, m)
		}
	}
	return v, nil
}

// A change is what has happened to a volume.
type change struct {
	event uint16
	point string
}

// changes returns what has happened to make new out of old: the last that was
// mounted goes first, as it has to.
func changes(old, new volumes) []change {
	before, after := old.byPoint(), new.byPoint()
	var all []change
	for i := len(old) - 1; i >= 0; i-- {
		if _, ok := after[old[i].Point]; !ok {
			all = append(all, change{removal, old[i].Point})
		}
	}
	for _, m := range new {
		switch was, ok := before[m.Point]; {
		case !ok:
			all = append(all, change{arrival, m.Point})
		case was != m:
			all = append(all, change{changed, m.Point})
		}
	}
	return all
}

func (v volumes) byPoint() map[string]live.Mount {
	at := make(map[string]live.Mount, len(v))
	for _, m := range v {
		at[m.Point] = m
	}
	return at
}
