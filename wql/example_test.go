package wql_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"openwmi/cim"
	"openwmi/wql"
)

func ExampleParse() {
	q, err := wql.Parse(`select Name from Win32_Service where ("Running" = State or State is null) and Name not like "x%"`)
	if err != nil {
		log.Fatal(err)
	}
	s := q.(*wql.Select)
	fmt.Println(s)
	for e := range wql.Preorder(s.Where) {
		if t, ok := e.(wql.Term); ok {
			fmt.Printf("%v is about %v\n", t, t.Operand())
		}
	}
	// Output:
	// SELECT Name FROM Win32_Service WHERE (State = "Running" OR State IS NULL) AND NOT Name LIKE "x%"
	// State = "Running" is about State
	// State IS NULL is about State
	// Name LIKE "x%" is about Name
}

// An error shows where the query is wrong.
func ExampleError() {
	_, err := wql.Parse("SELECT * FROM Win32_Service\nWHERE State = Running")
	fmt.Println(errors.Is(err, cim.InvalidQuery))
	var at *wql.Error
	if errors.As(err, &at) {
		_ = at.Render(os.Stdout)
	}
	// Output:
	// true
	// query:2:15: expected a constant, found "Running": properties cannot be compared with each other, and text stands in quotes (0x80041017)
	// 	WHERE State = Running
	// 	              ^~~~~~~
}

func ExampleParseEvent() {
	s, err := wql.ParseEvent(`SELECT * FROM __InstanceCreationEvent WITHIN 1.5
		WHERE TargetInstance ISA 'Win32_Process'
		GROUP WITHIN 60 BY TargetInstance.Name HAVING NumberOfEvents > 10`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("poll every", s.Within.Duration)
	fmt.Println("if", s.Where)
	fmt.Println("collect for", s.Group.Within.Duration, "by", s.Group.By[0], "if", s.Group.Having)
	// Output:
	// poll every 1.5s
	// if TargetInstance ISA "Win32_Process"
	// collect for 1m0s by TargetInstance.Name if NumberOfEvents > 10
}

func ExampleBind() {
	text, err := wql.Bind("SELECT * FROM Win32_Process WHERE Name = ? AND CommandLine LIKE ? AND ProcessId > ?",
		`it's "x"`, wql.EscapeLike("50%")+"%", 4)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)
	// Output:
	// SELECT * FROM Win32_Process WHERE Name = "it's \"x\"" AND CommandLine LIKE "50[%]%" AND ProcessId > 4
}

var _ interface{ Render(io.Writer) error } = (*wql.Error)(nil)
