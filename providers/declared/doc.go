// Package declared supplies classes that read what a program prints, or a file
// holds, as qualifiers of the class say: whoever administers a computer adds one
// without programming.
//
//	[Dynamic, Provider("OpenWMI_Declared"),
//	 Command{"/usr/bin/lsblk", "--json", "--bytes", "--list"}, Format("json"), Root("$.blockdevices")]
//	class Local_BlockDevice
//	{
//		[Key, Source("name")] string Name;
//		uint64 Size;
//	};
//
// doc/declared.md shows one of each kind.
//
// # Qualifiers of the class
//
//	Command     string[]  the program, by its absolute path, and its arguments; no shell looks at them
//	File        string    a file to read instead
//	Lookup      string[]  a command for one instance; the argument {Name} is the value of the key Name
//	Format      string    json, jsonlines, keyvalue, csv or regexp
//	Root        string    json: where the array of rows is, or one row, such as $.a.b; $ if not said
//	Separator   string    what is between a key and its value (=), or between columns (,)
//	Columns     string[]  csv: what the columns are called; if not said, the first line says it
//	Pattern     string    regexp: what a line looks like that is a row, with named groups
//	Timeout     integer   seconds that the command may take; 30
//	MaxOutput   integer   bytes that it may print, or that the file may have; 16 MiB
//	MaxRows     integer   rows; 100000
//	CacheSeconds integer  for how long what was read is used again; 0
//
// # Qualifiers of properties
//
//	Source      string    what it is called there; in json dots lead into objects
//	Split       string    what is between the elements of an array
//	NullText    string[]  what means NULL, such as -
//	TimeFormat  string    a datetime is not in the form of CIM but rfc3339, or unix: seconds since 1970
//
// A property without Source is what has its name, without regard to case. One that
// is not there is NULL, or has its default.
//
// # Values
//
// A text becomes a value as cim.ParseText says, as on the command line; an empty one
// is NULL where it is no string. Numbers, TRUE and FALSE and arrays of JSON become
// what they convert to without loss. What does not fit its property is an error, and
// so is a row that makes no sense or has no key: less than everything, without a
// word, would be a lie. The error is ProviderFailure for the caller; the log has the
// class, the line, the column and the property. What a program writes to its
// standard error is in the log as well.
//
// # What is allowed
//
// Whoever can put classes decides what is run, with the rights of this process. So
// only that is run and read which the configuration lists (Config). Nothing of a
// query becomes an argument, but for keys where Lookup says so: a whole argument
// each, that does not begin with a hyphen. A caller who may read the namespace may
// read all that a class there shows.
//
// A class that declares nonsense is InvalidClass, with the qualifier in words; what
// the configuration does not list is AccessDenied; a program or file that is not
// there is NotAvailable; too much output is QuotaViolation, and a command that takes
// too long ProviderTimedOut. Rows are handed over as they are read, so what takes
// too long may also be the one who asked for them.
package declared
