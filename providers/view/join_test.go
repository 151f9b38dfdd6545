package view_test

import (
	"strings"
	"testing"

	"openwmi/cim"
	"openwmi/providers/view"
	"openwmi/wbem"
)

const shop = `
	#pragma namespace("\\\\.\\root\\b")
	class Customer { [key] string Name; uint32 City; real64 Limit; datetime Since; };
	instance of Customer { Name = "Ann"; City = 1; Limit = 10; Since = "20240101000000.000000+000"; };
	instance of Customer { Name = "Bob"; City = 2; Limit = 20; Since = "20240101010000.000000+060"; };
	instance of Customer { Name = "Cid"; Limit = 30; };
	#pragma namespace("\\\\.\\root\\a")
	class City { [key] sint64 Id; string Name; datetime Founded; };
	instance of City { Id = 1; Name = "Rome"; Founded = "20240101000000.000000+000"; };
	instance of City { Id = 2; Name = "Oslo"; };
	instance of City { Id = 3; Name = "Bonn"; };
	class Bill { [key] uint32 No; string Who; uint16 Sum; Customer ref Debtor; };
	instance of Bill { No = 1; Who = "ANN"; Sum = 9; Debtor = "\\\\.\\root\\b:Customer=\"Ann\""; };
	instance of Bill { No = 2; Who = "Ann"; Sum = 11; Debtor = "root\\b:Customer.Name='ann'"; };
	instance of Bill { No = 3; Who = "Bob"; Sum = 20; Debtor = "Customer.Name=\"Bob\""; };
	instance of Bill { No = 4; Sum = 1; };
	[JoinOn("Customer.City = City.Id AND (Bill.Who = Customer.Name)"), dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"),
	 ViewSources{"SELECT * FROM Bill", "SELECT * FROM Customer", "SELECT * FROM City"},
	 ViewSpaces{"root\\a", "root\\b", "root\\a"}]
	class Sale {
		[key, PropertySources{"No", "", ""}] uint32 No;
		[PropertySources{"", "Name", ""}] string Customer;
		[PropertySources{"", "", "Name"}] string City;
		[PropertySources{"Sum", "", ""}] uint16 Sum;
	};
	[JoinOn("Bill.Sum > Customer.Limit"), dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"),
	 ViewSources{"SELECT * FROM Customer", "SELECT * FROM Bill WHERE Who IS NOT NULL"}, ViewSpaces{"root\\b", "root\\a"},
	 PostJoinFilter("SELECT * FROM Risky WHERE Sum <> 11 OR Customer = \"Bob\"")]
	class Risky {
		[key, PropertySources{"", "No"}] uint32 No;
		[key, PropertySources{"Name", ""}] string Customer;
		[PropertySources{"", "Sum"}] uint16 Sum;
	};
	[JoinOn("Bill.Debtor = Customer.__PATH"), dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"),
	 ViewSources{"SELECT * FROM Bill", "SELECT * FROM Customer"}, ViewSpaces{"root\\a", "root\\b"}]
	class Debt { [key, PropertySources{"No", ""}] uint32 No; [PropertySources{"", "Name"}] string Name; };
	[JoinOn("City.Founded = Customer.Since"), dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"),
	 ViewSources{"SELECT * FROM City", "SELECT * FROM Customer"}, ViewSpaces{"root\\a", "root\\b"}]
	class SameDay { [key, PropertySources{"Name", ""}] string City; [key, PropertySources{"", "Name"}] string Name; };
`

// TestJoin checks joins by equality of several types, by order, and with a
// filter behind them. The put is system-classes.md#18.
func TestJoin(t *testing.T) {
	s := open(t, view.Options{}, shop).connect(t, `root\a`)
	wantRows(t, s, "SELECT * FROM Sale",
		"Sale City=Oslo Customer=Bob No=3 Sum=20", "Sale City=Rome Customer=Ann No=1 Sum=9", "Sale City=Rome Customer=Ann No=2 Sum=11")
	wantRows(t, s, `SELECT No FROM Sale WHERE Customer = "ann" AND Sum > 10`, "Sale No=2")
	wantRows(t, s, `SELECT No FROM Sale WHERE City = "Bonn"`)
	wantRows(t, s, "SELECT * FROM Risky", "Risky Customer=Ann No=3 Sum=20")
	wantRows(t, s, "SELECT No FROM Risky", "Risky No=3") // the filter looks at what nobody asks for
	wantRows(t, s, "SELECT * FROM Debt", "Debt Name=Ann No=1", "Debt Name=Ann No=2")
	wantRows(t, s, "SELECT * FROM SameDay", "SameDay City=Rome Name=Ann", "SameDay City=Rome Name=Bob")

	sale := get(t, s, "Sale.No=2")
	if got := line(sale); got != "Sale City=Rome Customer=Ann No=2 Sum=11" {
		t.Errorf("get: %s", got)
	}
	_ = sale.Set("Sum", cim.Uint16Value(5))
	_, err := s.PutInstance(t.Context(), sale, wbem.Options{})
	wantStatus(t, "put on a join", err, wbem.ProviderNotCapable)
	_, err = s.GetInstance(t.Context(), cim.MustParsePath("Sale.No=4"), wbem.Options{})
	wantStatus(t, "get what does not join", err, wbem.NotFound)
}

// TestJoinLimit checks that a join keeps no more than it may.
func TestJoinLimit(t *testing.T) {
	s := open(t, view.Options{MaxJoined: 3}, shop).connect(t, `root\a`)
	wantRows(t, s, "SELECT No FROM Debt", "Debt No=1", "Debt No=2")
	_, err := tryRows(t.Context(), s, "SELECT * FROM Sale")
	wantStatus(t, "too many to join", err, wbem.QuotaViolation)
	if !strings.Contains(err.Error(), "Sale") {
		t.Errorf("the error does not name the class: %v", err)
	}
}

// TestJoinTypes checks that a source may have another type in each namespace, and
// that what is known of one says nothing of the other.
func TestJoinTypes(t *testing.T) {
	s := open(t, view.Options{}, `
		#pragma namespace("\\\\.\\root\\b")
		class P { [key] uint32 Id; };
		instance of P { Id = 300; };
		#pragma namespace("\\\\.\\root\\a")
		class P { [key] uint8 Id; };
		instance of P { Id = 5; };
		class Q { [key] uint32 No; };
		instance of Q { No = 5; };
		instance of Q { No = 300; };
		[JoinOn("P.Id = Q.No"), dynamic, provider("MS_VIEW_INSTANCE_PROVIDER"), ViewSources{"SELECT * FROM P", "SELECT * FROM Q"}, ViewSpaces{"root\\a::root\\b", "root\\a"}]
		class PQ { [key, PropertySources{"Id", ""}] uint32 Id; };
	`).connect(t, `root\a`)
	wantRows(t, s, "SELECT * FROM PQ WHERE Id = 5 OR Id = 300", "PQ Id=300", "PQ Id=5")
	wantRows(t, s, "SELECT * FROM PQ WHERE Id >= 300", "PQ Id=300")
}
