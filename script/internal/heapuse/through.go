package heapuse

// Each account is a function of its own: that it is on the stack tells for which account
// memory was taken.
var through = [...]func(func()){
	run0, run1, run2, run3, run4, run5, run6, run7,
	run8, run9, run10, run11, run12, run13, run14, run15,
	run16, run17, run18, run19, run20, run21, run22, run23,
	run24, run25, run26, run27, run28, run29, run30, run31,
}

//go:noinline
func run0(f func()) { f() }

//go:noinline
func run1(f func()) { f() }

//go:noinline
func run2(f func()) { f() }

//go:noinline
func run3(f func()) { f() }

//go:noinline
func run4(f func()) { f() }

//go:noinline
func run5(f func()) { f() }

//go:noinline
func run6(f func()) { f() }

//go:noinline
func run7(f func()) { f() }

//go:noinline
func run8(f func()) { f() }

//go:noinline
func run9(f func()) { f() }

//go:noinline
func run10(f func()) { f() }

//go:noinline
func run11(f func()) { f() }

//go:noinline
func run12(f func()) { f() }

//go:noinline
func run13(f func()) { f() }

//go:noinline
func run14(f func()) { f() }

//go:noinline
func run15(f func()) { f() }

//go:noinline
func run16(f func()) { f() }

//go:noinline
func run17(f func()) { f() }

//go:noinline
func run18(f func()) { f() }

//go:noinline
func run19(f func()) { f() }

//go:noinline
func run20(f func()) { f() }

//go:noinline
func run21(f func()) { f() }

//go:noinline
func run22(f func()) { f() }

//go:noinline
func run23(f func()) { f() }

//go:noinline
func run24(f func()) { f() }

//go:noinline
func run25(f func()) { f() }

//go:noinline
func run26(f func()) { f() }

//go:noinline
func run27(f func()) { f() }

//go:noinline
func run28(f func()) { f() }

//go:noinline
func run29(f func()) { f() }

//go:noinline
func run30(f func()) { f() }

//go:noinline
func run31(f func()) { f() }
