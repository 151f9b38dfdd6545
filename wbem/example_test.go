package wbem_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"openwmi/cim"
	"openwmi/cimom"
	"openwmi/wbem"
)

// library returns a session with a namespace in memory that has the class Book,
// and that class.
func library(ctx context.Context) (wbem.Services, *cim.Class, func() error) {
	manager, err := cimom.OpenMemory(cimom.Options{Server: "HOST"})
	if err != nil {
		log.Fatal(err)
	}
	services, err := manager.Connect(ctx, `root\cimv2`, wbem.ConnectOptions{})
	if err != nil {
		log.Fatal(err)
	}
	err = services.PutClass(ctx, &cim.ClassDecl{Name: "Book", Properties: []cim.PropertyDecl{
		{Name: "Title", Type: cim.TypeString, Qualifiers: cim.Qualifiers{{Name: "key", Value: cim.BoolValue(true)}}},
	}}, wbem.Options{})
	if err != nil {
		log.Fatal(err)
	}
	class, err := services.GetClass(ctx, "Book", wbem.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return services, class, manager.Close
}

func book(class *cim.Class, title string) *cim.Instance {
	inst := cim.NewInstance(class)
	if err := inst.Set("Title", cim.StringValue(title)); err != nil {
		log.Fatal(err)
	}
	return inst
}

// A sink receives the outcome of asynchronous calls, each with the value that
// was given with it.
func ExamplePutInstanceAsync() {
	ctx := context.Background()
	services, class, stop := library(ctx)
	defer stop()

	done := make(chan struct{})
	sink := &wbem.Sink{
		OnObjectPut: func(path cim.Path, asyncContext any) error {
			fmt.Println(asyncContext, "stored at", path)
			return nil
		},
		OnCompleted: func(err error, asyncContext any) {
			fmt.Println(asyncContext, "completed:", wbem.StatusOf(err).Name())
			done <- struct{}{}
		},
	}
	for attempt := 1; attempt <= 2; attempt++ {
		o := wbem.Options{Flags: wbem.CreateOnly}
		if err := wbem.PutInstanceAsync(ctx, services, sink, book(class, "Emma"), o, attempt); err != nil {
			log.Fatal(err)
		}
		<-done
	}
	// Output:
	// 1 stored at \\HOST\root\cimv2:Book.Title="Emma"
	// 1 completed: NoErr
	// 2 completed: AlreadyExists
}

// A semisynchronous call with one result: start it, do something else, ask.
func ExampleCallResult() {
	ctx := context.Background()
	services, class, stop := library(ctx)
	defer stop()

	call, err := wbem.BeginPutInstance(ctx, services, book(class, "Emma"), wbem.Options{})
	if err != nil {
		log.Fatal(err)
	}
	path, err := call.ResultString(ctx, time.Minute)
	if errors.Is(err, wbem.STimedout) {
		log.Fatal("not yet; ask again")
	}
	fmt.Println(path, err)
	// Output:
	// \\HOST\root\cimv2:Book.Title="Emma" <nil>
}

// A semisynchronous call with many results.
func ExampleEnumerator() {
	ctx := context.Background()
	services, class, stop := library(ctx)
	defer stop()
	for _, title := range []string{"Dubliners", "Emma", "Ulysses"} {
		if _, err := services.PutInstance(ctx, book(class, title), wbem.Options{}); err != nil {
			log.Fatal(err)
		}
	}

	books, err := wbem.EnumerateInstances(ctx, services, "Book", wbem.Options{Flags: wbem.ReturnImmediately})
	if err != nil {
		log.Fatal(err)
	}
	defer books.Close()
	for status := wbem.OK; status == wbem.OK; {
		var some []cim.Object
		if some, status, err = books.Next(ctx, time.Minute, 2); err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(some), status.Name())
	}
	// Output:
	// 2 NoErr
	// 1 SFalse
}

// A query is a sequence of instances, or of classes.
func ExampleServices_query() {
	ctx := context.Background()
	services, class, stop := library(ctx)
	defer stop()
	for _, title := range []string{"Dubliners", "Emma", "Ulysses"} {
		if _, err := services.PutInstance(ctx, book(class, title), wbem.Options{}); err != nil {
			log.Fatal(err)
		}
	}

	for o, err := range services.Query(ctx, "WQL", "SELECT * FROM Book WHERE Title < 'F'", wbem.Options{}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(o)
	}
	// Output:
	// \\HOST\root\cimv2:Book.Title="Dubliners"
	// \\HOST\root\cimv2:Book.Title="Emma"
}

// A subscription has every event since Subscribe returned.
func ExampleSubscription() {
	ctx := context.Background()
	services, class, stop := library(ctx)
	defer stop()

	news, err := services.Subscribe(ctx, "WQL", "SELECT * FROM __InstanceCreationEvent WHERE TargetInstance ISA 'Book'", wbem.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer news.Close()
	if _, err := services.PutInstance(ctx, book(class, "Emma"), wbem.Options{}); err != nil {
		log.Fatal(err)
	}
	event, err := news.Next(ctx)
	if err != nil {
		log.Fatal(err)
	}
	target, _ := event.Get("TargetInstance")
	title, _ := target.Object().(*cim.Instance).Get("Title")
	fmt.Println("new:", title)
	// Output:
	// new: Emma
}

// Notify is a subscription as a loop.
func ExampleNotify() {
	ctx := context.Background()
	services, class, stop := library(ctx)
	defer stop()
	go func() {
		var err error
		for err == nil {
			_, err = services.PutInstance(ctx, book(class, "Emma"), wbem.Options{})
		}
	}()

	for event, err := range wbem.Notify(ctx, services, "WQL", "SELECT * FROM __InstanceModificationEvent WHERE TargetInstance ISA 'Book'", wbem.Options{}) {
		if err != nil {
			log.Fatal(err)
		}
		target, _ := event.Get("TargetInstance")
		title, _ := target.Object().(*cim.Instance).Get("Title")
		fmt.Println("put again:", title)
		break
	}
	// Output:
	// put again: Emma
}
