package wql_test

import (
	"errors"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/internal/source"
	"openwmi/wql"
)

// TestErrors checks what is said of wrong queries, with which status, and where:
// at is what is marked.
func TestErrors(t *testing.T) {
	const data, event = false, true
	for _, test := range []struct {
		event  bool
		text   string
		at     string
		status cim.Status
		msg    string
	}{
		// Tokens.
		{data, " ", "", cim.InvalidQuery, `expected SELECT, ASSOCIATORS OF or REFERENCES OF, found the end of the query`},
		{data, "SELECT * FROM A WHERE n = 'x", "'", cim.InvalidQuery, `the string that begins here has no closing quote`},
		{data, `SELECT * FROM A WHERE n = 'C:\'`, "'", cim.InvalidQuery, `the string that begins here has no closing quote; a backslash before a quote takes the quote into the string, and is itself written \\`},
		{event, `SELECT * FROM A WHERE n = "x`, `"`, cim.UnparsableQuery, `the string that begins here has no closing quote`},
		{data, "SELECT * FROM A WHERE n = `x`", "`", cim.InvalidQuery, "unexpected character \"`\""},
		{data, `SELECT * FROM root\cimv2:A`, `\`, cim.InvalidQuery, `unexpected character "\\"; a query cannot name a namespace`},
		{data, "SELECT \xFF FROM A", "\xFF", cim.InvalidQuery, `unexpected character "\xff"`},
		{data, "SELECT a\u2028b\uFFFE FROM A", "\uFFFE", cim.InvalidQuery, `unexpected character "\ufffe"`},
		{data, "SELECT\x00* FROM A", "\x00", cim.InvalidQuery, `unexpected character "\x00"`},
		{data, "SELECT * FROM A WHERE n ! 5", "!", cim.InvalidQuery, `unexpected character "!"`},

		// Beginning and end.
		{data, "UPDATE A SET n = 5", "UPDATE", cim.InvalidQuery, `expected SELECT, ASSOCIATORS OF or REFERENCES OF, found "UPDATE": WQL only reads`},
		{data, "DELETE FROM A", "DELETE", cim.InvalidQuery, `expected SELECT, ASSOCIATORS OF or REFERENCES OF, found "DELETE": WQL only reads`},
		{event, "ASSOCIATORS OF {A=1}", "ASSOCIATORS", cim.UnparsableQuery, `expected SELECT, found "ASSOCIATORS"`},
		{data, "SELECT * FROM A;;", ";", cim.InvalidQuery, `expected the end of the query after the semicolon, found ";"`},
		{data, "SELECT * FROM A -- x", "-", cim.InvalidQuery, `expected WHERE or the end of the query, found "-": WQL has no arithmetic`},
		{data, "SELECT * FROM A WHERE n = 1; SELECT * FROM B", "SELECT", cim.InvalidQuery, `expected the end of the query after the semicolon, found "SELECT"`},
		{event, "SELECT * FROM A B", "B", cim.UnparsableQuery, `expected WITHIN, WHERE, GROUP or the end of the query, found "B"`},
		{event, "SELECT * FROM A WITHIN 1 B", "B", cim.UnparsableQuery, `expected WHERE, GROUP or the end of the query, found "B"`},
		{event, "SELECT * FROM A WHERE n = 1 B", "B", cim.UnparsableQuery, `expected AND, OR, GROUP or the end of the query, found "B"`},
		{event, "SELECT * FROM A GROUP WITHIN 1 B", "B", cim.UnparsableQuery, `expected HAVING or the end of the query, found "B"`},
		{event, "SELECT * FROM A GROUP WITHIN 1 BY x B", "B", cim.UnparsableQuery, `expected a comma, HAVING or the end of the query, found "B"`},
		{event, "SELECT * FROM A GROUP WITHIN 1 HAVING NumberOfEvents = 1 B", "B", cim.UnparsableQuery, `expected AND, OR or the end of the query, found "B"`},

		// Columns and classes.
		{data, "SELECT", "", cim.InvalidQuery, `expected * or the name of a property, found the end of the query`},
		{data, "SELECT FROM A", "FROM", cim.InvalidQuery, `expected * or the name of a property, found "FROM"`},
		{data, `SELECT "*" FROM A`, `"*"`, cim.InvalidQuery, `expected * or the name of a property, found "*"`},
		{data, "SELECT a, FROM A", "FROM", cim.InvalidQuery, `expected the name of a property, found "FROM"`},
		{data, "SELECT *, a FROM A", ",", cim.InvalidQuery, `expected FROM, found ",": a query is about one class, and AND or OR stands between conditions`},
		{data, "SELECT a. FROM A", "FROM", cim.InvalidQuery, `expected a property after the point, found "FROM"`},
		{data, "SELECT a.*.b FROM A", ".", cim.InvalidQuery, `expected a comma or FROM, found "."`},
		{data, "SELECT b, A.* FROM A", "A.*", cim.InvalidQuery, `all properties of A and single ones cannot be asked for together`},
		{data, "SELECT a b FROM A", "b", cim.InvalidQuery, `expected a comma or FROM, found "b"`},
		{data, "SELECT a.null FROM A", "null", cim.InvalidQuery, `expected a property after the point, found "null"`},
		{data, "SELECT * WHERE n = 1", "WHERE", cim.InvalidQuery, `expected FROM, found "WHERE"`},
		{data, "SELECT * FROM", "", cim.InvalidQuery, `expected the name of a class, found the end of the query`},
		{data, "SELECT * FROM 5", "5", cim.InvalidQuery, `expected the name of a class, found "5"`},
		{data, "SELECT * FROM WHERE n = 1", "WHERE", cim.InvalidQuery, `expected the name of a class, found "WHERE"`},

		// What SQL has and WQL has not: wql.md 11.
		{data, "SELECT DISTINCT a FROM A", "a", cim.InvalidQuery, `expected a comma or FROM, found "a": WQL has no DISTINCT`},
		{data, "SELECT ALL a FROM A", "a", cim.InvalidQuery, `expected a comma or FROM, found "a": WQL has no DISTINCT`},
		{data, "SELECT TOP 5 * FROM A", "5", cim.InvalidQuery, `expected a comma or FROM, found "5": WQL has no TOP: stop reading when you have enough`},
		{data, "SELECT COUNT(*) FROM A", "(", cim.InvalidQuery, `expected a comma or FROM, found "(": WQL has no functions`},
		{data, "SELECT a AS b FROM A", "AS", cim.InvalidQuery, `expected a comma or FROM, found "AS": WQL has no AS: classes and properties keep their names`},
		{data, "SELECT * INTO B FROM A", "INTO", cim.InvalidQuery, `expected FROM, found "INTO": WQL only reads`},
		{data, "SELECT * FROM A, B", ",", cim.InvalidQuery, `expected WHERE or the end of the query, found ",": a query is about one class, and AND or OR stands between conditions`},
		{data, "SELECT * FROM A INNER JOIN B", "INNER", cim.InvalidQuery, `expected WHERE or the end of the query, found "INNER": WQL has no joins: ASSOCIATORS OF follows associations`},
		{data, "SELECT * FROM A UNION SELECT * FROM B", "UNION", cim.InvalidQuery, `expected WHERE or the end of the query, found "UNION": WQL has no UNION`},
		{data, "SELECT * FROM A ORDER BY a", "ORDER", cim.InvalidQuery, `expected WHERE or the end of the query, found "ORDER": WQL has no ORDER BY: order the results yourself`},
		{data, "SELECT * FROM A WHERE n = 1 LIMIT 5", "LIMIT", cim.InvalidQuery, `expected AND, OR or the end of the query, found "LIMIT": WQL has no LIMIT: stop reading when you have enough`},
		{data, "SELECT * FROM A WHERE n IN (1, 2)", "IN", cim.InvalidQuery, `expected an operator such as = after the property, found "IN": WQL has no IN: combine comparisons by OR`},
		{data, "SELECT * FROM A WHERE n NOT IN (1, 2)", "IN", cim.InvalidQuery, `expected LIKE after NOT, found "IN": WQL has no IN: combine comparisons by OR`},
		{data, "SELECT * FROM A WHERE n BETWEEN 1 AND 2", "BETWEEN", cim.InvalidQuery, `expected an operator such as = after the property, found "BETWEEN": WQL has no BETWEEN: combine >= and <= by AND`},
		{data, "SELECT * FROM A WHERE n = (SELECT m FROM B)", "(", cim.InvalidQuery, `expected a constant, found "(": WQL has no subqueries or expressions`},
		{data, "SELECT * FROM A WHERE NOT EXISTS (SELECT * FROM B)", "(", cim.InvalidQuery, `expected an operator such as = after the property, found "(": WQL has no subqueries`},
		{data, "SELECT * FROM A WHERE n < 4+1", "+1", cim.InvalidQuery, `expected AND, OR or the end of the query, found "+1": WQL has no arithmetic`},
		{data, "SELECT * FROM A WHERE n < 4 * 2", "*", cim.InvalidQuery, `expected AND, OR or the end of the query, found "*"`},
		{data, "SELECT * FROM A WHERE n + 1 < 4", "+", cim.InvalidQuery, `expected an operator such as = after the property, found "+": WQL has no arithmetic`},
		{data, "SELECT * FROM A GROUP BY a", "GROUP", cim.InvalidQuery, `expected WHERE or the end of the query, found "GROUP": GROUP is for queries of events`},
		{data, "SELECT * FROM A within 5", "within", cim.InvalidQuery, `expected WHERE or the end of the query, found "within": WITHIN is for queries of events`},
		{data, "SELECT * FROM A HAVING a > 5", "HAVING", cim.InvalidQuery, `expected WHERE or the end of the query, found "HAVING": HAVING belongs to GROUP WITHIN`},

		// Conditions.
		{data, "SELECT * FROM A WHERE", "", cim.InvalidQuery, `expected a condition, found the end of the query`},
		{data, "SELECT * FROM A WHERE n", "", cim.InvalidQuery, `expected an operator such as = after the property, found the end of the query`},
		{data, "SELECT * FROM A WHERE n =", "", cim.InvalidQuery, `expected a constant, found the end of the query`},
		{data, "SELECT * FROM A WHERE n = 1 AND", "", cim.InvalidQuery, `expected a condition, found the end of the query`},
		{data, "SELECT * FROM A WHERE AND n = 1", "AND", cim.InvalidQuery, `expected a condition, found "AND"`},
		{data, "SELECT * FROM A WHERE n = m", "m", cim.InvalidQuery, `expected a constant, found "m": properties cannot be compared with each other, and text stands in quotes`},
		{data, "SELECT * FROM A WHERE n = AND m = 1", "AND", cim.InvalidQuery, `expected a constant, found "AND"`},
		{data, "SELECT * FROM A WHERE 5", "", cim.InvalidQuery, `expected an operator such as = after the constant, found the end of the query`},
		{data, "SELECT * FROM A WHERE 'x' LIKE s", "LIKE", cim.InvalidQuery, `expected an operator such as = after the constant, found "LIKE"`},
		{data, "SELECT * FROM A WHERE NULL IS n", "IS", cim.InvalidQuery, `expected an operator such as = after the constant, found "IS"`},
		{data, "SELECT * FROM A WHERE 4 = 5", "5", cim.InvalidQuery, `expected the name of a property, found "5": one side of a comparison is a property`},
		{data, "SELECT * FROM A WHERE 4 = AND", "AND", cim.InvalidQuery, `expected the name of a property, found "AND"`},
		{data, "SELECT * FROM A WHERE (n = 1", "", cim.InvalidQuery, `expected AND, OR or the closing parenthesis, found the end of the query`},
		{data, "SELECT * FROM A WHERE n = 1)", ")", cim.InvalidQuery, `expected AND, OR or the end of the query, found ")"`},
		{data, "SELECT * FROM A WHERE ()", ")", cim.InvalidQuery, `expected a condition, found ")"`},
		{data, "SELECT * FROM A WHERE (n) = 1", ")", cim.InvalidQuery, `expected an operator such as = after the property, found ")"`},
		{data, "SELECT * FROM A WHERE e.* = 1", "*", cim.InvalidQuery, `expected a property after the point, found "*"`},
		{data, "SELECT * FROM A WHERE n LIKE 5", "5", cim.InvalidQuery, `expected a pattern in quotes after LIKE, found "5"`},
		{data, "SELECT * FROM A WHERE n NOT ISA B", "ISA", cim.InvalidQuery, `expected LIKE after NOT, found "ISA"`},
		{data, "SELECT * FROM A WHERE n NOT LIKE 5", "5", cim.InvalidQuery, `expected a pattern in quotes after LIKE, found "5"`},
		{data, "SELECT * FROM A WHERE n ISA 5", "5", cim.InvalidQuery, `expected the name of a class after ISA, found "5"`},
		{data, "SELECT * FROM A WHERE n ISA 'a b'", "'a b'", cim.InvalidQuery, `expected the name of a class after ISA, found 'a b'`},
		{data, "SELECT * FROM A WHERE n ISA '\x1b[0m'", "'\x1b[0m'", cim.InvalidQuery, `expected the name of a class after ISA, found "'\x1b[0m'"`},
		{data, "SELECT * FROM A WHERE n ISA ''", "''", cim.InvalidQuery, `expected the name of a class after ISA, found ''`},
		{data, "SELECT * FROM A WHERE n IS", "", cim.InvalidQuery, `expected NULL or NOT NULL after IS, found the end of the query`},
		{data, "SELECT * FROM A WHERE n IS NOT 5", "5", cim.InvalidQuery, `expected NULL after IS NOT, found "5"`},
		{data, "SELECT * FROM A WHERE n < NULL", "n < NULL", cim.InvalidQuery, `NULL has no order: only = and <> compare with it`},
		{event, "SELECT * FROM A WHERE NULL >= n", "NULL >= n", cim.UnparsableQuery, `NULL has no order: only = and <> compare with it`},
		{data, "SELECT * FROM A WHERE n = ?", "?", cim.InvalidQuery, `expected a constant, found "?": a parameter needs a value, see Bind`},
		{data, "SELECT * FROM A WHERE __THIS ISA 'B'", "__THIS", cim.InvalidQuery, `__THIS is for queries FROM meta_class`},
		{event, "SELECT * FROM A WHERE n = 1 OR __this.x = 2", "__this.x", cim.InvalidQuery, `__THIS is for queries FROM meta_class`},
		{data, "SELECT * FROM A WHERE n = " + strings.Repeat("x", 50), strings.Repeat("x", 50), cim.InvalidQuery,
			`expected a constant, found "` + strings.Repeat("x", 40) + `"...: properties cannot be compared with each other, and text stands in quotes`},

		// Literals.
		{data, "SELECT * FROM A WHERE n = 18446744073709551616", "18446744073709551616", cim.InvalidQuery, `18446744073709551616 does not fit an integer of 64 bits`},
		{event, "SELECT * FROM A WHERE n = -9223372036854775809", "-9223372036854775809", cim.InvalidQuery, `-9223372036854775809 does not fit an integer of 64 bits`},
		{data, "SELECT * FROM A WHERE n = 0x10000000000000000", "0x10000000000000000", cim.InvalidQuery, `0x10000000000000000 does not fit an integer of 64 bits`},
		{data, "SELECT * FROM A WHERE n = 1.0e999", "1.0e999", cim.InvalidQuery, `1.0e999 does not fit a real of 64 bits`},
		{data, "SELECT * FROM A WHERE n = 0x", "0x", cim.InvalidQuery, `0x is not a number`},
		{data, "SELECT * FROM A WHERE n = -0x5", "-0x5", cim.InvalidQuery, `-0x5 is not a number`},
		{event, "SELECT * FROM A WHERE n = 5x", "5x", cim.UnparsableQuery, `5x is not a number`},
		{data, "SELECT * FROM A WHERE n = 5.", "5.", cim.InvalidQuery, `5. is not a number`},
		{data, "SELECT * FROM A WHERE n = 1e5", "1e5", cim.InvalidQuery, `1e5 is not a number: before an exponent stands a point with digits, as in 1.0e5`},
		{data, "SELECT * FROM A WHERE n = -1E+400", "-1E", cim.InvalidQuery, `-1E is not a number: before an exponent stands a point with digits, as in 1.0e5`},
		{data, "SELECT * FROM A WHERE n = 'a\xffb'", "\xff", cim.InvalidQuery, `byte 0xff in a string is not UTF-8`},
		{event, "SELECT * FROM A WHERE n LIKE '\xed\xa0'", "\xed", cim.UnparsableQuery, `byte 0xed in a string is not UTF-8`},
		{data, "ASSOCIATORS OF {A='\xc0'}", "\xc0", cim.InvalidQuery, `byte 0xc0 in an object path is not UTF-8`},
		{data, "SELECT * FROM A WHERE n = 1.5e", "1.5e", cim.InvalidQuery, `1.5e is not a number`},
		{data, "SELECT * FROM A WHERE n = 1.2.3", "1.2.3", cim.InvalidQuery, `1.2.3 is not a number`},
		{data, "SELECT * FROM A WHERE n = 1_0.5", "1_0.5", cim.InvalidQuery, `1_0.5 is not a number`},
		{data, "SELECT * FROM A WHERE 5x = n", "5x", cim.InvalidQuery, `5x is not a number`},
		{data, `SELECT * FROM A WHERE n = "\\ \q \z"`, `\`, cim.InvalidQuery, `a backslash is written \\`},
		{data, `SELECT * FROM A WHERE n LIKE "a\b\[c"`, `\`, cim.InvalidQuery, `a backslash is written \\; the pattern for [ is [[]`},
		{event, `SELECT * FROM A WHERE n = '\n'`, `\`, cim.UnparsableQuery, `a backslash is written \\`},
		{data, `SELECT * FROM A WHERE n = 'it''s'`, `'s'`, cim.InvalidQuery, `expected AND, OR or the end of the query, found 's': a quote in a string is written \'`},

		// Classes.
		{data, "SELECT __CLASS FROM meta_class", "__CLASS", cim.InvalidQuery, `a query FROM meta_class can only ask for *`},
		{data, "SELECT * FROM Meta_Class WHERE Name = 'x'", "Name", cim.InvalidQuery, `in a query FROM meta_class there are __CLASS, __SUPERCLASS, __DYNASTY and __THIS, but no Name`},
		{data, "SELECT * FROM meta_class WHERE __CLASS.x = 'x'", "__CLASS.x", cim.InvalidQuery, `in a query FROM meta_class there are __CLASS, __SUPERCLASS, __DYNASTY and __THIS, but no __CLASS.x`},
		{data, "SELECT * FROM meta_class WHERE NOT __CLASS ISA 'x'", "__CLASS", cim.InvalidQuery, `in a query FROM meta_class, ISA is about __THIS, not __CLASS`},
		{data, "SELECT * FROM meta_class WHERE __this = 'x'", "__this", cim.InvalidQuery, `__THIS has no value: only ISA can follow it`},
		{event, "SELECT * FROM meta_class", "meta_class", cim.NotEventClass, `meta_class is no class of events`},

		// Events.
		{event, "SELECT * FROM A WITHIN", "", cim.UnparsableQuery, `expected a number of seconds, found the end of the query`},
		{event, "SELECT * FROM A WITHIN +1", "+1", cim.UnparsableQuery, `expected a number of seconds, found "+1"`},
		{event, "SELECT * FROM A WITHIN '1'", "'1'", cim.UnparsableQuery, `expected a number of seconds, found '1'`},
		{event, "SELECT * FROM A WITHIN 1s", "1s", cim.UnparsableQuery, `1s is not a number`},
		{event, "SELECT * FROM A WITHIN 0", "0", cim.InvalidQuery, `an interval of 0 seconds is not above 0 and at most 4294967`},
		{event, "SELECT * FROM A WITHIN 4294967.1", "4294967.1", cim.InvalidQuery, `an interval of 4294967.1 seconds is not above 0 and at most 4294967`},
		{event, "SELECT * FROM A GROUP WITHIN 0.0", "0.0", cim.InvalidQuery, `an interval of 0.0 seconds is not above 0 and at most 4294967`},
		{event, "SELECT * FROM A WITHIN 99999999999999999999", "99999999999999999999", cim.InvalidQuery, `99999999999999999999 does not fit an integer of 64 bits`},
		{event, "SELECT * FROM A WHERE n = 1 WITHIN 5", "WITHIN", cim.UnparsableQuery, `expected AND, OR, GROUP or the end of the query, found "WITHIN": WITHIN stands before WHERE, or after GROUP`},
		{event, "SELECT * FROM A WHERE n = 1 HAVING NumberOfEvents > 1", "HAVING", cim.UnparsableQuery, `expected AND, OR, GROUP or the end of the query, found "HAVING": HAVING belongs to GROUP WITHIN`},
		{event, "SELECT * FROM A GROUP", "", cim.MissingGroupWithin, `expected WITHIN and a number of seconds after GROUP, found the end of the query`},
		{event, "SELECT * FROM A GROUP BY x", "BY", cim.MissingGroupWithin, `expected WITHIN and a number of seconds after GROUP, found "BY"`},
		{event, "SELECT * FROM A GROUP WITHIN BY x", "BY", cim.UnparsableQuery, `expected a number of seconds, found "BY"`},
		{event, "SELECT * FROM A GROUP WITHIN 5 BY", "", cim.MissingAggregationList, `expected the names of properties after BY, found the end of the query`},
		{event, "SELECT * FROM A GROUP WITHIN 5 BY;", ";", cim.MissingAggregationList, `expected the names of properties after BY, found ";"`},
		{event, "SELECT * FROM A GROUP WITHIN 5 BY *", "*", cim.MissingAggregationList, `expected the names of properties after BY, found "*"`},
		{event, "SELECT * FROM A GROUP WITHIN 5 BY HAVING NumberOfEvents > 1", "HAVING", cim.MissingAggregationList, `expected the names of properties after BY, found "HAVING"`},
		{event, "SELECT * FROM A GROUP WITHIN 5 BY HAVING (NumberOfEvents > 1)", "HAVING", cim.MissingAggregationList, `expected the names of properties after BY, found "HAVING"`},
		{event, "SELECT * FROM A GROUP WITHIN 5 BY 7", "7", cim.UnparsableQuery, `expected the name of a property after BY, found "7"`},
		{event, "SELECT * FROM A GROUP WITHIN 5 BY x,", "", cim.UnparsableQuery, `expected the name of a property, found the end of the query`},
		{event, "SELECT * FROM A GROUP WITHIN 5 BY x.*", "*", cim.UnparsableQuery, `expected a property after the point, found "*"`},
		{event, "SELECT * FROM A GROUP WITHIN 5 HAVING", "", cim.UnparsableQuery, `expected NumberOfEvents, found the end of the query`},
		{event, "SELECT * FROM A GROUP WITHIN 5 HAVING x > 5", "x", cim.UnparsableQuery, `expected NumberOfEvents, found "x"`},
		{event, "SELECT * FROM A GROUP WITHIN 5 HAVING 5 < NumberOfEvents", "5", cim.UnparsableQuery, `expected NumberOfEvents, found "5"`},
		{event, "SELECT * FROM A GROUP WITHIN 5 HAVING NumberOfEvents.x > 5", ".", cim.UnparsableQuery, `expected an operator such as > after NumberOfEvents, found "."`},
		{event, "SELECT * FROM A GROUP WITHIN 5 HAVING NumberOfEvents LIKE '5'", "LIKE", cim.UnparsableQuery, `expected an operator such as > after NumberOfEvents, found "LIKE"`},
		{event, "SELECT * FROM A GROUP WITHIN 5 HAVING NumberOfEvents > '5'", "'5'", cim.UnparsableQuery, `expected a number of events, found '5'`},
		{event, "SELECT * FROM A GROUP WITHIN 5 HAVING NumberOfEvents > 5.0", "5.0", cim.UnparsableQuery, `a number of events is an integer from 0 to 4294967295, not 5.0`},
		{event, "SELECT * FROM A GROUP WITHIN 5 HAVING NumberOfEvents > -5", "-5", cim.UnparsableQuery, `a number of events is an integer from 0 to 4294967295, not -5`},
		{event, "SELECT * FROM A GROUP WITHIN 5 HAVING NumberOfEvents > 4294967296", "4294967296", cim.UnparsableQuery, `a number of events is an integer from 0 to 4294967295, not 4294967296`},

		// Associations.
		{data, "ASSOCIATORS {A=1}", "{", cim.InvalidQuery, `expected OF, found "{"`},
		{data, "ASSOCIATORS OF A=1", "A", cim.InvalidQuery, `expected an object path in braces, found "A"`},
		{data, "ASSOCIATORS OF {A=1", "{", cim.InvalidQuery, `the brace that begins here is not closed`},
		{data, "ASSOCIATORS OF {A='1}", "'", cim.InvalidQuery, `the value that begins here has no closing quote`},
		{data, "ASSOCIATORS OF { }", "", cim.InvalidQuery, `object path "": a path is expected at character 1`},
		{data, "ASSOCIATORS OF {A.b = 1}", " ", cim.InvalidQuery, `an object path has blanks in quotes only`},
		{data, "ASSOCIATORS OF {A.b='x y', c=1}", " ", cim.InvalidQuery, `an object path has blanks in quotes only`},
		{data, "ASSOCIATORS OF {A.b}", "A.b", cim.InvalidQuery, `object path "A.b": a key name and = are expected at character 3`},
		{data, `REFERENCES OF {root\cimv2}`, `root\cimv2`, cim.InvalidQuery, `expected the path of an object, found that of a namespace`},
		{data, "REFERENCES OF {A}", "A", cim.InvalidQuery, `a class needs SchemaOnly; without it, the path is that of an instance`},
		{data, "REFERENCES OF {A=1} WHERE SchemaOnly", "A=1", cim.InvalidQuery, `SchemaOnly is about a class, not about an instance`},
		{data, "REFERENCES OF {A=1} B", "B", cim.InvalidQuery, `expected WHERE or the end of the query, found "B"`},
		{data, "REFERENCES OF {A=1} WHERE", "", cim.InvalidQuery, `expected an item such as ResultClass = Name or KeysOnly, found the end of the query`},
		{data, "REFERENCES OF {A=1} WHERE Class = B", "Class", cim.InvalidQuery, `expected an item such as ResultClass = Name or KeysOnly, found "Class"`},
		{data, "REFERENCES OF {A=1} WHERE KeysOnly B", "B", cim.InvalidQuery, `expected an item such as ResultClass = Name or KeysOnly, found "B"`},
		{data, "REFERENCES OF {A=1} WHERE Role = a, ResultClass = B", ",", cim.InvalidQuery, `expected another item, found ",": there is nothing but blanks between items, and all of them must hold`},
		{data, "REFERENCES OF {A=1} WHERE Role = a OR ResultClass = B", "OR", cim.InvalidQuery, `expected another item, found "OR": there is nothing but blanks between items, and all of them must hold`},
		{data, "REFERENCES OF {A=1} WHERE Role a", "a", cim.InvalidQuery, `expected = after Role, found "a"`},
		{data, "REFERENCES OF {A=1} WHERE Role <> a", "<>", cim.InvalidQuery, `expected = after Role, found "<>"`},
		{data, "REFERENCES OF {A=1} WHERE Role =", "", cim.InvalidQuery, `expected a name after Role =, found the end of the query`},
		{data, "REFERENCES OF {A=1} WHERE Role = 'a b'", "'a b'", cim.InvalidQuery, `expected a name after Role =, found 'a b'`},
		{data, "REFERENCES OF {A=1} WHERE Role = a role = b", "role", cim.InvalidQuery, `Role stands there twice`},
		{data, "REFERENCES OF {A=1} WHERE KeysOnly KEYSONLY", "KEYSONLY", cim.InvalidQuery, `KeysOnly stands there twice`},
		{data, "REFERENCES OF {A=1} WHERE ResultRole = a", "ResultRole", cim.InvalidQuery, `ResultRole is for ASSOCIATORS OF, not for REFERENCES OF`},
		{data, "REFERENCES OF {A=1} WHERE KeysOnly;;", ";", cim.InvalidQuery, `expected the end of the query after the semicolon, found ";"`},
		{data, "REFERENCES OF {A=1} WHERE ResultClass = B ClassDefsOnly", "A=1", cim.InvalidQuery, `ClassDefsOnly and ResultClass do not go together`},
		{data, "REFERENCES OF {A=1} WHERE ClassDefsOnly KeysOnly", "A=1", cim.InvalidQuery, `ClassDefsOnly and KeysOnly do not go together`},
		{data, "ASSOCIATORS OF {A} WHERE SchemaOnly ClassDefsOnly", "A", cim.InvalidQuery, `SchemaOnly and ClassDefsOnly do not go together`},
		{data, "ASSOCIATORS OF {A} WHERE SchemaOnly KeysOnly", "A", cim.InvalidQuery, `SchemaOnly and KeysOnly do not go together`},
	} {
		q, err := parse(test.event, test.text)
		var at *wql.Error
		if !errors.As(err, &at) || q != nil {
			t.Errorf("%s: %v, %v, want %q", test.text, q, err, test.msg)
			continue
		}
		if got := test.text[at.Pos-1 : at.End-1]; got != test.at || at.Msg != test.msg || cim.StatusOf(err) != test.status {
			t.Errorf("%s: at %q: %v: %s, want\nat %q: %v: %s", test.text, got, cim.StatusOf(err), at.Msg, test.at, test.status, test.msg)
		}
		if got := test.text[at.Pos-1:]; test.at == "" && !strings.HasPrefix(test.text, "ASSOC") && got != "" {
			t.Errorf("%s: at %q, want the end", test.text, got)
		}
	}
}

// TestRender checks that a command line can show where a query is wrong.
func TestRender(t *testing.T) {
	_, err := wql.Parse("SELECT Name\n\tFROM Disk\n\tWHERE Sizé IN (1, 2)")
	if got, want := err.Error(), `query:3:13: expected an operator such as = after the property, found "IN": WQL has no IN: combine comparisons by OR`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	var d *source.Diagnostic
	if !errors.As(err, &d) {
		t.Fatal("no diagnostic")
	}
	var b strings.Builder
	if err := d.Render(&b); err != nil {
		t.Fatal(err)
	}
	want := err.Error() + " (0x80041017)\n\t        WHERE Sizé IN (1, 2)\n\t                   ^~\n"
	if b.String() != want {
		t.Errorf("rendered\n%s, want\n%s", b.String(), want)
	}
}

// TestErrorf checks errors of those who know the classes.
func TestErrorf(t *testing.T) {
	q, err := wql.Parse("SELECT Nope FROM Disk")
	if err != nil {
		t.Fatal(err)
	}
	s := q.(*wql.Select)
	err = wql.Errorf(s.Source, s.Columns[0], cim.InvalidQuery, "class %s has no property %v", s.Class.Name, s.Columns[0])
	if got := err.Error(); got != "query:1:8: class Disk has no property Nope" || !errors.Is(err, cim.InvalidQuery) {
		t.Errorf("%v (%v)", got, cim.StatusOf(err))
	}
	long := strings.Repeat("x", 98) + "ÄÄÄ"
	err = wql.Errorf(s.Source, s, cim.InvalidQuery, "%s %v", long, &wql.Path{Names: []wql.Ident{{Name: long}}})
	if got, want := err.Error(), "query:1:1: "+long[:100]+"... "+long[:100]+"..."; got != want {
		t.Errorf("long names: %s, want %s", got, want)
	}
	err = wql.Errorf(nil, s, cim.InvalidClass, "no class %s", "Disk")
	if got := err.Error(); got != "no class Disk" || !errors.Is(err, cim.InvalidClass) {
		t.Errorf("without a text: %v (%v)", got, cim.StatusOf(err))
	}
}
