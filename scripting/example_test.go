package scripting_test

import (
	"errors"
	"fmt"
	"log"

	"openwmi/cimom"
	"openwmi/scripting"
	"openwmi/wbem"
)

// inventory returns a session with a namespace in memory that has one class,
// Book, with the key Title and a number of Pages, and a locator for more.
func inventory() (locator *scripting.Locator, services *scripting.Services, stop func() error) {
	manager, err := cimom.OpenMemory(cimom.Options{Server: "HOST"})
	if err != nil {
		log.Fatal(err)
	}
	locator = scripting.NewLocator(manager)
	services, err = locator.ConnectServer("", `root\cimv2`, "", "", "", "", 0, nil)
	if err != nil {
		log.Fatal(err)
	}
	class, err := services.Get("", 0, nil)
	if err != nil {
		log.Fatal(err)
	}
	title, err1 := class.Properties().Add("Title", scripting.CimtypeString, false, 0)
	_, err2 := class.Properties().Add("Pages", scripting.CimtypeUint32, false, 0)
	qualifiers, err3 := title.Qualifiers()
	_, err4 := qualifiers.Add("key", true, true, true, true, 0)
	err5 := class.Path().SetClass("Book")
	_, err6 := class.Put(0, nil)
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		log.Fatal(err)
	}
	return locator, services, manager.Close
}

func book(services *scripting.Services, title string, pages int) *scripting.Object {
	class, err := services.Get("Book", 0, nil)
	if err != nil {
		log.Fatal(err)
	}
	o, err := class.SpawnInstance(0)
	if err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(o.Set("Title", title), o.Set("Pages", pages)); err != nil {
		log.Fatal(err)
	}
	return o
}

// A put whose outcome goes to a sink.
func ExampleServices_PutAsync() {
	_, services, stop := inventory()
	defer stop()
	object := book(services, "Dubliners", 207)

	done := make(chan struct{})
	sink := &scripting.Sink{
		OnObjectPut: func(path *scripting.ObjectPath, _ *scripting.NamedValueSet) {
			fmt.Println("stored at", path.Path())
		},
		OnCompleted: func(result wbem.Status, _ *scripting.LastError, _ *scripting.NamedValueSet) {
			fmt.Println("completed:", result.Name())
			close(done)
		},
	}
	if err := services.PutAsync(sink, object, scripting.ChangeFlagCreateOnly, nil, nil); err != nil {
		log.Fatal(err)
	}
	<-done
	// Output:
	// stored at \\HOST\root\cimv2:Book.Title="Dubliners"
	// completed: NoErr
}

// One sink serves many calls; the asynchronous context tells them apart.
func ExampleSink() {
	_, services, stop := inventory()
	defer stop()

	done := make(chan struct{})
	sink := &scripting.Sink{
		OnCompleted: func(result wbem.Status, e *scripting.LastError, context *scripting.NamedValueSet) {
			attempt, _ := context.Item("attempt", 0)
			n, _ := attempt.Value()
			fmt.Println(n, result.Name())
			if e != nil {
				about, _ := e.Get("ParameterInfo")
				fmt.Println(about)
			}
			done <- struct{}{}
		},
	}
	for attempt := 1; attempt <= 2; attempt++ {
		context := scripting.NewNamedValueSet()
		if _, err := context.Add("attempt", attempt, 0); err != nil {
			log.Fatal(err)
		}
		err := services.PutAsync(sink, book(services, "Emma", 474), scripting.ChangeFlagCreateOnly, nil, context)
		if err != nil {
			log.Fatal(err)
		}
		<-done
	}
	// Output:
	// 1 NoErr
	// 2 AlreadyExists
	// Book.Title="Emma"
}

func ExampleServices_InstancesOf() {
	_, services, stop := inventory()
	defer stop()
	for title, pages := range map[string]int{"Dubliners": 207, "Emma": 474} {
		if _, err := services.Put(book(services, title, pages), 0, nil); err != nil {
			log.Fatal(err)
		}
	}

	books, err := services.InstancesOf("Book", scripting.FlagReturnImmediately|scripting.FlagForwardOnly, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer books.Close()
	for o, err := range books.All() {
		if err != nil {
			log.Fatal(err)
		}
		for p := range o.Properties().All() {
			value, _ := p.Value()
			fmt.Println(p.Name(), "=", value)
		}
	}
	// Output:
	// Pages = 207
	// Title = Dubliners
	// Pages = 474
	// Title = Emma
}

func ExampleLocator_GetObject() {
	locator, services, stop := inventory()
	defer stop()
	if _, err := services.Put(book(services, "Emma", 474), 0, nil); err != nil {
		log.Fatal(err)
	}

	o, err := locator.GetObject(`winmgmts:{impersonationLevel=impersonate}!Book.Title="Emma"`)
	if err != nil {
		log.Fatal(err)
	}
	pages, err := o.(*scripting.Object).Get("Pages")
	fmt.Println(pages, err)

	_, err = locator.GetObject(`winmgmts:Book.Title="Ulysses"`)
	fmt.Println(errors.Is(err, scripting.ErrNotFound))
	// Output:
	// 474 <nil>
	// true
}

func ExampleServices_ExecQuery() {
	_, services, stop := inventory()
	defer stop()
	for title, pages := range map[string]int{"Dubliners": 207, "Emma": 474, "Ulysses": 730} {
		if _, err := services.Put(book(services, title, pages), 0, nil); err != nil {
			log.Fatal(err)
		}
	}

	flags := scripting.FlagReturnImmediately | scripting.FlagForwardOnly
	books, err := services.ExecQuery("SELECT Pages FROM Book WHERE Title LIKE '%s' AND Pages > 300", "WQL", flags, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer books.Close()
	for o, err := range books.All() {
		if err != nil {
			log.Fatal(err) // here is what is wrong with a query
		}
		pages, _ := o.Get("Pages")
		fmt.Println(o.Path().RelPath(), "has", pages, "pages")
	}
	// Output:
	// Book.Title="Ulysses" has 730 pages
}

// What somebody puts is an event for whoever asked for it before.
func ExampleServices_ExecNotificationQuery() {
	_, services, stop := inventory()
	defer stop()

	query := "SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Book' AND TargetInstance.Pages > 300"
	events, err := services.ExecNotificationQuery(query, "WQL", scripting.FlagReturnImmediately|scripting.FlagForwardOnly, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer events.Close()
	for title, pages := range map[string]int{"Dubliners": 207, "Emma": 474} {
		if _, err := services.Put(book(services, title, pages), 0, nil); err != nil {
			log.Fatal(err)
		}
	}

	event, err := events.NextEvent(60_000)
	if err != nil {
		log.Fatal(err)
	}
	target, err := event.Get("TargetInstance")
	if err != nil {
		log.Fatal(err)
	}
	title, _ := target.(*scripting.Object).Get("Title")
	fmt.Println("new:", title)

	_, err = events.NextEvent(0)
	fmt.Println("another one:", !errors.Is(err, scripting.ErrTimedout))
	// Output:
	// new: Emma
	// another one: false
}
