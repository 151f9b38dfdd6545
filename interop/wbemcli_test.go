//go:build interop

package interop

import (
	"os/exec"
	"strings"
	"testing"

	"openwmi/wmitest"
)

// TestWbemcli runs wbemcli of Debian's sblim-wbemcli.
func TestWbemcli(t *testing.T) {
	program, err := exec.LookPath("wbemcli")
	if err != nil {
		t.Fatal("wbemcli is not there: apt-get install sblim-wbemcli")
	}
	srv := wmitest.NewServer(t, wmitest.Options{User: "test", Password: "interoperates", MOF: `
		[Abstract] class W_Base { string Note; };
		class W_Disk : W_Base {
			[Key, Description("which"): ToInstance Amended] string Id;
			uint64 Size = 7; uint16 Modes[]; datetime Made; boolean Old;
			[static, implemented] uint32 Sum([in] uint32 A, [in, out] uint32 B);
		};
		class W_Shelf { [Key] string Id; };
		[Association] class W_On { [Key] W_Disk ref Disk; [Key] W_Shelf ref Shelf; };
		instance of W_Disk { Id = "c"; Size = 500; Modes = { 1, 2 }; Note = "a <b> & \"c\""; };
		instance of W_Disk { Id = "d"; Made = "20260101120000.000000+060"; Old = TRUE; };
		instance of W_Shelf { Id = "s"; };
		instance of W_On { Disk = "W_Disk.Id=\"c\""; Shelf = "W_Shelf.Id=\"s\""; };`})
	at := strings.Replace(strings.TrimSuffix(srv.CIMXML, "/cimom"), "http://", "http://test:interoperates@", 1) + "/root/cimv2:"
	disk, other := at+`W_Disk.Id="c"`, at+`W_Disk.Id="x"`
	for _, c := range []struct {
		args []string
		want string // in the output
	}{
		{[]string{"gc", at + "W_Disk"}, "W_Disk"},
		{[]string{"ecn", at + "W_Base"}, "W_Disk"},
		{[]string{"ec", at + "W_Base"}, "Size="},
		{[]string{"ein", at + "W_Disk"}, `W_Disk.Id="d"`},
		{[]string{"ei", "-nl", at + "W_Disk"}, "-Size=500"},
		{[]string{"ei", "-nl", at + "W_Base"}, "-Made=20260101120000.000000+060"},
		{[]string{"gi", "-nl", disk}, `-Note="a <b> & "c""`},
		{[]string{"gi", other}, "CIM_ERR_NOT_FOUND"},
		{[]string{"gi", at + `W_Nothing.Id="x"`}, "CIM_ERR_INVALID_CLASS"},
		{[]string{"gp", disk, "Size"}, "500"},
		{[]string{"sp", disk, "Size=501"}, ""},
		{[]string{"gp", disk, "Size"}, "501"},
		{[]string{"ci", other, `Id="x",Size=9,Modes=3`}, `W_Disk.Id="x"`},
		{[]string{"ci", other, `Id="x",Size=9`}, "CIM_ERR_ALREADY_EXISTS"},
		{[]string{"mi", other, `Note="changed"`}, ""},
		{[]string{"gi", "-nl", other}, `-Note="changed"`},
		{[]string{"di", other}, ""},
		{[]string{"di", other}, "CIM_ERR_NOT_FOUND"},
		{[]string{"ain", disk}, `W_Shelf.Id="s"`},
		{[]string{"ai", "-ac", "W_On", "-arc", "W_Shelf", "-ar", "Disk", "-arr", "Shelf", disk}, `W_Shelf.Id="s"`},
		{[]string{"rin", disk}, "W_On."},
		{[]string{"ri", "-arc", "W_On", "-ar", "Disk", disk}, "W_On."},
		{[]string{"cm", disk, "Nothing"}, "CIM_ERR_METHOD_NOT_FOUND"},
		{[]string{"cm", disk, "Sum.A=1,B=2"}, "CIM_ERR_METHOD_NOT_AVAILABLE"},
		{[]string{"dc", at + "W_Base"}, "CIM_ERR_CLASS_HAS_CHILDREN"},
		{[]string{"dc", at + "W_Disk"}, "CIM_ERR_CLASS_HAS_INSTANCES"},
		{[]string{"ein", strings.Replace(at, "cimv2", "none", 1) + "W_Disk"}, "CIM_ERR_INVALID_NAMESPACE"},
	} {
		out, _ := run(t, "", nil, program, c.args...)
		if !strings.Contains(out, c.want) || c.want == "" && strings.Contains(out, "wbemcli:") {
			t.Errorf("wbemcli %q: want %q in\n%s", c.args, c.want, tail(out))
		}
	}
}
