/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes random graphs of objects in Java Object Serialization, and what a
 * person would write them as, one a line: a name, the stream in base64, JSON.
 *
 *   java Graphs.java SEED COUNT | build/default/t/interop/java/compare
 *
 * The JSON comes from the objects, not from the stream. docs/guide/formats.md
 * has the rules.
 */
import java.io.*;
import java.lang.reflect.*;
import java.lang.reflect.Proxy;
import java.math.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.*;
import java.util.function.*;

public class Graphs {
    /* ---- classes of an application */

    enum Grade { GOLD, SILVER, BRONZE { @Override public String toString() { return "bronze!"; } } }

    static class Base implements Serializable {
        private static final long serialVersionUID = 1;
        private int id;
        private String name;
        protected Object value;
        transient Object hidden = "hidden";
        static Object shared = "static";
    }

    static class Derived extends Base {
        private static final long serialVersionUID = 1;
        private String name; /* hides that of Base */
        boolean z; byte b; char c; short s; int i; long j; float f; double d;
        Object[] more;
        List<Object> list;
    }

    /* Whose superclass is not serializable. */
    static class Plain { int lost = 5; }

    static class Kept extends Plain implements Serializable {
        private static final long serialVersionUID = 1;
        Object kept;
        int[] numbers;
    }

    /* Which writes more than its fields. */
    static class Custom implements Serializable {
        private static final long serialVersionUID = 1;
        Object first, second;
        private void writeObject(ObjectOutputStream out) throws IOException {
            out.defaultWriteObject();
            out.writeInt(42);
            out.writeObject("a note");
            out.writeUTF("more");
            out.writeObject(first);
            out.write(new byte[1500]);
        }
    }

    public static class External implements Externalizable {
        private static final long serialVersionUID = 1;
        Object value;
        public void writeExternal(ObjectOutput out) throws IOException {
            out.writeObject(value);
            out.writeLong(7);
        }
        public void readExternal(ObjectInput in) { }
    }

    static class Replaced implements Serializable {
        private static final long serialVersionUID = 1;
        final Object by;
        Replaced(Object by) { this.by = by; }
        private Object writeReplace() { return by; }
    }

    record Point(int x, String label, Object other) implements Serializable { }

    static class Names extends ArrayList<Object> {
        private static final long serialVersionUID = 1;
        String title = "lost";
    }

    static class Settings extends LinkedHashMap<Object, Object> {
        private static final long serialVersionUID = 1;
        int version = 3;
    }

    interface Service { }

    static class Handler implements InvocationHandler, Serializable {
        private static final long serialVersionUID = 1;
        Object target;
        public Object invoke(Object proxy, Method method, Object[] arguments) {
            return switch (method.getName()) {
                case "hashCode" -> System.identityHashCode(proxy);
                case "equals" -> proxy == arguments[0];
                default -> "proxy";
            };
        }
    }

    /* ---- what a person would write */

    static final class Writer {
        final StringBuilder out = new StringBuilder();
        final Map<Object, Boolean> active = new IdentityHashMap<>();

        void quote(String text) {
            out.append('"');
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (Character.isHighSurrogate(c) && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1))) {
                    out.append(c).append(text.charAt(++i));
                } else if (Character.isSurrogate(c)) {
                    out.append('\uFFFD');
                } else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f) {
                    out.append(String.format("\\u%04x", (int) c));
                } else {
                    out.append(c);
                }
            }
            out.append('"');
        }

        void write(Object o) {
            if (o instanceof Replaced r) {
                write(r.by);
                return;
            }
            if (o == null) {
                out.append("null");
                return;
            }
            if (o instanceof Boolean || o instanceof AtomicBoolean || isNumber(o)) {
                out.append(text(o));
                return;
            }
            String text = text(o);
            if (text != null) {
                quote(text);
                return;
            }
            if (active.containsKey(o)) {
                out.append("null");
                return;
            }
            active.put(o, true);
            structure(o);
            active.remove(o);
        }

        void list(Iterator<?> members) {
            String separator = "";
            out.append('[');
            while (members.hasNext()) {
                out.append(separator);
                write(members.next());
                separator = ",";
            }
            out.append(']');
        }

        void members(Map<String, Object> members) {
            String separator = "";
            out.append('{');
            for (Map.Entry<String, Object> member : members.entrySet()) {
                out.append(separator);
                quote(member.getKey());
                out.append(':');
                write(member.getValue());
                separator = ",";
            }
            out.append('}');
        }

        void structure(Object o) {
            if (o.getClass().isArray()) {
                List<Object> members = new ArrayList<>();
                for (int i = 0; i < Array.getLength(o); i++) {
                    members.add(Array.get(o, i));
                }
                list(members.iterator());
            } else if (o instanceof AtomicReference<?> r) {
                write(r.get());
            } else if (o instanceof AtomicIntegerArray a) {
                List<Object> members = new ArrayList<>();
                for (int i = 0; i < a.length(); i++) {
                    members.add(a.get(i));
                }
                list(members.iterator());
            } else if (o instanceof Collection<?> c) {
                list(c.iterator());
            } else if (o instanceof Map<?, ?> map) {
                Map<String, Object> members = new LinkedHashMap<>();
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    String key = entry.getKey() == null ? null : text(entry.getKey());
                    if (key != null) {
                        members.put(key, entry.getValue());
                    }
                }
                members(members);
            } else if (o instanceof Map.Entry<?, ?> entry) {
                Map<String, Object> members = new LinkedHashMap<>();
                String key = entry.getKey() == null ? null : text(entry.getKey());
                if (key != null) {
                    members.put(key, entry.getValue());
                }
                members(members);
            } else if (Proxy.isProxyClass(o.getClass())) {
                Map<String, Object> members = new LinkedHashMap<>();
                members.put("h", Proxy.getInvocationHandler(o));
                members(members);
            } else if (o instanceof Externalizable) {
                out.append("{}");
            } else {
                members(fields(o));
            }
        }

        static Map<String, Object> fields(Object o) {
            Map<String, Object> members = new LinkedHashMap<>();
            Deque<Class<?>> classes = new ArrayDeque<>();
            for (Class<?> c = o.getClass(); c != null; c = c.getSuperclass()) {
                if (Serializable.class.isAssignableFrom(c)) {
                    classes.push(c);
                }
            }
            for (Class<?> c : classes) {
                for (Field field : c.getDeclaredFields()) {
                    if ((field.getModifiers() & (Modifier.STATIC | Modifier.TRANSIENT)) != 0) {
                        continue;
                    }
                    try {
                        field.setAccessible(true);
                        members.put(field.getName(), field.get(o));
                    } catch (IllegalAccessException e) {
                        throw new IllegalStateException(e);
                    }
                }
            }
            return members;
        }
    }

    static boolean isNumber(Object o) {
        if (o instanceof Double d) {
            return !d.isNaN() && !d.isInfinite();
        }
        if (o instanceof Float f) {
            return !f.isNaN() && !f.isInfinite();
        }
        return o instanceof Byte || o instanceof Short || o instanceof Integer || o instanceof Long
            || o instanceof AtomicInteger || o instanceof AtomicLong || o instanceof LongAdder;
    }

    /* The text of a scalar; null: it is a structure. */
    static String text(Object o) {
        if (o instanceof String || o instanceof Boolean || o instanceof Character
            || o instanceof UUID || o instanceof URI || o instanceof BigInteger
            || o instanceof StringBuilder || o instanceof StringBuffer || o instanceof Byte
            || o instanceof Short || o instanceof Integer || o instanceof Long
            || o instanceof AtomicInteger || o instanceof AtomicLong || o instanceof LongAdder
            || o instanceof AtomicBoolean || o.getClass().getName().startsWith("java.time.")
                && !o.getClass().isEnum()) {
            return o.toString();
        }
        if (o instanceof Double d) {
            return d.isNaN() || d.isInfinite() ? d.toString()
                : shortest(d, new BigDecimal(d), s -> Double.parseDouble(s) == d);
        }
        if (o instanceof Float f) {
            return f.isNaN() || f.isInfinite() ? f.toString()
                : shortest(f, new BigDecimal(f), s -> Float.parseFloat(s) == f);
        }
        if (o instanceof BigDecimal d) {
            return Math.abs((long) d.scale()) <= 99 ? d.toPlainString() : d.toString();
        }
        if (o instanceof Enum<?> e) {
            return e.name();
        }
        if (o instanceof Class<?> c) {
            return c.getName();
        }
        if (o instanceof byte[] b) {
            return Base64.getEncoder().encodeToString(b);
        }
        if (o instanceof char[] c) {
            return new String(c);
        }
        if (o instanceof Timestamp t) {
            return Instant.ofEpochSecond(Math.floorDiv(t.getTime(), 1000L), t.getNanos()).toString();
        }
        if (o instanceof Date d) {
            return Instant.ofEpochMilli(d.getTime()).toString();
        }
        if (o instanceof Calendar c) {
            return Instant.ofEpochMilli(c.getTimeInMillis()).toString();
        }
        if (o instanceof URL u) {
            return u.toExternalForm();
        }
        if (o instanceof Locale l) {
            return l.toLanguageTag();
        }
        if (o instanceof Currency c) {
            return c.getCurrencyCode();
        }
        if (o instanceof TimeZone z) {
            return z.getID();
        }
        if (o instanceof InetAddress a) {
            return a.getHostAddress();
        }
        if (o instanceof File f) {
            return f.getPath();
        }
        return null;
    }

    /* ECMA-262, Number::toString: the shortest decimal that reads back. */
    static String shortest(double value, BigDecimal exact, Predicate<String> readsBack) {
        if (value == 0) {
            return "0";
        }
        BigDecimal found = null;
        exact = exact.abs();
        Predicate<BigDecimal> isSame = d -> readsBack.test((value < 0 ? d.negate() : d).toString());
        for (int digits = 1; digits <= 17 && found == null; digits++) {
            BigDecimal near = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
            BigDecimal above = near.add(near.ulp());
            found = isSame.test(near) ? near : isSame.test(above) ? above : null;
        }
        found = found.stripTrailingZeros();
        String digits = found.unscaledValue().toString();
        int k = digits.length();
        int n = k - found.scale();
        String sign = value < 0 ? "-" : "";
        if (k <= n && n <= 21) {
            return sign + digits + "0".repeat(n - k);
        }
        if (0 < n && n <= 21) {
            return sign + digits.substring(0, n) + "." + digits.substring(n);
        }
        if (-6 < n && n <= 0) {
            return sign + "0." + "0".repeat(-n) + digits;
        }
        String exponent = (n - 1 < 0 ? "e-" : "e+") + Math.abs(n - 1);
        return sign + digits.charAt(0) + (k == 1 ? "" : "." + digits.substring(1)) + exponent;
    }

    /* ---- random objects */

    final Random random;
    final List<Object> made = new ArrayList<>(); /* what a reference may lead to */
    final Deque<Object> open = new ArrayDeque<>(); /* what a cycle may lead to */
    int left;

    Graphs(long seed) {
        random = new Random(seed);
        left = 5 + random.nextInt(60);
    }

    <T> T one(T[] of) {
        return of[random.nextInt(of.length)];
    }

    String string() {
        String[] texts = {
            "", "alice", "Alice Kim \uAE40", "\uD83D\uDE00", "\uD83D", "\uDE00x", "a\uD83Db", "\u0080\u07FF\u0800",
            "ROLE_ADMIN", "line\r\nbreak\ttab", "\"quoted\\\"", "\u00E9t\u00E9", "\u0001", "x".repeat(300), "\uFFFF",
            "a", "b", "c", "\uDBFF\uDFFF", "null", "true", "1", "0",
        };
        return random.nextInt(4) == 0 ? Long.toString(random.nextLong(), 36) : one(texts);
    }

    long wide() {
        return random.nextLong() >> random.nextInt(64);
    }

    double real() {
        double[] some = { 0, -0.0, 0.1, 1, 1e21, 1e-7, 123456789, 1.0E23, 5e-324, Double.MAX_VALUE,
            Double.MIN_NORMAL, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1.5, 100, 2e-3, 0x1p-44 };
        return switch (random.nextInt(4)) {
            case 0 -> some[random.nextInt(some.length)];
            case 1 -> Double.longBitsToDouble(random.nextLong());
            case 2 -> random.nextInt(100000) / 100.0;
            default -> Math.scalb(1.0, random.nextInt(2098) - 1074);
        };
    }

    float single() {
        return switch (random.nextInt(4)) {
            case 0 -> Float.intBitsToFloat(random.nextInt());
            case 1 -> random.nextInt(100000) / 100f;
            case 2 -> (float) Math.scalb(1.0, random.nextInt(276) - 149);
            default -> (float) real();
        };
    }

    Object temporal() {
        LocalDate date = LocalDate.of(random.nextInt(4) == 0 ? random.nextInt(2_000_000) - 1_000_000 : 1900 + random.nextInt(200),
            1 + random.nextInt(12), 1 + random.nextInt(28));
        int kind = random.nextInt(4);
        LocalTime time = LocalTime.of(random.nextInt(24), kind < 1 ? 0 : random.nextInt(60), kind < 2 ? 0 : random.nextInt(60),
            kind < 3 ? 0 : random.nextInt(1000) * one(new Integer[] { 1, 1000, 1000000 }));
        ZoneOffset offset = random.nextBoolean() ? ZoneOffset.ofTotalSeconds(random.nextInt(2 * 64800 + 1) - 64800)
            : ZoneOffset.ofHoursMinutes(random.nextInt(18), 30);
        ZoneId zone = one(new ZoneId[] { ZoneId.of("Asia/Seoul"), ZoneId.of("UTC"), offset, ZoneId.of("Europe/Paris"), ZoneId.of("GMT+2") });
        Instant instant = Instant.ofEpochSecond(wide() % 31556889864403199L, random.nextInt(3) == 0 ? random.nextInt(1000000000) : random.nextInt(1000) * 1000000);
        return switch (random.nextInt(19)) {
            case 0 -> instant;
            case 1 -> Duration.ofSeconds(wide() >> 2, random.nextBoolean() ? 0 : random.nextInt(1000000000));
            case 2 -> Period.of(random.nextInt(5) - 2, random.nextInt(5) - 2, random.nextInt(100) - 50);
            case 3 -> date;
            case 4 -> time;
            case 5 -> date.atTime(time);
            case 6 -> date.atTime(time).atZone(zone);
            case 7 -> date.atTime(time).atOffset(offset);
            case 8 -> time.atOffset(offset);
            case 9 -> Year.of(date.getYear());
            case 10 -> YearMonth.of(date.getYear(), date.getMonth());
            case 11 -> MonthDay.of(date.getMonth(), date.getDayOfMonth());
            case 12 -> zone;
            case 13 -> offset;
            case 14 -> new Date(wide());
            case 15 -> {
                Timestamp timestamp = new Timestamp(wide() >> 8);
                timestamp.setNanos(random.nextInt(1000000000));
                yield timestamp;
            }
            case 16 -> new java.sql.Date(wide());
            case 17 -> new java.sql.Time(wide());
            default -> {
                Calendar calendar = new GregorianCalendar(TimeZone.getTimeZone(zone));
                calendar.setTimeInMillis(wide() >> 4);
                yield calendar;
            }
        };
    }

    Object scalar() throws Exception {
        return switch (random.nextInt(34)) {
            case 0, 1, 2, 3, 4, 5 -> string();
            case 6 -> (byte) random.nextInt();
            case 7 -> (short) random.nextInt();
            case 8, 9 -> (int) wide();
            case 10, 11 -> wide();
            case 12, 13 -> real();
            case 14 -> single();
            case 15 -> random.nextBoolean();
            case 16 -> (char) random.nextInt(65536);
            case 17 -> new BigInteger(random.nextInt(400), random).multiply(BigInteger.valueOf(random.nextInt(3) - 1));
            case 18 -> new BigDecimal(new BigInteger(random.nextInt(100), random).multiply(BigInteger.valueOf(random.nextInt(3) - 1)),
                random.nextInt(4) == 0 ? random.nextInt(2000) - 1000 : random.nextInt(12) - 3);
            case 19 -> one(Grade.values());
            case 20 -> one(new Class<?>[] { String.class, int[].class, Object[][].class, int.class, Base.class, Map.Entry.class });
            case 21 -> new UUID(random.nextLong(), random.nextLong());
            case 22 -> URI.create("https://example.com:8443/a%20b?q=" + random.nextInt(10) + "#f");
            case 23 -> new URL(one(new String[] { "http://example.com/a?b=c#d", "file:/tmp/x", "https://u@h:1/", "http://[::1]/x#" }));
            case 24 -> one(new Locale[] { Locale.KOREA, Locale.ROOT, Locale.FRENCH, new Locale("sl", "IT", "nedis"), new Locale("en", "US", "WIN"),
                Locale.forLanguageTag("zh-Hant-TW-u-ca-roc"), new Locale("", "DE"), new Locale("he"), new Locale("de", "", "POSIX_x_toolongvariant") });
            case 25 -> one(new Currency[] { Currency.getInstance("KRW"), Currency.getInstance("EUR") });
            case 26 -> one(new TimeZone[] { TimeZone.getTimeZone("Asia/Seoul"), new SimpleTimeZone(3600000, "X/Y") });
            case 27 -> InetAddress.getByAddress(random.nextBoolean() ? null : "host", bytes(random.nextBoolean() ? 4 : 16));
            case 28 -> new StringBuilder(string()).append(random.nextInt());
            case 29 -> new StringBuffer(string());
            case 30 -> bytes(random.nextInt(20));
            case 31 -> string().toCharArray();
            case 32 -> one(new Object[] { new AtomicInteger(random.nextInt()), new AtomicLong(wide()), new AtomicBoolean(random.nextBoolean()), new File("/a/b") });
            default -> temporal();
        };
    }

    byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    Object key() throws Exception {
        return switch (random.nextInt(10)) {
            case 0 -> random.nextInt(5);
            case 1 -> (long) random.nextInt(5);
            case 2 -> one(Grade.values());
            case 3 -> new UUID(0, random.nextInt(5));
            case 4 -> LocalDate.of(2024, 1, 1 + random.nextInt(5));
            case 5 -> one(new Object[] { true, false, 'c', 1.5, 1.0, new BigDecimal("1.50"), String.class });
            case 6 -> one(new Object[] { List.of("a"), new Base(), new int[1] }); /* no text */
            default -> string();
        };
    }

    Object primitives() {
        int count = random.nextInt(6);
        Object array = Array.newInstance(one(new Class<?>[] { boolean.class, short.class, int.class, long.class, float.class, double.class }), count);
        for (int i = 0; i < count; i++) {
            if (array instanceof boolean[] a) {
                a[i] = random.nextBoolean();
            } else if (array instanceof short[] a) {
                a[i] = (short) random.nextInt();
            } else if (array instanceof int[] a) {
                a[i] = (int) wide();
            } else if (array instanceof long[] a) {
                a[i] = wide();
            } else if (array instanceof float[] a) {
                a[i] = single();
            } else if (array instanceof double[] a) {
                a[i] = real();
            }
        }
        return array;
    }

    /* Any object, which may be one that exists already. */
    Object any(int depth) throws Exception {
        int dice = random.nextInt(20);
        if (dice == 0 && !made.isEmpty()) {
            return made.get(random.nextInt(made.size()));
        }
        if (dice == 1 && !open.isEmpty()) {
            List<Object> all = new ArrayList<>(open);
            return all.get(random.nextInt(all.size()));
        }
        if (dice == 2) {
            return null;
        }
        Object o = dice < 11 || depth == 0 || left <= 0 ? scalar() : structure(depth - 1);
        made.add(o);
        return o;
    }

    <C extends Collection<Object>> C fill(C into, int depth) throws Exception {
        open.push(into);
        for (int count = random.nextInt(5); count > 0; count--) {
            left--;
            into.add(any(depth));
        }
        open.pop();
        return into;
    }

    /* Without nulls, or what has no hash, or no order. */
    <C extends Collection<Object>> C fillPlainly(C into) {
        for (int count = random.nextInt(5); count > 0; count--) {
            left--;
            into.add(string());
        }
        return into;
    }

    <M extends Map<Object, Object>> M fill(M into, int depth, boolean isPlain) throws Exception {
        open.push(into);
        for (int count = random.nextInt(5); count > 0; count--) {
            left--;
            Object value = any(depth);
            into.put(isPlain ? string() : key(), isPlain && value == null ? "nothing" : value);
        }
        if (!isPlain && random.nextInt(8) == 0) {
            into.put(null, "no name");
        }
        open.pop();
        return into;
    }

    /* For a wrapper, through which the Writer cannot see: no cycle leads to it. */
    <C extends Collection<Object>> C fillWrapped(C into, int depth) throws Exception {
        for (int count = random.nextInt(4); count > 0; count--) {
            into.add(any(depth));
        }
        return into;
    }

    <M extends Map<Object, Object>> M fillWrapped(M into, int depth, boolean isPlain) throws Exception {
        for (int count = random.nextInt(4); count > 0; count--) {
            Object value = any(depth);
            into.put(isPlain ? string() : key(), value);
        }
        return into;
    }

    @SuppressWarnings("unchecked")
    Collection<Object> collection(int depth) throws Exception {
        Collection<Object> plain = fillPlainly(new ArrayList<>());
        return switch (random.nextInt(37)) {
            case 0, 1, 2 -> fill(new ArrayList<>(), depth);
            case 3 -> fill(new LinkedList<>(), depth);
            case 4 -> fill(new Vector<>(), depth);
            case 5 -> fill(new Stack<>(), depth);
            case 6 -> new ArrayDeque<>(plain);
            case 7 -> new PriorityQueue<>(plain);
            case 8 -> new HashSet<>(plain);
            case 9 -> new LinkedHashSet<>(plain);
            case 10 -> new TreeSet<>(plain);
            case 11 -> new ConcurrentSkipListSet<>(plain);
            case 12 -> fill(new CopyOnWriteArrayList<>(), depth);
            case 13 -> new CopyOnWriteArraySet<>(plain);
            case 14 -> (Collection<Object>) (Collection<?>) EnumSet.of(one(Grade.values()), one(Grade.values()));
            case 15 -> Arrays.asList(fillWrapped(new ArrayList<>(), depth).toArray());
            case 16 -> Collections.emptyList();
            case 17 -> Collections.emptySet();
            case 18 -> Collections.singletonList(any(depth));
            case 19 -> Collections.singleton(string());
            case 20 -> Collections.unmodifiableList(fillWrapped(new ArrayList<>(), depth));
            case 21 -> Collections.unmodifiableSet(new LinkedHashSet<>(plain));
            case 22 -> Collections.unmodifiableCollection(fillWrapped(new ArrayList<>(), depth));
            case 23 -> Collections.unmodifiableList(fillWrapped(new LinkedList<>(), depth));
            case 24 -> Collections.synchronizedList(fillWrapped(new ArrayList<>(), depth));
            case 25 -> Collections.synchronizedSet(new HashSet<>(plain));
            case 26 -> Collections.checkedList(fillWrapped(new ArrayList<>(), depth), Object.class);
            case 27 -> Collections.nCopies(random.nextInt(4), any(depth));
            case 28 -> {
                Set<Object> set = Collections.newSetFromMap(new ConcurrentHashMap<>());
                set.addAll(plain);
                yield set;
            }
            case 29 -> List.copyOf(plain);
            case 30 -> plain.isEmpty() ? Set.of() : Set.of(plain.iterator().next()); /* others iterate in another order than they write */
            case 31 -> {
                Set<Object> set = ConcurrentHashMap.newKeySet();
                set.addAll(plain);
                yield set;
            }
            case 32 -> one(new Collection[] { new LinkedBlockingQueue<>(plain), new LinkedBlockingDeque<>(plain),
                new ConcurrentLinkedQueue<>(plain), new ConcurrentLinkedDeque<>(plain), new LinkedTransferQueue<>(plain),
                new PriorityBlockingQueue<>(plain.isEmpty() ? List.of("x") : plain) });
            case 33 -> {
                ArrayBlockingQueue<Object> ring = new ArrayBlockingQueue<>(4);
                for (int i = 0; i < 9; i++) {
                    if (!ring.offer(string())) {
                        ring.poll();
                        ring.poll();
                    }
                }
                yield ring;
            }
            case 34 -> fill(new Names(), depth);
            case 35 -> fill(new ArrayList<>(), depth).stream().toList();
            default -> Collections.asLifoQueue(new ArrayDeque<>(plain));
        };
    }

    @SuppressWarnings("unchecked")
    Map<Object, Object> map(int depth) throws Exception {
        return switch (random.nextInt(24)) {
            case 0, 1, 2 -> fill(new HashMap<>(), depth, false);
            case 3, 4 -> fill(new LinkedHashMap<>(), depth, false);
            case 5 -> fill(new LinkedHashMap<>(16, 0.75f, true), depth, true);
            case 6 -> fill(new TreeMap<>(), depth, true);
            case 7 -> fill(new TreeMap<>(Collections.reverseOrder()), depth, true);
            case 8 -> fill(new Hashtable<>(), depth, true);
            case 9 -> fill(new ConcurrentHashMap<>(), depth, true);
            case 10 -> fill(new ConcurrentSkipListMap<>(), depth, true);
            case 11 -> {
                Map<Object, Object> map = (Map<Object, Object>) (Map<?, ?>) new EnumMap<Grade, Object>(Grade.class);
                map.put(one(Grade.values()), any(depth));
                map.put(one(Grade.values()), null);
                yield map;
            }
            case 12 -> fill(new IdentityHashMap<>(), depth, false);
            case 13 -> {
                Properties properties = new Properties(new Properties());
                properties.setProperty(string(), string());
                properties.setProperty(string(), string());
                yield properties;
            }
            case 14 -> Collections.emptyMap();
            case 15 -> Collections.singletonMap(key(), any(depth));
            case 16 -> Collections.unmodifiableMap(fillWrapped(new HashMap<>(), depth, false));
            case 17 -> Collections.synchronizedMap(fillWrapped(new LinkedHashMap<>(), depth, false));
            case 18 -> Collections.checkedMap(fillWrapped(new HashMap<>(), depth, false), Object.class, Object.class);
            case 19 -> Collections.unmodifiableSortedMap(fillWrapped(new TreeMap<>(), depth, true));
            case 20 -> Map.copyOf(fill(new HashMap<>(), 0, true));
            case 21 -> Map.of(string(), string());
            case 22 -> fill(new Settings(), depth, false);
            default -> Collections.synchronizedSortedMap(fillWrapped(new TreeMap<>(), depth, true));
        };
    }

    Object bean(int depth) throws Exception {
        return switch (random.nextInt(9)) {
            case 0 -> {
                Base base = new Base();
                open.push(base);
                base.id = random.nextInt();
                base.name = string();
                base.value = any(depth);
                open.pop();
                yield base;
            }
            case 1, 2 -> {
                Derived derived = new Derived();
                open.push(derived);
                ((Base) derived).name = "hidden by the subclass";
                ((Base) derived).id = 7;
                derived.name = random.nextBoolean() ? null : string();
                derived.value = any(depth);
                derived.z = random.nextBoolean();
                derived.b = (byte) random.nextInt();
                derived.c = (char) random.nextInt();
                derived.s = (short) random.nextInt();
                derived.i = (int) wide();
                derived.j = wide();
                derived.f = single();
                derived.d = real();
                derived.more = random.nextBoolean() ? null : new Object[] { any(depth), derived };
                derived.list = fill(new ArrayList<>(), depth);
                open.pop();
                yield derived;
            }
            case 3 -> {
                Kept kept = new Kept();
                open.push(kept);
                kept.kept = any(depth);
                kept.numbers = new int[] { 1, -2 };
                open.pop();
                yield kept;
            }
            case 4 -> {
                Custom custom = new Custom();
                open.push(custom);
                custom.first = any(depth);
                custom.second = any(depth);
                open.pop();
                yield custom;
            }
            case 5 -> {
                External external = new External();
                external.value = any(depth);
                yield external;
            }
            case 6 -> new Replaced(scalar());
            case 7 -> {
                Handler handler = new Handler();
                handler.target = any(depth);
                yield Proxy.newProxyInstance(Graphs.class.getClassLoader(), new Class<?>[] { Service.class }, handler);
            }
            default -> new Point(random.nextInt(), string(), any(depth));
        };
    }

    Object structure(int depth) throws Exception {
        left--;
        return switch (random.nextInt(10)) {
            case 0, 1, 2 -> collection(depth);
            case 3, 4, 5 -> map(depth);
            case 6, 7 -> bean(depth);
            case 8 -> random.nextBoolean() ? primitives() : array(depth);
            default -> one(new Object[] {
                new AtomicReference<>(any(depth)), new AbstractMap.SimpleEntry<>(key(), any(depth)),
                new AbstractMap.SimpleImmutableEntry<>(string(), any(depth)), new AtomicIntegerArray(new int[] { 1, 2 }),
            });
        };
    }

    Object array(int depth) throws Exception {
        Object[] array = one(new Object[][] { new Object[3], new String[2], new Integer[2], new Object[2][] });
        open.push(array);
        for (int i = 0; i < array.length; i++) {
            array[i] = array instanceof String[] ? string() : array instanceof Integer[] ? random.nextInt(9)
                : array instanceof Object[][] ? new Object[] { any(depth) } : any(depth);
        }
        open.pop();
        return array;
    }

    static void print(PrintStream out, String name, Object root) throws IOException {
        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        try (ObjectOutputStream stream = new ObjectOutputStream(octets)) {
            stream.writeObject(root);
        }
        Writer writer = new Writer();
        writer.write(root);
        out.println(name + " " + Base64.getEncoder().encodeToString(octets.toByteArray()) + " " + writer.out);
    }

    public static void main(String[] arguments) throws Exception {
        long seed = Long.parseLong(arguments[0]);
        int count = Integer.parseInt(arguments[1]);
        int most = arguments.length > 2 ? Integer.parseInt(arguments[2]) : Integer.MAX_VALUE;
        PrintStream out = new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)), false, StandardCharsets.UTF_8);
        for (int i = 0; i < count; i++) {
            Graphs graphs = new Graphs(seed * 1000003 + i);
            Object root = graphs.random.nextInt(5) == 0 ? graphs.any(3) : graphs.structure(1 + graphs.random.nextInt(7));
            print(out, "seed-" + seed + "-" + i, root);
        }
        out.flush();
    }
}
