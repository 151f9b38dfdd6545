import java.net.URI;
import java.net.URL;
import java.util.*;
import javax.security.auth.Subject;
import org.metricshub.wbem.client.*;
import org.metricshub.wbem.javax.cim.*;
import org.metricshub.wbem.javax.wbem.*;
import org.metricshub.wbem.javax.wbem.client.*;

/** Sblim runs the operations of SBLIM's client: java -cp wbem-java.jar Sblim.java URL USER PASSWORD. */
public class Sblim {
	static final String NS = "root/cimv2";
	static String how = "";
	static WBEMClient c;

	interface Check { Object run() throws Exception; }

	/** want compares what a check returns, in text; an error is its status. */
	static void want(String name, Object want, Check check) {
		String got;
		try {
			got = String.valueOf(check.run());
		} catch (WBEMException e) {
			got = "status " + e.getID();
			if (!got.equals(want)) got += " " + e.getMessage();
		} catch (Exception e) {
			got = e.toString();
			if (e.getStackTrace().length > 0) got += " at " + e.getStackTrace()[0];
		}
		if (got.equals(String.valueOf(want))) System.out.println("ok " + how + name);
		else System.out.println("not ok " + how + name + ": want " + want + ", got " + got.replace("\n", "\\n"));
	}

	static CIMObjectPath path(String className, CIMProperty<?>... keys) {
		return new CIMObjectPath(null, null, null, NS, className, keys);
	}

	static CIMObjectPath thing(String id) { return path("J_Thing", new CIMProperty<>("Id", CIMDataType.STRING_T, id, true, false, null)); }

	static <T> List<T> all(CloseableIterator<T> i) throws WBEMException {
		List<T> l = new ArrayList<>();
		while (i.hasNext()) l.add(i.next());
		if (i.getWBEMException() != null) throw i.getWBEMException();
		i.close();
		return l;
	}

	static List<Object> values(List<CIMInstance> l, String property) {
		List<Object> v = new ArrayList<>();
		for (CIMInstance i : l) v.add(i.getPropertyValue(property));
		v.sort(Comparator.comparing(String::valueOf));
		return v;
	}

	static Object names(List<CIMClass> l) {
		TreeSet<String> s = new TreeSet<>();
		for (CIMClass x : l) s.add(x.getName());
		return s;
	}

	static Object paths(List<CIMObjectPath> l, String key) {
		TreeSet<String> s = new TreeSet<>();
		for (CIMObjectPath p : l) s.add(p.getObjectName() + (key == null ? "" : "." + p.getKeyValue(key)));
		return s;
	}

	/** show writes values as Java does, arrays and instances with what is in them. */
	static Object show(Object v) {
		if (v instanceof Object[] a) {
			List<Object> l = new ArrayList<>();
			for (Object x : a) l.add(show(x));
			return l;
		}
		if (v instanceof CIMInstance i) return i.getClassName() + "(" + i.getPropertyValue("X") + " " + i.getPropertyValue("Y") + ")";
		return v;
	}

	static String type(CIMDataType t) { return t + (t.isArray() ? "[]" : ""); }

	public static void main(String[] args) throws Exception {
		Subject subject = new Subject();
		subject.getPrincipals().add(new UserPrincipal(args[1]));
		subject.getPrivateCredentials().add(new PasswordCredential(args[2]));
		URI u = URI.create(args[0]);
		for (String parser : System.getProperty("parsers", "SAX,PULL,DOM").split(","))
			for (String mpost : new String[] {"true", "false"}) {
				how = parser + (mpost.equals("true") ? " M-POST " : " POST ");
				c = WBEMClientFactory.getClient("CIM-XML");
				c.setProperty("sblim.wbem.cimxmlParser", parser);
				c.setProperty("sblim.wbem.httpMPOST", mpost);
				c.setProperty("sblim.wbem.httpChunking", mpost);
				c.initialize(new CIMObjectPath(u.getScheme(), u.getHost(), String.valueOf(u.getPort()), null, null, null), subject, new Locale[] {Locale.US});
				classes();
				reads();
				writes();
				associations();
				pulls();
				methods();
				queries();
				namespaces();
				c.close();
			}
		how = "";
		want("WbemExecutor", "[Name, Number] [[first, 18446744073709551615], [second, 2]]", () -> {
			WbemQueryResult r = WbemExecutor.executeWql(new URL(args[0]), NS, args[1], args[2].toCharArray(), "SELECT Name, Number FROM J_Part", 60000, "|");
			List<List<String>> rows = new ArrayList<>(r.getValues());
			rows.sort(Comparator.comparing(List::toString));
			return r.getProperties() + " " + rows;
		});
		subject.getPrivateCredentials().clear();
		subject.getPrivateCredentials().add(new PasswordCredential("wrong"));
		c = WBEMClientFactory.getClient("CIM-XML");
		c.initialize(new CIMObjectPath(u.getScheme(), u.getHost(), String.valueOf(u.getPort()), null, null, null), subject, null);
		want("wrong password", "status 2", () -> c.getClass(path("J_Thing"), false, true, true, null));
	}

	static void classes() {
		want("getClass", "J_Base all types", () -> {
			CIMClass k = c.getClass(path("J_Thing"), false, true, true, null);
			return k.getSuperClassName() + " " + k.getQualifierValue("Description");
		});
		want("getClass: types", "At=datetime Flag=boolean Flags=boolean[] Id=string Lasts=datetime Letter=char16 Modes=uint16[] R32=real32 R64=real64 S16=sint16 S32=sint32 S64=sint64 S8=sint8 Texts=string[] Times=datetime[] U16=uint16 U32=uint32 U64=uint64 U8=uint8", () -> {
			TreeSet<String> s = new TreeSet<>();
			for (CIMClassProperty<?> p : c.getClass(path("J_Thing"), true, true, true, null).getProperties())
				if (!p.getName().startsWith("Point")) s.add(p.getName() + "=" + type(p.getDataType()));
			return String.join(" ", s);
		});
		want("getClass: keys, default, qualifiers", "Id 7 64", () -> {
			CIMClass k = c.getClass(path("J_Thing"), true, true, true, new String[] {"Id", "U32"});
			return k.getKeys()[0].getName() + " " + k.getProperty("U32").getValue() + " " + k.getProperty("Id").getQualifierValue("MaxLen");
		});
		want("getClass: methods", "true UINT32 Texts string[] Thing reference J_Thing", () -> {
			CIMMethod<?> m = c.getClass(path("J_Service"), false, true, true, null).getMethod("Echo");
			CIMParameter<?> texts = m.getParameter("Texts"), thing = m.getParameter("Thing");
			return m.hasQualifierValue("Static", true) + " " + m.getDataType().toString().toUpperCase() + " " + texts.getName() + " " + type(texts.getDataType())
				+ " " + thing.getName() + " reference " + thing.getDataType().getRefClassName();
		});
		want("getClass: unknown", "status 6", () -> c.getClass(path("J_None"), false, true, true, null));
		want("enumerateClasses", "[J_Part, J_Thing]", () -> names(all(c.enumerateClasses(path("J_Base"), true, true, true, true))));
		want("enumerateClassNames", "[J_Part, J_Thing]", () -> paths(all(c.enumerateClassNames(path("J_Base"), true)), null));
		want("enumerateClassNames: all", "true", () -> paths(all(c.enumerateClassNames(path(null), true)), null).toString().contains("J_Has, J_Part, J_Point"));
		want("createClass", "null", () -> {
			c.createClass(new CIMClass(path("J_Made"), "J_Thing", new CIMQualifier<?>[] {new CIMQualifier<>("Description", CIMDataType.STRING_T, "made", CIMFlavor.TRANSLATE)},
				new CIMClassProperty<?>[] {new CIMClassProperty<>("More", CIMDataType.UINT32_T, new UnsignedInteger32(3), null, false, false, null)}, null, false, false));
			return null;
		});
		want("createClass: twice", "status 11", () -> {
			c.createClass(new CIMClass(path("J_Made"), "J_Thing", null, null, null, false, false));
			return null;
		});
		want("modifyClass", "5", () -> {
			CIMClassProperty<?> p = new CIMClassProperty<>("More", CIMDataType.UINT32_T, new UnsignedInteger32(5), null, false, false, null);
			c.modifyClass(new CIMClass(path("J_Made"), "J_Thing", null, new CIMClassProperty<?>[] {p}, null, false, false));
			return c.getClass(path("J_Made"), true, true, false, null).getProperty("More").getValue();
		});
		want("deleteClass", "status 6", () -> {
			c.deleteClass(path("J_Made"));
			return c.getClass(path("J_Made"), true, true, false, null);
		});
		want("getQualifierType", "boolean Key", () -> {
			CIMQualifierType<?> q = c.getQualifierType(path("Key"));
			return q.getDataType() + " " + q.getName();
		});
		want("enumerateQualifierTypes", "true", () -> {
			Set<String> s = new TreeSet<>();
			for (CIMQualifierType<?> q : all(c.enumerateQualifierTypes(path(null)))) s.add(q.getName());
			return s.containsAll(List.of("Key"));
		});
	}

	static void reads() {
		want("getInstance", "255 65535 4294967295 18446744073709551615 -128 -32768 -2147483648 -9223372036854775808 1.5 -2.5E300 true x", () -> {
			CIMInstance i = c.getInstance(thing("all"), false, false, null);
			StringJoiner s = new StringJoiner(" ");
			for (String p : "U8 U16 U32 U64 S8 S16 S32 S64 R32 R64 Flag Letter".split(" ")) s.add(String.valueOf(i.getPropertyValue(p)));
			return s;
		});
		want("getInstance: text", "a <b> & \"c\" \\ ü\n€", () -> c.getInstance(thing("all"), false, false, null).getPropertyValue("Note"));
		want("getInstance: times", "20260101120000.000000+060 00000001020304.000005:000", () -> {
			CIMInstance i = c.getInstance(thing("all"), false, false, null);
			return ((CIMDateTimeAbsolute) i.getPropertyValue("At")).getDateTimeString() + " " + ((CIMDateTimeInterval) i.getPropertyValue("Lasts")).getDateTimeString();
		});
		want("getInstance: arrays", "[1, 2] [, b,  c ] [true, false] [20260101120000.000000+060]", () -> {
			CIMInstance i = c.getInstance(thing("all"), false, false, null);
			return show(i.getPropertyValue("Modes")) + " " + show(i.getPropertyValue("Texts")) + " " + show(i.getPropertyValue("Flags")) + " " + show(i.getPropertyValue("Times"));
		});
		want("getInstance: embedded", "J_Point(1 -1) [J_Point(2 null), J_Point(3 null)]", () -> {
			CIMInstance i = c.getInstance(thing("all"), false, false, null);
			return show(i.getPropertyValue("Point")) + " " + show(i.getPropertyValue("Points"));
		});
		want("getInstance: null and default", "null null 7", () -> {
			CIMInstance i = c.getInstance(thing("bare"), false, false, null);
			return i.getPropertyValue("Note") + " " + i.getPropertyValue("Texts") + " " + i.getPropertyValue("U32");
		});
		want("getInstance: properties", "[U64, U8]", () -> {
			TreeSet<String> s = new TreeSet<>();
			for (CIMProperty<?> p : c.getInstance(thing("all"), false, false, new String[] {"U8", "U64"}).getProperties()) s.add(p.getName());
			return s;
		});
		want("getInstance: unknown", "status 6", () -> c.getInstance(thing("none"), false, false, null));
		want("enumerateInstances", "[all, bare]", () -> values(all(c.enumerateInstances(path("J_Thing"), true, false, false, null)), "Id"));
		want("enumerateInstances: deep", "4", () -> all(c.enumerateInstances(path("J_Base"), true, false, false, null)).size());
		want("enumerateInstances: class", "status 5", () -> all(c.enumerateInstances(path("J_None"), true, false, false, null)));
		want("enumerateInstanceNames", "[J_Part.18446744073709551615, J_Part.2]", () -> paths(all(c.enumerateInstanceNames(path("J_Part"))), "Number"));
		want("getInstance: each path", "[first, second]", () -> {
			List<CIMInstance> l = new ArrayList<>();
			for (CIMObjectPath p : all(c.enumerateInstanceNames(path("J_Part")))) l.add(c.getInstance(p, false, false, null));
			return values(l, "Name");
		});
	}

	static void writes() {
		want("createInstance", "J_Thing made", () -> {
			CIMInstance point = new CIMInstance(path("J_Point"), new CIMProperty<?>[] {new CIMProperty<>("X", CIMDataType.SINT32_T, 9)});
			CIMObjectPath p = c.createInstance(new CIMInstance(path("J_Thing"), new CIMProperty<?>[] {
				new CIMProperty<>("Id", CIMDataType.STRING_T, "made", true, false, null),
				new CIMProperty<>("Note", CIMDataType.STRING_T, " <ü> \r\n&amp;"),
				new CIMProperty<>("U64", CIMDataType.UINT64_T, new UnsignedInteger64("18446744073709551615")),
				new CIMProperty<>("R32", CIMDataType.REAL32_T, 0.1f), new CIMProperty<>("R64", CIMDataType.REAL64_T, 1e-300),
				new CIMProperty<>("Flag", CIMDataType.BOOLEAN_T, false), new CIMProperty<>("Letter", CIMDataType.CHAR16_T, '<'),
				new CIMProperty<>("At", CIMDataType.DATETIME_T, new CIMDateTimeAbsolute("20260202120000.000000+000")),
				new CIMProperty<>("Texts", CIMDataType.STRING_ARRAY_T, new String[] {"a", "", "&"}),
				new CIMProperty<>("Modes", CIMDataType.UINT16_ARRAY_T, new UnsignedInteger16[] {}),
				new CIMProperty<>("Point", CIMDataType.OBJECT_T, point)}));
			return p.getObjectName() + " " + p.getKeyValue("Id");
		});
		want("createInstance: what is there", " <ü> \r\n&amp; 18446744073709551615 0.1 1.0E-300 false < 20260202120000.000000+000 [a, , &] [] J_Point(9 null) null 7", () -> {
			CIMInstance i = c.getInstance(thing("made"), false, false, null);
			StringJoiner s = new StringJoiner(" ");
			for (String p : "Note U64 R32 R64 Flag Letter At Texts Modes Point U8 U32".split(" ")) s.add(String.valueOf(show(i.getPropertyValue(p))));
			return s;
		});
		want("createInstance: twice", "status 11", () -> c.createInstance(new CIMInstance(path("J_Thing"), new CIMProperty<?>[] {new CIMProperty<>("Id", CIMDataType.STRING_T, "made", true, false, null)})));
		want("createInstance: class", "status 5", () -> c.createInstance(new CIMInstance(path("J_None"), new CIMProperty<?>[] {new CIMProperty<>("Id", CIMDataType.STRING_T, "x", true, false, null)})));
		want("modifyInstance", "changed false", () -> {
			CIMInstance i = c.getInstance(thing("made"), false, false, null);
			c.modifyInstance(i.deriveInstance(new CIMProperty<?>[] {new CIMProperty<>("Note", CIMDataType.STRING_T, "changed")}), new String[] {"Note"});
			i = c.getInstance(thing("made"), false, false, null);
			return i.getPropertyValue("Note") + " " + i.getPropertyValue("Flag");
		});
		want("modifyInstance: null", "null", () -> {
			CIMInstance i = c.getInstance(thing("made"), false, false, null);
			c.modifyInstance(i.deriveInstance(new CIMProperty<?>[] {new CIMProperty<>("Note", CIMDataType.STRING_T, null)}), new String[] {"Note"});
			return c.getInstance(thing("made"), false, false, null).getPropertyValue("Note");
		});
		want("modifyInstance: whole", "again [2026] J_Point(9 null)", () -> {
			CIMInstance i = c.getInstance(thing("made"), false, false, null);
			c.modifyInstance(i.deriveInstance(new CIMProperty<?>[] {new CIMProperty<>("Note", CIMDataType.STRING_T, "again"), new CIMProperty<>("Texts", CIMDataType.STRING_ARRAY_T, new String[] {"2026"})}), null);
			i = c.getInstance(thing("made"), false, false, null);
			return i.getPropertyValue("Note") + " " + show(i.getPropertyValue("Texts")) + " " + show(i.getPropertyValue("Point"));
		});
		want("modifyInstance: unknown", "status 6", () -> {
			c.modifyInstance(new CIMInstance(thing("none"), new CIMProperty<?>[] {new CIMProperty<>("Note", CIMDataType.STRING_T, "x")}), new String[] {"Note"});
			return null;
		});
		want("deleteInstance", "status 6", () -> {
			c.deleteInstance(thing("made"));
			return c.getInstance(thing("made"), false, false, null);
		});
		want("deleteInstance: unknown", "status 6", () -> {
			c.deleteInstance(thing("made"));
			return null;
		});
	}

	static void associations() {
		want("createInstance: of an association", "J_Has 18446744073709551615", () -> {
			CIMObjectPath first = path("J_Part", new CIMProperty<>("Number", CIMDataType.UINT64_T, new UnsignedInteger64("18446744073709551615"), true, false, null),
				new CIMProperty<>("Left", CIMDataType.BOOLEAN_T, true, true, false, null),
				new CIMProperty<>("Made", CIMDataType.DATETIME_T, new CIMDateTimeAbsolute("20260101120000.000000+060"), true, false, null));
			CIMObjectPath p = c.createInstance(new CIMInstance(path("J_Has"), new CIMProperty<?>[] {
				new CIMProperty<>("Whole", new CIMDataType("J_Thing"), thing("bare"), true, false, null), new CIMProperty<>("Part", new CIMDataType("J_Part"), first, true, false, null)}));
			return p.getObjectName() + " " + ((CIMObjectPath) p.getKeyValue("Part")).getKeyValue("Number");
		});
		want("deleteInstance: of an association", "1 0", () -> {
			List<CIMObjectPath> l = all(c.referenceNames(thing("bare"), null, null));
			c.deleteInstance(l.get(0));
			return l.size() + " " + all(c.referenceNames(thing("bare"), null, null)).size();
		});
		want("associatorInstances", "[first, second]", () -> values(all(c.associatorInstances(thing("all"), "J_Has", "J_Part", "Whole", "Part", false, null)), "Name"));
		want("associatorInstances: none", "[]", () -> all(c.associatorInstances(thing("bare"), null, null, null, null, false, null)));
		want("associatorNames", "[J_Part.18446744073709551615, J_Part.2]", () -> paths(all(c.associatorNames(thing("all"), null, null, null, null)), "Number"));
		want("referenceInstances", "[2, all]", () -> {
			Set<Object> s = new TreeSet<>();
			List<CIMInstance> l = all(c.referenceInstances(thing("all"), "J_Has", null, false, null));
			for (CIMInstance i : l) s.add(((CIMObjectPath) i.getPropertyValue("Whole")).getKeyValue("Id"));
			s.add(String.valueOf(l.size()));
			return s;
		});
		want("referenceNames", "[1, 2]", () -> {
			Set<Object> s = new TreeSet<>();
			List<CIMObjectPath> l = all(c.referenceNames(thing("all"), "J_Has", "Whole"));
			for (CIMObjectPath p : l) {
				CIMObjectPath part = (CIMObjectPath) p.getKeyValue("Part");
				s.add(String.valueOf(all(c.associatorNames(path(part.getObjectName(), part.getKeys()), null, null, null, null)).size()));
			}
			s.add(String.valueOf(l.size()));
			return s;
		});
		want("referenceNames: path", "J_Has all", () -> {
			CIMInstance i = c.getInstance(all(c.referenceNames(thing("all"), "J_Has", null)).get(0), false, false, null);
			return i.getClassName() + " " + ((CIMObjectPath) i.getPropertyValue("Whole")).getKeyValue("Id");
		});
		want("associatorClasses", "[J_Part]", () -> names(all(c.associatorClasses(path("J_Thing"), null, null, null, null, false, false, null))));
		want("referenceClasses", "[J_Has]", () -> names(all(c.referenceClasses(path("J_Thing"), null, null, false, false, null))));
	}

	static final UnsignedInteger32 ONE = new UnsignedInteger32(1), MINUTE = new UnsignedInteger32(60);

	static void pulls() {
		want("enumerateInstances: pulled", "[all, bare] 2", () -> {
			EnumerateResponse<CIMInstance> r = c.enumerateInstances(path("J_Thing"), true, false, null, null, null, MINUTE, false, ONE);
			List<CIMInstance> l = all(r.getResponses());
			int parts = 1;
			while (!r.isEnd()) {
				r = c.getInstancesWithPath(path("J_Thing"), r.getContext(), ONE);
				l.addAll(all(r.getResponses()));
				parts++;
			}
			return values(l, "Id") + " " + Math.min(parts, 2);
		});
		want("enumerateInstancePaths: pulled", "[J_Thing.all, J_Thing.bare]", () -> {
			EnumerateResponse<CIMObjectPath> r = c.enumerateInstancePaths(path("J_Thing"), null, null, MINUTE, false, ONE);
			List<CIMObjectPath> l = all(r.getResponses());
			while (!r.isEnd()) {
				r = c.getInstancePaths(path("J_Thing"), r.getContext(), ONE);
				l.addAll(all(r.getResponses()));
			}
			return paths(l, "Id");
		});
		want("associators: pulled", "[first, second]", () -> {
			EnumerateResponse<CIMInstance> r = c.associators(thing("all"), null, null, null, null, false, null, null, null, MINUTE, false, ONE);
			List<CIMInstance> l = all(r.getResponses());
			while (!r.isEnd()) {
				r = c.getInstancesWithPath(thing("all"), r.getContext(), ONE);
				l.addAll(all(r.getResponses()));
			}
			return values(l, "Name");
		});
		want("associatorPaths: opened", "true", () -> c.associatorPaths(thing("all"), null, null, null, null, null, null, MINUTE, false, new UnsignedInteger32(9)).isEnd());
		want("references: opened", "2", () -> all(c.references(thing("all"), null, null, false, null, null, null, MINUTE, false, new UnsignedInteger32(9)).getResponses()).size());
		want("referencePaths: opened", "2", () -> all(c.referencePaths(thing("all"), null, null, null, null, MINUTE, false, new UnsignedInteger32(9)).getResponses()).size());
		want("execQueryInstances: pulled", "[all, bare]", () -> {
			EnumerateResponse<CIMInstance> r = c.execQueryInstances(path("J_Thing"), "SELECT * FROM J_Thing", "DMTF:CQL", false, MINUTE, false, ONE, null);
			List<CIMInstance> l = all(r.getResponses());
			while (!r.isEnd()) {
				r = c.getInstances(path("J_Thing"), r.getContext(), ONE);
				l.addAll(all(r.getResponses()));
			}
			return values(l, "Id");
		});
		want("closeEnumeration", "status 21", () -> {
			EnumerateResponse<CIMInstance> r = c.enumerateInstances(path("J_Thing"), true, false, null, null, null, MINUTE, false, ONE);
			c.closeEnumeration(path("J_Thing"), r.getContext());
			return c.getInstancesWithPath(path("J_Thing"), r.getContext(), ONE);
		});
	}

	static void methods() {
		want("invokeMethod", "0 Text=<a> Number=18446744073709551615 Real=2.5 Flag=true At=20260101120000.000000+000 Texts=[a, ] Bytes=[0, 255] Thing=all Point=J_Point(4 5)", () -> {
			CIMInstance point = new CIMInstance(path("J_Point"), new CIMProperty<?>[] {new CIMProperty<>("X", CIMDataType.SINT32_T, 4), new CIMProperty<>("Y", CIMDataType.SINT32_T, 5)});
			CIMArgument<?>[] in = {
				new CIMArgument<>("Text", CIMDataType.STRING_T, "<a>"), new CIMArgument<>("Number", CIMDataType.UINT64_T, new UnsignedInteger64("18446744073709551615")),
				new CIMArgument<>("Real", CIMDataType.REAL64_T, 2.5), new CIMArgument<>("Flag", CIMDataType.BOOLEAN_T, true),
				new CIMArgument<>("At", CIMDataType.DATETIME_T, new CIMDateTimeAbsolute("20260101120000.000000+000")),
				new CIMArgument<>("Texts", CIMDataType.STRING_ARRAY_T, new String[] {"a", ""}),
				new CIMArgument<>("Bytes", CIMDataType.UINT8_ARRAY_T, new UnsignedInteger8[] {new UnsignedInteger8((short) 0), new UnsignedInteger8((short) 255)}),
				new CIMArgument<>("Thing", new CIMDataType("J_Thing"), thing("all")),
				new CIMArgument<>("Point", CIMDataType.OBJECT_T, point),
			};
			CIMArgument<?>[] out = new CIMArgument<?>[in.length];
			StringJoiner s = new StringJoiner(" ");
			s.add(String.valueOf(c.invokeMethod(path("J_Service"), "Echo", in, out)));
			Map<String, Object> got = new HashMap<>();
			for (CIMArgument<?> a : out) if (a != null) got.put(a.getName(), a.getValue() instanceof CIMObjectPath p ? p.getKeyValue("Id") : show(a.getValue()));
			for (CIMArgument<?> a : in) s.add(a.getName() + "=" + got.get(a.getName()));
			return s;
		});
		want("invokeMethod: of an instance", "0", () -> c.invokeMethod(path("J_Service", new CIMProperty<>("Name", CIMDataType.STRING_T, "s", true, false, null)), "Nothing", new CIMArgument<?>[0], new CIMArgument<?>[0]));
		want("invokeMethod: unknown", "status 17", () -> c.invokeMethod(path("J_Service"), "None", new CIMArgument<?>[0], new CIMArgument<?>[0]));
	}

	static void queries() {
		want("execQuery", "[all]", () -> values(all(c.execQuery(path(null), "SELECT Id, U64 FROM J_Thing WHERE U64 > 5 AND Note LIKE '%<b>%'", "WQL")), "Id"));
		want("execQuery: CQL", "[all, bare]", () -> values(all(c.execQuery(path(null), "SELECT * FROM J_Thing", "DMTF:CQL")), "Id"));
		want("execQuery: nothing", "[]", () -> all(c.execQuery(path(null), "SELECT * FROM J_Thing WHERE Id = 'x'", "WQL")));
		want("execQuery: syntax", "status 15", () -> all(c.execQuery(path(null), "SELEC * FROM J_Thing", "WQL")));
		want("execQuery: language", "status 14", () -> all(c.execQuery(path(null), "SELECT * FROM J_Thing", "SQL")));
	}

	static void namespaces() {
		want("namespaces", "true", () -> {
			Set<Object> s = new HashSet<>();
			for (CIMInstance i : all(c.enumerateInstances(new CIMObjectPath(null, null, null, "root/interop", "CIM_Namespace", null), true, false, false, null))) s.add(i.getPropertyValue("Name"));
			return s.containsAll(List.of("root/cimv2", "root/interop"));
		});
		want("namespace: unknown", "status 3", () -> all(c.enumerateInstanceNames(new CIMObjectPath(null, null, null, "root/none", "J_Thing", null))));
	}
}
