import java.util.*;
import org.metricshub.winrm.WinRMHttpProtocolEnum;
import org.metricshub.winrm.service.client.auth.AuthenticationEnum;
import org.metricshub.winrm.wql.WinRMWqlExecutor;

/** WinRM runs queries of winrm-java: java -cp JARS WinRM.java HOST PORT USER PASSWORD. */
public class WinRM {
	static String host, user;
	static int port;

	/** want compares the columns and sorted rows of a query, or a part of its error after "!". */
	static void want(String name, String want, String password, String namespace, String query) {
		String got;
		try {
			WinRMWqlExecutor r = WinRMWqlExecutor.executeWql(
				WinRMHttpProtocolEnum.HTTP, host, port, user, password.toCharArray(), namespace, query, password.equals("guess") ? 5000 : 60000, null, List.of(AuthenticationEnum.NTLM));
			List<List<String>> rows = new ArrayList<>(r.getRows());
			rows.sort(Comparator.comparing(List::toString));
			got = rows.size() > 20 ? rows.size() + " rows from " + rows.get(0) : r.getHeaders() + " " + rows;
		} catch (Exception e) {
			got = "!" + e;
			if (want.startsWith("!") && got.contains(want.substring(1))) got = want;
		}
		if (got.equals(want)) System.out.println("ok " + name);
		else System.out.println("not ok " + name + ": want " + want + ", got " + got.replace("\n", "\\n"));
	}

	public static void main(String[] args) throws Exception {
		host = args[0];
		port = Integer.parseInt(args[1]);
		user = args[2];
		String ns = "root\\cimv2", pw = args[3];
		want("columns", "[Id, U64, Flag, Letter] [[all, 18446744073709551615, true, x]]", pw, ns, "SELECT Id, U64, Flag, Letter FROM J_Thing WHERE Id = 'all'");
		// It takes all that is encrypted for ISO-8859-1, so that there is no ü in it.
		want("text", "[Text] [[a <b> & \"c\" \\]]", pw, ns, "SELECT Text FROM J_Letter");
		want("all columns", "[Left, Made, Name, Note, Number] [[false, 2026-01-01T12:00:00+01:00, second, , 2], [true, 2026-01-01T12:00:00+01:00, first, , 18446744073709551615]]", pw, ns, "SELECT * FROM J_Part");
		want("numbers", "[S8, S64, R32, R64] [[-128, -9223372036854775808, 1.5, -2.5E+300]]", pw, ns, "SELECT S8, S64, R32, R64 FROM J_Thing WHERE Id = 'all'");
		want("subclasses", "[Note] [[], []]", pw, ns, "SELECT Note FROM J_Base WHERE __CLASS = 'J_Part'");
		want("pulls", "252 rows from [000]", pw, ns, "SELECT Id FROM J_Thing");
		want("nothing", "[] []", pw, ns, "SELECT * FROM J_Thing WHERE Id = 'none'");
		want("unknown class", "!Nope", pw, ns, "SELECT * FROM Nope");
		want("unknown namespace", "!root\\none", pw, "root\\none", "SELECT * FROM J_Thing");
		want("wrong password", "!", "guess", ns, "SELECT Id FROM J_Thing"); // it asks again until its time is over
		System.exit(0); // threads of CXF would go on
	}
}
