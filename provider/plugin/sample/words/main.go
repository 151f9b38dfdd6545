// Command words is a provider in a program of its own: it keeps how often words
// were used. Its class and registration stand in words.mof.
package main

import (
	"context"
	"iter"
	"maps"
	"strings"
	"sync"

	"openwmi/cim"
	"openwmi/provider"
	"openwmi/provider/plugin"
	"openwmi/wbem"
)

// A table has the words.
type table struct {
	mu    sync.Mutex // guards words
	words map[string]uint32
}

// Instances implements provider.InstanceEnumerator.
func (t *table) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		t.mu.Lock()
		words := maps.Clone(t.words)
		t.mu.Unlock()
		for text, count := range words {
			word := cim.NewInstance(r.Class)
			_ = word.Set("Text", cim.StringValue(text))
			_ = word.Set("Count", cim.Uint32Value(count))
			if !yield(word, nil) {
				return
			}
		}
	}
}

// GetInstance implements provider.InstanceGetter.
func (t *table) GetInstance(ctx context.Context, r *provider.Request, word *cim.Instance) (*cim.Instance, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	text, _ := word.Get("Text")
	count, ok := t.words[strings.ToLower(text.Text())]
	if !ok {
		return nil, wbem.NotFound
	}
	return word, word.Set("Count", cim.Uint32Value(count))
}

// PutInstance implements provider.InstancePutter.
func (t *table) PutInstance(ctx context.Context, r *provider.Request, word *cim.Instance) (cim.Path, error) {
	text, _ := word.Get("Text")
	count, _ := word.Get("Count")
	if text.IsNull() || strings.Contains(text.Text(), " ") {
		return cim.Path{}, cim.Errorf(wbem.InvalidObject, "%q is not a word", text.Text())
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.words[strings.ToLower(text.Text())] = uint32(count.Uint())
	return cim.Path{}, nil
}

// GetProperty implements provider.PropertyGetter: how often the word was used that
// is the context.
func (t *table) GetProperty(ctx context.Context, r *provider.Request, p provider.PropertyRequest) (cim.Value, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return cim.Uint32Value(t.words[strings.ToLower(p.PropertyContext)]), nil
}

func main() { plugin.Serve(&table{words: map[string]uint32{"ox": 3}}) }
