package commandline

import "time"

// SetCloseWait sets how long Close waits for programs.
func (c *Consumer) SetCloseWait(d time.Duration) { c.wait = d }
