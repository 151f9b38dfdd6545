package host_test

import (
	"strconv"
	"testing"

	"openwmi/script/host"
	"openwmi/scripting"
	"openwmi/wbem"
)

// puts is how many calls one round of BenchmarkPutAsync makes.
const puts = 10_000

// outstanding is how many of them are not completed at once.
const outstanding = 1000

const putScript = `
Set services = GetObject("winmgmts:")
Set sink = WScript.CreateObject("WbemScripting.SWbemSink", "SINK_")
Set object = services.Get("Ware").SpawnInstance_
For i = 1 To 10000
  object.Name = "ware " & i
  object.Price = i
  services.PutAsync sink, object
  Do While i - completed >= 1000 : WScript.Sleep 0 : Loop
Next
Do While completed < 10000 : WScript.Sleep 1 : Loop
If stored <> 10000 Then WScript.Quit 1
Sub SINK_OnObjectPut(path, context) : stored = stored + 1 : End Sub
Sub SINK_OnCompleted(result, last, context) : completed = completed + 1 : End Sub
`

// BenchmarkPutAsync is 10,000 asynchronous puts with their callbacks, from VBScript,
// JScript and Go, into a store in memory.
func BenchmarkPutAsync(b *testing.B) {
	b.Run("go", func(b *testing.B) {
		m := manager(b)
		for b.Loop() {
			putFromGo(b, m)
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/puts, "µs/put")
	})
	for name, text := range map[string]string{"put.vbs": putScript, "put.js": putJScript} {
		b.Run(name, func(b *testing.B) {
			m := manager(b)
			p, err := host.Parse(name, text, nil, "")
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				s, err := host.NewSession(b.Context(), host.Options{Locator: m, File: name})
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Run(p); err != nil {
					b.Fatal(err)
				}
				if code, _ := s.Code(); code != 0 {
					b.Fatal("not all were stored")
				}
				s.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/puts, "µs/put")
		})
	}
}

const putJScript = `
var services = GetObject("winmgmts:");
var sink = WScript.CreateObject("WbemScripting.SWbemSink", "SINK_");
var object = services.Get("Ware").SpawnInstance_(), stored = 0, completed = 0;
for (var i = 1; i <= 10000; i++) {
  object.Name = "ware " + i;
  object.Price = i;
  services.PutAsync(sink, object);
  while (i - completed >= 1000) WScript.Sleep(0);
}
while (completed < 10000) WScript.Sleep(1);
if (stored != 10000) WScript.Quit(1);
function SINK_OnObjectPut(path, context) { stored++; }
function SINK_OnCompleted(result, last, context) { completed++; }
`

func putFromGo(b *testing.B, m wbem.Locator) {
	services, err := scripting.NewLocator(m).ConnectServer("", `root\cimv2`, "", "", "", "", 0, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer services.Close()
	class, err := services.Get("Ware", 0, nil)
	if err != nil {
		b.Fatal(err)
	}
	object, err := class.SpawnInstance(0)
	if err != nil {
		b.Fatal(err)
	}
	stored, completed := 0, 0
	done, open := make(chan bool), make(chan struct{}, outstanding)
	sink := &scripting.Sink{
		OnObjectPut: func(*scripting.ObjectPath, *scripting.NamedValueSet) { stored++ },
		OnCompleted: func(wbem.Status, *scripting.LastError, *scripting.NamedValueSet) {
			<-open
			if completed++; completed == puts {
				done <- stored == puts
			}
		},
	}
	for i := range puts {
		if err := object.Set("Name", "ware "+strconv.Itoa(i+1)); err != nil {
			b.Fatal(err)
		}
		if err := object.Set("Price", int32(i)); err != nil {
			b.Fatal(err)
		}
		open <- struct{}{}
		if err := services.PutAsync(sink, object, 0, nil, nil); err != nil {
			b.Fatal(err)
		}
	}
	if !<-done {
		b.Fatal("not all were stored")
	}
}
