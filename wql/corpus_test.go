package wql_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/wql"
)

// corpus returns the rows of a table of queries that others wrote.
func corpus(t testing.TB, name string) [][]string {
	data, err := os.ReadFile(filepath.Join("..", "..", "shared", "corpus", "wql", name))
	if err != nil {
		t.Skipf("the corpus of queries is not here: %v", err)
	}
	var rows [][]string
	for line := range strings.Lines(string(data)) {
		if !strings.HasPrefix(line, "#") {
			rows = append(rows, strings.Split(strings.TrimRight(line, "\r\n"), "\t"))
		}
	}
	return rows
}

// refused has the queries of the corpus that are not queries, with the reason.
var refused = map[string]string{
	`ASSOCIATORS OF {A}`:                                                                                        "a placeholder: a class needs SchemaOnly",
	`ASSOCIATORS OF {Win32_LogicalDisk.DeviceID}`:                                                               "the key has no value; Windows says so with the first result",
	`Select * from Win32_LogicalDisk Where DriveType = LOCAL_HARD_DISK`:                                         "the name of a constant of the script",
	`SELECT * FROM Win32_NTLogEvent WHERE _ LogFile='Application'`:                                              "the end of a line of the script",
	`Select * from Win32_Service Where PathName = 'C:\WINDOWS\system32\services.exe'`:                           "backslashes that are not doubled",
	`Select * from Win32_Service Where StartName = '.\netsvc'`:                                                  "a backslash that is not doubled",
	`SELECT ADsPath, userName, title, ReviewDate, Rating FROM EMP_REVIEW, viewADUsers WHERE userName = Name`:    "SQL of another server",
	`SELECT ADsPath, userName, title, ReviewDate, Rating FROM EMP_REVIEW, viewADUsers WHERE userName = Name GO`: "SQL of another server",
	`Associators of {win32_LogicalDisk="C:"} where resultClass = Win32_Directory requiredQualifier <> Dynamic`:  "",
	`SELECT * FROM Win32_NetworkAdapter WHERE PNPDeviceID LIKE "PCI\%"`:                                         "",
	`SELECT * FROM CIM_ProcessIndication, CIM_AlertIndication`:                                                  "",
	`SELECT "*" FROM meta_class WHERE __class ISA "ClassWhichDoesNotExist"`:                                     "",
	`SELECT "*" FROM meta_class WHERE __this ISA "ClassWhichDoesNotExist"`:                                      "",
	`SELECT * FROM Win32_LogicalDisk WHERE DriveType IS 5`:                                                      "",
}

func TestCorpusQueries(t *testing.T) {
	kinds := make(map[string]int)
	for _, row := range corpus(t, "queries.tsv") {
		kind, text := row[0], row[2]
		q, err := parse(kind == "event", text)
		if reason, ok := refused[text]; ok {
			if cim.StatusOf(err) != cim.InvalidQuery {
				t.Errorf("%s: %v, want InvalidQuery: %s", text, err, reason)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		kinds[kind]++
		got := "assoc"
		if s, ok := q.(*wql.Select); ok {
			switch {
			case s.IsSchema():
				got = "schema"
			case kind == "event": // a text of which Parse takes most as well
				got = "event"
			default:
				got = "data"
			}
		}
		if got != kind {
			t.Errorf("%s: %s, want %s", text, got, kind)
		}
		checkAgain(t, kind == "event", q)
	}
	t.Log(kinds)
}

func TestCorpusAccepted(t *testing.T) {
	for _, row := range corpus(t, "accepted-by-windows.tsv") {
		text := row[0]
		// These have the escapes of C, the others none.
		if strings.HasPrefix(text, `SELECT \`) || strings.HasPrefix(text, `SELECT\`) {
			text = unescapeC(t, text)
		}
		q, err := wql.Parse(text)
		if _, ok := refused[text]; ok != (err != nil) {
			t.Errorf("%s: %v", text, err)
		}
		if err == nil {
			checkAgain(t, false, q)
		}
	}
}

// unescapeC returns the text of a C literal with \n, \r, \t, and \x for a UTF-16
// unit.
func unescapeC(t *testing.T, s string) string {
	s = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t").Replace(s)
	for {
		i := strings.Index(s, `\x`)
		if i < 0 {
			return s
		}
		end := i + 2
		for end < len(s) && strings.IndexByte("0123456789ABCDEF", s[end]) >= 0 {
			end++
		}
		unit, err := strconv.ParseUint(s[i+2:end], 16, 16)
		if err != nil {
			t.Fatal(err)
		}
		s = s[:i] + string(rune(unit)) + s[end:]
	}
}

// TestCorpusInvalid checks the queries whose error a text alone shows. The
// others are about classes, types or the way of calling.
func TestCorpusInvalid(t *testing.T) {
	seen := 0
	for _, row := range corpus(t, "invalid.tsv") {
		language, text := "WQL", row[0]
		if strings.Contains(row[1], `strQueryLanguage="SQL"`) {
			language = "SQL"
		}
		want := cim.OK
		switch _, ok := refused[text]; {
		case text == "":
			want = cim.InvalidParameter
		case language == "SQL":
			want = cim.InvalidQueryType
		case ok:
			want = cim.InvalidQuery
		}
		err := wql.CheckLanguage(language, text)
		if err == nil {
			_, err = parse(strings.HasPrefix(row[1], "ExecNotificationQuery"), text)
		}
		if cim.StatusOf(err) != want {
			t.Errorf("%s: %v (%v), want %v", text, cim.StatusOf(err), err, want)
		}
		if want != cim.OK {
			seen++
		}
	}
	if want := 8; seen != want {
		t.Errorf("%d queries are refused, want %d", seen, want)
	}
}

// plain has the conditions of queries of ConfigMgr that are plain WQL: they only
// put the name of their class before properties, which wql.md 4.6 allows.
var plain = map[string]bool{
	`Active != "1"`: true,
	`Client is null or SMS_R_System.Client=0`: true,
	`Obsolete = 1`:                             true,
	`SMSUniqueIdentifier like "GUID:[0]%"`:     true,
	`SMSUniqueIdentifier like "GUID:[1-2]%"`:   true,
	`SMSUniqueIdentifier like "GUID:[3-5]%"`:   true,
	`SMSUniqueIdentifier like "GUID:[6-9]%"`:   true,
	`SMSUniqueIdentifier like "GUID:[A-Z]%"`:   true,
	`SystemRoles ='SMS Component Server'`:      true,
	`SystemRoles ='SMS Distribution Point'`:    true,
	`SystemRoles ='SMS Dmp Connector'`:         true,
	`SystemRoles ='SMS Management Point'`:      true,
	`SystemRoles ='SMS Site Server'`:           true,
	`SystemRoles ='SMS Site System'`:           true,
	`SystemRoles ='SMS Software Update Point'`: true,
	`SystemRoles ='SMS SQL Server'`:            true,
	`SystemRoles ='SMS SRS Reporting Point'`:   true,
	`SystemRoles IS NOT NULL`:                  true,
}

// TestCorpusExtended checks that queries of ConfigMgr, which extends WQL, are
// refused with the reason.
func TestCorpusExtended(t *testing.T) {
	reasons := make(map[string]int)
	for _, row := range corpus(t, "sccm-extended-wql.tsv") {
		_, err := wql.Parse(row[2])
		if _, condition, _ := strings.Cut(row[2], " where SMS_R_System."); plain[condition] {
			if err != nil {
				t.Errorf("%.200s: %v", row[2], err)
			}
			continue
		}
		if cim.StatusOf(err) != cim.InvalidQuery {
			t.Errorf("%.200s: %v", row[2], err)
			continue
		}
		_, reason, ok := strings.Cut(err.Error(), "WQL has no ")
		if !ok {
			t.Errorf("%.200s: %v: want the reason", row[2], err)
		}
		reasons[reason]++
	}
	t.Log(reasons)
}
