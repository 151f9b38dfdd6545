// Package mof reads and formats the Managed Object Format, in the dialects of
// WMI ("Managed Object Format (MOF)" in the WMI documentation) and of DMTF's
// DSP0004 2.x.
//
//	var list source.List
//	tree := mof.Parse(src, mof.Options{}, &list)
//	info := mof.Check(tree, mof.Auto, &list)
//	if err := list.Err(); err != nil {
//		list.Render(os.Stderr)
//	}
//
// Parse turns text into a tree and reports what the grammar shows to be wrong;
// it takes a little too much, such as a method which returns an array, where
// Check has the better message. Check reports what else a text alone can show.
// What an object means in a namespace is left to those who store it. Each
// diagnostic has the status that the Windows compiler would give (cim.MOF...),
// or, where only storing would fail, the status of that.
//
// Trees are data: nothing in this package changes one after Parse returned it, so
// they may be shared. A [source.List] belongs to one goroutine, and so does a call
// of Parse, Check or Format.
//
// A text may come from anywhere. What it can cost is bounded: source.MaxFile and
// 256 MiB of all files together, 16,384 files, includes 64 deep, 8 Mi tokens,
// names of 4,096 characters, objects embedded 64 deep, 100 errors.
package mof
