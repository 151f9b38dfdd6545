import java.net.URI;
import java.util.*;
import java.util.concurrent.*;
import javax.security.auth.Subject;
import org.metricshub.wbem.javax.cim.*;
import org.metricshub.wbem.javax.wbem.CloseableIterator;
import org.metricshub.wbem.javax.wbem.client.*;
import org.metricshub.wbem.javax.wbem.listener.*;

/** Indications subscribes with SBLIM's client and listens: java -cp wbem-java.jar Indications.java URL USER PASSWORD PORT. */
public class Indications {
	static final String INTEROP = "root/interop";
	static WBEMClient c;

	static CIMProperty<String> text(String name, String value) { return new CIMProperty<>(name, CIMDataType.STRING_T, value, true, false, null); }

	static CIMObjectPath create(String namespace, String className, CIMProperty<?>... properties) throws Exception {
		CIMObjectPath p = c.createInstance(new CIMInstance(new CIMObjectPath(null, null, null, namespace, className, null), properties));
		return new CIMObjectPath(null, null, null, namespace, p.getObjectName(), p.getKeys());
	}

	/** named creates a filter or a destination. */
	static CIMObjectPath named(String className, String name, CIMProperty<?>... more) throws Exception {
		List<CIMProperty<?>> l = new ArrayList<>(List.of(text("SystemCreationClassName", "CIM_ComputerSystem"), text("SystemName", "here"), text("CreationClassName", className), text("Name", name)));
		l.addAll(List.of(more));
		return create(INTEROP, className, l.toArray(new CIMProperty<?>[0]));
	}

	public static void main(String[] args) throws Exception {
		Subject subject = new Subject();
		subject.getPrincipals().add(new UserPrincipal(args[1]));
		subject.getPrivateCredentials().add(new PasswordCredential(args[2]));
		URI u = URI.create(args[0]);
		c = WBEMClientFactory.getClient("CIM-XML");
		c.initialize(new CIMObjectPath(u.getScheme(), u.getHost(), String.valueOf(u.getPort()), null, null, null), subject, null);

		BlockingQueue<CIMInstance> got = new LinkedBlockingQueue<>();
		WBEMListenerFactory.getListener("CIM-XML").addListener((url, indication) -> got.add(indication), Integer.parseInt(args[3]), "http", "127.0.0.1");
		CIMObjectPath to = named("CIM_ListenerDestinationCIMXML", "listener", new CIMProperty<>("Destination", CIMDataType.STRING_T, "http://127.0.0.1:" + args[3] + "/path"));
		CIMObjectPath which = named("CIM_IndicationFilter", "disks",
			new CIMProperty<>("SourceNamespaces", CIMDataType.STRING_ARRAY_T, new String[] {"root/cimv2"}),
			new CIMProperty<>("Query", CIMDataType.STRING_T, "SELECT * FROM CIM_InstIndication WHERE SourceInstance ISA Disk"), new CIMProperty<>("QueryLanguage", CIMDataType.STRING_T, "DMTF:CQL"));
		CIMObjectPath subscription = create(INTEROP, "CIM_IndicationSubscription",
			new CIMProperty<>("Filter", new CIMDataType("CIM_IndicationFilter"), which, true, false, null),
			new CIMProperty<>("Handler", new CIMDataType("CIM_ListenerDestinationCIMXML"), to, true, false, null));

		CIMObjectPath disk = create("root/cimv2", "Disk", text("Id", "a"), new CIMProperty<>("Size", CIMDataType.UINT64_T, new UnsignedInteger64("1")));
		c.modifyInstance(new CIMInstance(disk, new CIMProperty<?>[] {new CIMProperty<>("Size", CIMDataType.UINT64_T, new UnsignedInteger64("2"))}), new String[] {"Size"});
		c.deleteInstance(disk);
		for (int i = 0; i < 3; i++) {
			CIMInstance x = got.poll(60, TimeUnit.SECONDS);
			if (x == null) {
				System.out.println("no indication");
				break;
			}
			System.out.println(x.getClassName() + " " + ((CIMInstance) x.getPropertyValue("SourceInstance")).getPropertyValue("Id") + " " + x.getPropertyValue("SequenceNumber"));
		}
		for (CIMObjectPath p : List.of(subscription, which, to)) c.deleteInstance(p);
		int left = 0;
		for (CloseableIterator<CIMObjectPath> i = c.enumerateInstanceNames(new CIMObjectPath(null, null, null, INTEROP, "CIM_IndicationSubscription", null)); i.hasNext(); i.next()) left++;
		System.out.println(left + " left");
		System.exit(0); // the listener would go on
	}
}
