package perf

import (
	"math/bits"
	"slices"

	"openwmi/cim"
)

// A statistic is what is made of the last values of a counter, of which there is at
// least one. "WMI Performance Counter Types", statistical counters
type statistic func(values []uint64) uint64

// statistics has them by the folded names that CookingType has for them.
var statistics = map[string]statistic{
	cim.Fold("COOKER_AVERAGE"):  mean,
	cim.Fold("COOKER_MIN"):      slices.Min[[]uint64],
	cim.Fold("COOKER_MAX"):      slices.Max[[]uint64],
	cim.Fold("COOKER_RANGE"):    func(v []uint64) uint64 { return slices.Max(v) - slices.Min(v) },
	cim.Fold("COOKER_VARIANCE"): variance,
}

// mean is exact but for what is cut off.
func mean(values []uint64) uint64 {
	var high, low, carry uint64
	for _, v := range values {
		low, carry = bits.Add64(low, v, 0)
		high += carry
	}
	quotient, _ := bits.Div64(high, low, uint64(len(values))) // high is less than their number
	return quotient
}

// variance is the mean of the squares of the distances from the mean.
func variance(values []uint64) uint64 {
	sum := 0.0
	for _, v := range values {
		sum += float64(v)
	}
	mean, squares := sum/float64(len(values)), 0.0
	for _, v := range values {
		squares += (float64(v) - mean) * (float64(v) - mean)
	}
	return uint64(min(squares/float64(len(values)), 1<<63))
}

// The window of a statistic is how many values it is of: SampleWindow, or
// defaultWindow, up to maxWindow.
const (
	defaultWindow = 10
	maxWindow     = 1000
)

func window(p *cim.Property) int {
	n := p.Qualifiers().Value("SampleWindow").Int()
	if n <= 0 {
		n = defaultWindow
	}
	return int(min(n, maxWindow))
}

// summarize adds a value, if it is known and of a new sample, to those of a column,
// and returns what they come to; ok is false as long as there is none.
func (h *history) summarize(c column, value uint64, known, fresh bool) (n uint64, ok bool) {
	values := &h.series[c.series]
	if known && fresh {
		*values = append(*values, value)
		*values = slices.Delete(*values, 0, max(len(*values)-c.window, 0))
	}
	if len(*values) == 0 {
		return 0, false
	}
	return c.statistic(*values), true
}
