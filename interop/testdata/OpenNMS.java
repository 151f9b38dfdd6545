import java.util.*;
import java.util.concurrent.Callable;
import org.opennms.core.wsman.*;
import org.opennms.core.wsman.cxf.CXFWSManClientFactory;
import org.w3c.dom.Node;

/** OpenNMS reads with OpenNMS' client: java -cp JARS OpenNMS.java URL USER PASSWORD. */
public class OpenNMS {
	static final String DMTF = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/";
	static final String MICROSOFT = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/";
	static WSManClient client;

	/** want compares what a call returns, or a part of its error after "!". */
	static void want(String name, String want, Callable<String> call) {
		String got;
		try {
			got = call.call();
		} catch (Exception e) {
			got = "!" + e;
			if (want.startsWith("!") && got.contains(want.substring(1))) got = want;
		}
		if (got.equals(want)) System.out.println("ok " + name);
		else System.out.println("not ok " + name + ": want " + want + ", got " + got.replace("\n", "\\n"));
	}

	static String get(String uri, String key, String value) {
		return text(client.get(uri, Map.of(key, value)));
	}

	static String text(Node n) {
		StringBuilder b = new StringBuilder(n.getLocalName());
		for (Node c = n.getFirstChild(); c != null; c = c.getNextSibling()) {
			if (!c.getTextContent().isEmpty()) b.append(" ").append(c.getLocalName()).append("=").append(c.getTextContent());
		}
		return b.toString();
	}

	static String query(String uri, String wql) {
		List<Node> all = new ArrayList<>();
		String left = client.enumerateAndPullUsingFilter(uri, WSManConstants.XML_NS_WQL_DIALECT, wql, all, true);
		return all.size() + (all.isEmpty() ? "" : " " + text(all.get(all.size() - 1))) + (left == null ? "" : " " + left);
	}

	public static void main(String[] args) throws Exception {
		// 1.2 has WS-Addressing of W3C, 1.0 that of 2004.
		for (WSManVersion version : List.of(WSManVersion.WSMAN_1_2, WSManVersion.WSMAN_1_0)) {
			client = new CXFWSManClientFactory().getClient(
				new WSManEndpoint.Builder(args[0]).withBasicAuth(args[1], args[2]).withServerVersion(version).withMaxElements(70).build());
			want("identify", "OpenWMI", () -> client.identify().getProductVendor());
			want("get", "Z_Num N=3 Text=number 3", () -> get(DMTF + "Z_Num", "N", "3"));
			want("get of a key", "Z_All Id=q\"u'o\\te<&> ä S=odd", () -> get(MICROSOFT + "Z_All", "Id", "q\"u'o\\te<&> ä"));
			want("nothing", "!Z_Num.N=3000 does not exist", () -> get(DMTF + "Z_Num", "N", "3000"));
			want("no class", "!class Z_Nope does not exist", () -> get(DMTF + "Z_Nope", "N", "1"));
			want("enumerate", "300 Z_Num N=299 Text=number 299", () -> {
				List<Node> all = new ArrayList<>();
				client.enumerateAndPull(DMTF + "Z_Num", all, true);
				return all.size() + " " + text(all.get(299));
			});
			want("enumerate, then pull", "300 5", () -> {
				List<Node> all = new ArrayList<>();
				int pulls = 0;
				for (String left = client.enumerate(DMTF + "Z_Num"); left != null; pulls++) left = client.pull(left, DMTF + "Z_Num", all, false);
				return all.size() + " " + pulls;
			});
			want("query", "2 Z_Num N=299 Text=number 299", () -> query(MICROSOFT + "*", "SELECT * FROM Z_Num WHERE N > 297"));
			want("columns", "2 XmlFragment Text=number 1", () -> query(WSManConstants.CIM_ALL_AVAILABLE_CLASSES, "SELECT Text FROM Z_Num WHERE N < 2"));
			want("no rows", "0", () -> query(MICROSOFT + "*", "SELECT * FROM Z_Num WHERE N > 4000"));
			want("no query", "!expected SELECT", () -> query(MICROSOFT + "*", "SELEC"));
		}
		client = new CXFWSManClientFactory().getClient(new WSManEndpoint.Builder(args[0]).withBasicAuth(args[1], "guess").build());
		want("wrong password", "!UnauthorizedException", () -> get(DMTF + "Z_Num", "N", "3"));
		System.exit(0);
	}
}
