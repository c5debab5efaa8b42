// SPDX-License-Identifier: Apache-2.0

import com.orangefunction.tomcat.redissessions.SessionSerializationMetadata;
import java.io.ByteArrayOutputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.lang.reflect.Proxy;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.catalina.Context;
import org.apache.catalina.Manager;
import org.apache.catalina.session.StandardSession;

/**
 * Prints the value of a session as tomcat-redis-session-manager writes it, in base64, with the
 * StandardSession of the Tomcat in the class path: "Stream ID USER NAME".
 */
public class Stream {
    /** An attribute of a class of the application's own. */
    static class UserInfo implements Serializable {
        private static final long serialVersionUID = 1L;
        String userId;
        String userNm;
    }

    /** An object of an interface that does nothing, as are all that it returns. */
    static Object idle(Class<?> type) {
        return Proxy.newProxyInstance(Stream.class.getClassLoader(),
                new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Class<?> result = method.getReturnType();
                    if (result == boolean.class) {
                        // Each attribute may be written.
                        return method.getName().startsWith("will");
                    }
                    if (result == int.class) {
                        return 0;
                    }
                    if (result == long.class) {
                        return 0L;
                    }
                    // Tomcat 7 takes the container of the manager for a context.
                    return !result.isInterface() ? null
                            : idle(result.isAssignableFrom(Context.class) ? Context.class : result);
                });
    }

    /** Sets the fields of a session without its setters, which tell the manager. */
    static class Session extends StandardSession {
        private static final long serialVersionUID = 1L;

        Session(String id) {
            super((Manager) idle(Manager.class));
            this.id = id;
            creationTime = System.currentTimeMillis();
            lastAccessedTime = creationTime;
            thisAccessedTime = creationTime;
            maxInactiveInterval = 1800;
            isValid = true;
        }
    }

    public static void main(String[] arguments) throws Exception {
        Session session = new Session(arguments[0]);
        UserInfo info = new UserInfo();
        info.userId = arguments[1];
        info.userNm = arguments[2];
        Map<String, Object> nested = new LinkedHashMap<>();
        nested.put("a", new ArrayList<>(Arrays.asList(1, 2, "b")));
        Map<String, Object> attributes = new TreeMap<>();
        attributes.put("admin", true);
        attributes.put("nested", nested);
        attributes.put("ratio", 0.5);
        attributes.put("since", 1700000000123L);
        attributes.put("userId", arguments[1]);
        attributes.put("userInfo", info);
        attributes.put("userNm", arguments[2]);
        attributes.put("visits", 3);
        for (Map.Entry<String, Object> each : attributes.entrySet()) {
            session.setAttribute(each.getKey(), each.getValue(), false);
        }

        ByteArrayOutputStream octets = new ByteArrayOutputStream();
        ObjectOutputStream hashed = new ObjectOutputStream(octets);
        hashed.writeObject(attributes);
        hashed.flush();
        byte[] hash = MessageDigest.getInstance("MD5").digest(octets.toByteArray());

        octets.reset();
        try (ObjectOutputStream out = new ObjectOutputStream(octets)) {
            out.writeObject(new SessionSerializationMetadata(hash));
            session.writeObjectData(out);
        }
        System.out.println(Base64.getEncoder().encodeToString(octets.toByteArray()));
    }
}
