package demo

import (
	"fmt"
	"regexp"

	"openwmi/scripting"
	"openwmi/wbem"
)

// The chapters. Each cites what it tells: the page of PutAsync (putasync.md), or
// the section of put.md or localization.md that settles a detail.

func theSchema(s *stage) {
	s.chapter("A schema: classes with keys, methods and texts in two languages")
	for _, name := range schema {
		result, err := load(s.ctx, s.locator, name)
		if s.fail(err) {
			return
		}
		s.call("compile", nil, fmt.Sprintf("%s: %s", shortName(name), result))
	}
	var err error
	s.garden, err = connect(s.ctx, s.locator, namespace, "")
	if s.fail(err) {
		return
	}
	s.check("instances of Garden_Device and below", s.count("Garden_Device"), 1)
}

func createOrUpdate(s *stage) {
	s.chapter("Flags 0 create what is missing and overwrite what exists")
	t := s.spawn("Garden_Thermometer", values{"Tag": "T-south", "Location": "south wall", "Reading": 24.5})
	s.putAsync(t, 0, wbem.OK, "Reading 24.5")
	s.set(t, "Reading", 25.25)
	path := s.putAsync(t, 0, wbem.OK, "Reading 25.25")
	s.check("Reading now", s.value(path, "Reading"), 25.25)
}

func createOnly(s *stage) {
	s.chapter("CreateOnly: the object must not exist")
	t := s.spawn("Garden_Thermometer", values{"Tag": "T-south", "Location": "elsewhere"})
	s.putAsync(t, scripting.ChangeFlagCreateOnly, wbem.AlreadyExists)
	s.check("Operation of the error object", s.errorObject("Operation"), "PutInstance")
	s.check("Location still", s.value(`Garden_Thermometer.Tag="T-south"`, "Location"), "south wall")
	s.set(t, "Tag", "T-east")
	s.putAsync(t, scripting.ChangeFlagCreateOnly, wbem.OK)
}

func updateOnly(s *stage) {
	s.chapter("UpdateOnly: the object must exist")
	t := s.spawn("Garden_Thermometer", values{"Tag": "T-west", "Location": "west wall"})
	s.putAsync(t, scripting.ChangeFlagUpdateOnly, wbem.NotFound)
	s.set(t, "Tag", "T-east")
	path := s.putAsync(t, scripting.ChangeFlagUpdateOnly, wbem.OK)
	s.check("Location now", s.value(path, "Location"), "west wall")
}

var guidKey = regexp.MustCompile(`Tag="\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}"$`)

// put.md 5.2
func keys(s *stage) {
	s.chapter("A key that is NULL: a single string gets a GUID, anything else is refused")
	h := s.spawn("Garden_Hygrometer", values{"Location": "under the ferns"})
	path := s.putAsync(h, 0, wbem.OK, "Tag NULL")
	s.check("the key is a GUID", guidKey.MatchString(path), true)
	s.check("the local copy has it too", s.propertyOf(h, "Tag") != nil, false)
	s.putAsync(s.spawn("Garden_Bed", values{"Crop": "chard"}), 0, wbem.IllegalNull, "Number NULL")
	s.putAsync(s.spawn("Garden_Shelf", values{"Level": 2, "Code": "A2"}), 0, wbem.IllegalNull, "House NULL")
}

// put.md 5.3
func nulls(s *stage) {
	s.chapter("Not_Null and Indexed properties must have a value")
	s.putAsync(s.spawn("Garden_Thermometer", values{"Tag": "T-lost"}), 0, wbem.IllegalNull, "Location NULL")
	s.putAsync(s.spawn("Garden_Shelf", values{"House": "palms", "Level": 1}), 0, wbem.IllegalNull, "Code NULL")
	s.putAsync(s.spawn("Garden_Shelf", values{"House": "palms", "Level": 1, "Code": "P1"}), 0, wbem.OK, "Code P1")
}

// put.md 3
func beforeTheStart(s *stage) {
	s.chapter("What is wrong with the call itself comes back from the call; no callback follows")
	t := s.spawn("Garden_Thermometer", values{"Tag": "T-x", "Location": "x"})
	s.refused(s.sink, t, scripting.ChangeFlagCreateOnly|scripting.ChangeFlagUpdateOnly)
	s.refused(nil, t, 0)
}

// refused makes a call that must fail by itself.
func (s *stage) refused(sink *scripting.Sink, object *scripting.Object, flags scripting.Flags) {
	if s.err != nil {
		return
	}
	actx := s.nextContext()
	text := callText(object, flags)
	if sink == nil {
		text += ", no sink"
	}
	s.call("PutAsync", actx, text)
	err := s.garden.PutAsync(sink, object, flags, nil, actx)
	got := wbem.StatusOf(err)
	s.heard("=", "Err.Number:", nil, statusText(got), got == wbem.InvalidParameter, statusText(wbem.InvalidParameter))
}

// put.md 4.1
func badClasses(s *stage) {
	s.chapter("A class is incomplete without a name, and invalid with one that ends in an underscore")
	class := s.get("")
	s.putAsync(class, 0, wbem.IncompleteClass, "no name")
	if s.err == nil {
		s.fail(class.Path().SetClass("Garden_Tool_"))
	}
	s.putAsync(class, 0, wbem.InvalidObject)
}

// put.md 4.2
func classWithChildren(s *stage) {
	s.chapter("A class with subclasses: compatible mode refuses, safe mode takes what conflicts with nothing")
	valve := s.get("Garden_Valve")
	s.addProperty(valve, "Flow", scripting.CimtypeReal64)
	s.putAsync(valve, 0, wbem.ClassHasChildren, "property Flow")
	s.putAsync(valve, scripting.ChangeFlagUpdateSafeMode, wbem.OK, "property Flow")
	s.check("Garden_DripValve inherits Flow", s.has("Garden_DripValve", "Flow"), true)
}

// put.md 4.3
func conflict(s *stage) {
	s.chapter("A conflict with a subclass: safe mode refuses, force mode deletes the qualifier there")
	valve := s.get("Garden_Valve")
	s.addQualifier(valve, "Maker", "Regner & Co")
	s.check("Maker of Garden_DripValve", s.qualifier("Garden_DripValve", "Maker"), "Tropf & Sohn")
	s.putAsync(valve, scripting.ChangeFlagUpdateSafeMode, wbem.UpdateOverrideNotAllowed, "qualifier Maker")
	s.putAsync(valve, scripting.ChangeFlagUpdateForceMode, wbem.OK, "qualifier Maker")
	s.check("Maker of Garden_DripValve", s.qualifier("Garden_DripValve", "Maker"), "Regner & Co")
}

// put.md 4.2, Decision P-9
func classWithInstances(s *stage) {
	s.chapter("A class with instances: a note always may change, the structure only by force, which deletes them")
	bed := s.get("Garden_Bed")
	s.addQualifier(bed, "Note", "planned by the head gardener")
	s.putAsync(bed, 0, wbem.OK, "qualifier Note")
	s.check("instances of Garden_Bed", s.count("Garden_Bed"), 2)
	bed = s.get("Garden_Bed")
	s.addProperty(bed, "Soil", scripting.CimtypeString)
	s.putAsync(bed, 0, wbem.ClassHasInstances, "property Soil")
	s.putAsync(bed, scripting.ChangeFlagUpdateSafeMode, wbem.ClassHasInstances, "property Soil")
	s.putAsync(bed, scripting.ChangeFlagUpdateForceMode, wbem.OK, "property Soil")
	s.check("instances of Garden_Bed", s.count("Garden_Bed"), 0)
}

// localization.md 4 and 5, with the decision of spec/README.md that a put with
// the flag writes both parts.
func languages(s *stage) {
	s.chapter("UseAmendedQualifiers writes the texts of the session's language beside the class")
	const class = "Garden_Sensor"
	german, err := connect(s.ctx, s.locator, namespace, "MS_407")
	if s.fail(err) {
		return
	}
	english, err := connect(s.ctx, s.locator, namespace, "MS_409")
	if s.fail(err) {
		return
	}
	amended := scripting.FlagUseAmendedQualifiers
	sensor := s.getFrom(german, class, amended)
	s.check("in German", s.description(sensor), "Ein Gerät, das eine Größe misst.")
	s.setDescription(sensor, "Ein Gerät, das misst.")
	s.putTo(german, sensor, 0, wbem.AmendedObject, "a new text")
	s.putTo(german, sensor, amended, wbem.OK, "a new text")
	s.check("in German", s.description(s.getFrom(german, class, amended)), "Ein Gerät, das misst.")
	s.check("in English", s.description(s.getFrom(english, class, amended)), "A device that measures one quantity.")
	s.check("without the flag", s.description(s.getFrom(german, class, 0)), "(none)")
}

// put.md 6
func elsewhere(s *stage) {
	s.chapter("The object goes to the namespace of the services, not to the one it came from")
	annex := s.spawn("__Namespace", values{"Name": "annex"})
	s.putAsync(annex, 0, wbem.OK)
	if s.err != nil {
		return
	}
	there, err := connect(s.ctx, s.locator, namespace+`\annex`, "")
	if s.fail(err) {
		return
	}
	house := s.get("Garden_House=@")
	s.putTo(there, house, 0, wbem.InvalidClass)
	s.putTo(there, s.get("Garden_House"), 0, wbem.OK)
	s.putTo(there, house, 0, wbem.OK)
	s.check("Name there", s.propertyOf(s.getFrom(there, "Garden_House=@", 0), "Name"), "Palm house")
}

func manyCalls(s *stage) {
	s.chapter("One sink serves many calls at once; the context tells them apart")
	if s.err != nil {
		return
	}
	const calls = 4
	contexts := map[*scripting.NamedValueSet]int{}
	for i := range calls {
		t := s.spawn("Garden_Thermometer", values{"Tag": fmt.Sprintf("T-roof-%d", i+1), "Location": "roof"})
		if s.err != nil {
			return
		}
		actx := s.nextContext()
		contexts[actx] = 0
		s.call("PutAsync", actx, callText(t, 0))
		if s.fail(s.garden.PutAsync(s.sink, t, 0, nil, actx)) {
			return
		}
	}
	// What is heard of each call: OnObjectPut, then OnCompleted.
	for range 2 * calls {
		e, ok := s.hear()
		if !ok {
			return
		}
		heard, known := contexts[e.context]
		contexts[e.context] = heard + 1
		if e.name == "OnObjectPut" {
			s.heard("←", e.name, e.context, e.path.Path(), known && heard == 0, "it first, and once")
			continue
		}
		s.heard("←", e.name, e.context, statusText(e.status), known && heard == 1 && e.status == wbem.OK, "OK, last")
	}
}

// async-and-security.md 3.1
func cancelled(s *stage) {
	s.chapter("Cancel: no OnObjectPut follows, OnCompleted once; the object is there entirely or not at all")
	first := s.spawn("Garden_Thermometer", values{"Tag": "T-door", "Location": "door"})
	second := s.spawn("Garden_Thermometer", values{"Tag": "T-gone", "Location": "nowhere"})
	if s.err != nil {
		return
	}
	one, two := s.nextContext(), s.nextContext()
	// The second call starts in a callback of the first, which holds back its
	// own callbacks, so that the cancel always comes in time.
	done := make(chan error, 1)
	started := false
	sink := s.newSink(func(sink *scripting.Sink) {
		if started {
			return
		}
		started = true
		err := s.garden.PutAsync(sink, second, 0, nil, two)
		if err == nil {
			err = sink.Cancel()
		}
		done <- err
	})
	s.call("PutAsync", one, callText(first, 0))
	if s.fail(s.garden.PutAsync(sink, first, 0, nil, one)) {
		return
	}
	s.outcome(one, wbem.OK)
	select {
	case err := <-done:
		s.fail(err)
	case <-s.ctx.Done():
		s.fail(s.ctx.Err())
	}
	s.call("PutAsync", two, callText(second, 0)+", from within that callback")
	s.call("Cancel", nil, "")
	s.outcome(two, wbem.CallCancelled)
	if s.err != nil {
		return
	}
	location := "nowhere"
	if obj, err := s.garden.Get(`Garden_Thermometer.Tag="T-gone"`, 0, nil); err == nil {
		location = fmt.Sprint(s.propertyOf(obj, "Location"))
	} else if wbem.StatusOf(err) != wbem.NotFound {
		s.fail(err)
	}
	s.check("it is whole or not there", location, "nowhere")
}
