package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"openwmi/wbem"
)

func TestParseMofcomp(t *testing.T) {
	for _, c := range []struct {
		line string
		want mofcompArgs
	}{
		{`x.mof`, mofcompArgs{file: "x.mof"}},
		{`-check x.mof`, mofcompArgs{file: "x.mof", check: true}},
		{`/CHECK /tmp/x.mof`, mofcompArgs{file: "/tmp/x.mof", check: true}},
		{`/N:root\cimv2 x.mof`, mofcompArgs{file: "x.mof", namespace: `root\cimv2`}},
		{`-class:updateonly -Class:SafeUpdate x.mof`,
			mofcompArgs{file: "x.mof", class: wbem.UpdateOnly | wbem.UpdateSafeMode}},
		{`-class:updateonly,forceupdate -instance:createonly x.mof`,
			mofcompArgs{file: "x.mof", class: wbem.UpdateOnly | wbem.UpdateForceMode, instance: wbem.CreateOnly}},
		{`-AMENDMENT:MS_409 -MOF:n.mof -MFL:t.mfl master.mof`,
			mofcompArgs{file: "master.mof", amendment: "MS_409", neutral: "n.mof", localized: "t.mfl"}},
		{`-ER MofResource -L 0x409 -I:a -I:b`,
			mofcompArgs{resource: "MofResource", resourceLocale: "0x409", include: []string{"a", "b"}}},
		{`-B:x.bmf -WMI x.mof`, mofcompArgs{file: "x.mof", binary: "x.bmf", wdm: true}},
		{`x.mof --exit-hresult-file=code -U:D\me -P:secret -A:kerberos:h`,
			mofcompArgs{file: "x.mof", statusFile: "code", user: `D\me`, password: "secret", authority: "kerberos:h"}},
		{`/?`, mofcompArgs{help: true}},
	} {
		got, err := parseMofcomp(strings.Fields(c.line))
		if err != nil {
			t.Errorf("mofcomp %s: %v", c.line, err)
			continue
		}
		if diff := cmp.Diff(&c.want, got, cmp.AllowUnexported(mofcompArgs{})); diff != "" {
			t.Errorf("mofcomp %s (-want +got)\n%s", c.line, diff)
		}
	}
}

func TestParseMofcompErrors(t *testing.T) {
	for line, want := range map[string]string{
		``:                                  "no MOF file",
		`-check -N:root x.mof`:              "-check goes with no other switch", // mof.md#49
		`-bogus x.mof`:                      "-bogus is not a switch",
		`x.mof y.mof`:                       "y.mof is the second",
		`-N x.mof`:                          "-N has no value",
		`-N: x.mof`:                         "-N: has no value",
		`-check:yes x.mof`:                  "takes no value",
		`-class:sometimes x.mof`:            "not one of its values",
		`-class:createonly,updateonly x`:    "exclude each other",
		`-class:createonly,forceupdate x`:   "exclude each other",
		`-class:safeupdate,forceupdate x`:   "exclude each other",
		`-instance:safeupdate x`:            "not one of its values",
		`-instance:createonly,updateonly x`: "exclude each other",
		`-autorecover -N:root x.mof`:        "-autorecover does not go with",
		`-autorecover -class:createonly x`:  "-autorecover does not go with",
		`-AMENDMENT:MS_409 -MOF:a.mof x`:    "needs -MFL", // localization.md#27
		`-AMENDMENT:MS_409 -MFL:a.mfl x`:    "needs -MOF",
		`-MOF:a.mof x`:                      "go together",
		`-WMI x.mof`:                        "with -B only",
		`-L`:                                "-L has no value",
	} {
		_, err := parseMofcomp(strings.Fields(line))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("mofcomp %s: error %v, want %q", line, err, want)
		}
	}
}
