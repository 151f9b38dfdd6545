// Package wql reads and prints the WMI Query Language: data, schema, event and
// association queries ("WQL (SQL for WMI)" in the WMI documentation, [MS-WMI]
// 2.2.1; wql.md).
//
//	q, err := wql.Parse(`SELECT Name FROM Win32_Process WHERE ProcessId > 4`)
//
// Parse reads what ExecQuery takes, ParseEvent what ExecNotificationQuery takes.
// Both check what a text alone can show; names and types are checked by those
// who know the classes, and Errorf gives their errors the place in the query.
// Bind puts values into a query.
//
// # Trees
//
// What can be written in two ways is one thing in a tree. 5 < N is N > 5, !=
// is <>, N = NULL is N IS NULL, Name NOT LIKE "x" is NOT Name LIKE "x", nested
// ANDs and ORs are flat, and C.Name in a query on class C is Name. A tree never
// changes after it was made, so it may be shared. Its String prints a query that
// parses to an equal tree.
//
// # Words
//
// Blanks, tabs and ends of lines separate words, and there are no comments.
// Letters of names are those of ASCII, the underscore, and all UTF-16 units from
// U+0080 to U+FFFD, even what looks like a blank. NULL, TRUE, FALSE, AND, OR,
// NOT, FROM and WHERE are never names; any other keyword is one where the
// grammar wants a name. So there is no token for a keyword: what a word is, the
// parser says.
//
// Two things depend on where they stand, and so are not for the lexer to say
// either: what a backslash in a string means (literal.go), and an object path in
// braces, in which nothing is a token (lexer.braced).
package wql
