package sandbox

import "time"

// Times are those of a file or folder, local.
type Times struct{ Created, Accessed, Modified time.Time }

// Times returns the times of the place. Those that the file system does not keep are the
// time of the last change.
func (p *Place) Times() (Times, error) {
	info, err := p.Info()
	if err != nil {
		return Times{}, err
	}
	t := Times{Modified: info.ModTime()}
	p.moreTimes(&t, info)
	if t.Created.IsZero() {
		t.Created = t.Modified
	}
	if t.Accessed.IsZero() {
		t.Accessed = t.Modified
	}
	return t, nil
}
