/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes scalars as Redisson's Kryo5Codec encodes them, one a line: a name, the
 * octets in base64, JSON.
 *
 *   java -cp 'DIRECTORY/redisson/*' Kryo.java SEED COUNT
 *
 * t/interop/install has put Redisson and Kryo into the DIRECTORY. The first lines
 * are the same for every seed.
 */
import io.netty.buffer.ByteBuf;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.*;
import org.redisson.codec.Kryo5Codec;

public class Kryo {
    static final Kryo5Codec codec = new Kryo5Codec();
    static final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    static int lines;

    static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                quoted.append(c).append(text.charAt(++i));
            } else if (Character.isSurrogate(c)) {
                quoted.append('\uFFFD');
            } else if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f) {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    static void print(Object o, String json) throws Exception {
        ByteBuf buffer = codec.getValueEncoder().encode(o);
        byte[] octets = new byte[buffer.readableBytes()];
        buffer.readBytes(octets);
        buffer.release();
        String kind = o == null ? "null" : o.getClass().getSimpleName();
        out.println(kind + "-" + lines++ + " " + Base64.getEncoder().encodeToString(octets) + " " + json);
    }

    static void print(Object o) throws Exception {
        if (o instanceof String || o instanceof Character) {
            print(o, quote(o.toString()));
        } else {
            print(o, o.toString());
        }
    }

    static final String[] parts = {
        "", "a", "alice", "Alice Kim \uAE40", "\uD83D\uDE00", "\uD83D", "\uDE00", "\u0080", "\u07FF\u0800",
        "x".repeat(31), "y".repeat(40), "\u0001\n\"\\", "\u00E9", "\uFFFF", "0123456789",
    };

    static void printRandom(Random random) throws Exception {
        switch (random.nextInt(7)) {
            case 0 -> print((int) (random.nextLong() >> random.nextInt(64)));
            case 1 -> print(random.nextLong() >> random.nextInt(64));
            case 2 -> print((short) random.nextInt());
            case 3 -> print((byte) random.nextInt());
            case 4 -> print((char) (1 + random.nextInt(65535)));
            default -> {
                StringBuilder text = new StringBuilder();
                for (int i = random.nextInt(12); i > 0; i--) {
                    text.append(parts[random.nextInt(parts.length)]);
                }
                print(text.toString());
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        for (String part : parts) {
            print(part);
        }
        print("z".repeat(32));
        print("z".repeat(33));
        print("z".repeat(64));
        print("z".repeat(65));
        print("\u00E9" + "z".repeat(61));
        print("\u00E9" + "z".repeat(62));
        print("\u00E9" + "z".repeat(63));
        print("\u00E9".repeat(5000));
        for (long number : new long[] { 0, 1, -1, 63, 64, -64, -65, 8191, 8192, 1800, 1700000000000L, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, Long.MIN_VALUE }) {
            print(number);
            print((int) number);
            print((short) number);
            print((byte) number);
        }
        print(true);
        print(false);
        print('c');
        print('\uAE40');
        print('\uD83D');
        print(0.5);
        print(0.1);
        print(-1e300, "-1e+300");
        print(1e21, "1e+21");
        print(0.0, "0");
        print(-0.0, "0");
        print(Double.NaN, "\"NaN\"");
        print(Double.NEGATIVE_INFINITY, "\"-Infinity\"");
        print(0.1f);
        print(16777216f, "16777216");
        print(1e-7f, "1e-7");
        print(Float.POSITIVE_INFINITY, "\"Infinity\"");
        Random random = new Random(Long.parseLong(arguments[0]));
        for (int i = Integer.parseInt(arguments[1]); i > 0; i--) {
            printRandom(random);
        }
        out.flush();
        System.exit(0);
    }
}
