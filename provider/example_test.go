package provider_test

import (
	"context"
	"fmt"
	"iter"
	"log"
	"maps"
	"strings"
	"sync"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/mof/compile"
	"openwmi/provider"
	"openwmi/wbem"
)

// A table is a provider that keeps how often words were used.
type table struct {
	mu    sync.Mutex // guards words
	words map[string]uint32
}

// Instances implements provider.InstanceEnumerator.
func (t *table) Instances(ctx context.Context, r *provider.Request) iter.Seq2[*cim.Instance, error] {
	return func(yield func(*cim.Instance, error) bool) {
		t.mu.Lock()
		words := maps.Clone(t.words) // whoever reads may take his time
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

const words = `
	#pragma namespace("root\\cimv2")
	instance of __Win32Provider as $P { Name = "Words"; };
	instance of __InstanceProviderRegistration {
		provider = $P; SupportsGet = TRUE; SupportsPut = TRUE; SupportsEnumeration = TRUE;
	};
	[dynamic, provider("Words")] class Word { [key] string Text; uint32 Count; };
`

// A provider, registered from MOF, answers for a class of its own.
func Example() {
	ctx := context.Background()
	m, err := cimom.OpenMemory(cimom.Options{
		Server:    "HERE",
		Providers: map[string]any{"Words": &table{words: map[string]uint32{"ox": 3}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	p, err := compile.ParseText(ctx, compile.Options{}, "words.mof", []byte(words))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := p.Store(ctx, m); err != nil {
		log.Fatal(err)
	}

	s, err := m.Connect(ctx, `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		log.Fatal(err)
	}
	word, err := s.GetInstance(ctx, cim.MustParsePath(`Word.Text="Ox"`), wbem.Options{})
	if err != nil {
		log.Fatal(err)
	}
	count, _ := word.Get("Count")
	fmt.Println(count)

	_ = word.Set("Text", cim.StringValue("gnu"))
	path, err := s.PutInstance(ctx, word, wbem.Options{})
	fmt.Println(path, err)
	_ = word.Set("Text", cim.StringValue("blue gnu"))
	_, err = s.PutInstance(ctx, word, wbem.Options{})
	fmt.Println(err)
	// Output:
	// 3
	// \\HERE\root\cimv2:Word.Text="gnu" <nil>
	// PutInstance Word.Text="blue gnu": InvalidObject (0x8004100F): "blue gnu" is not a word
}
