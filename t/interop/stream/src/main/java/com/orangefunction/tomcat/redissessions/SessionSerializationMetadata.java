// SPDX-License-Identifier: Apache-2.0
package com.orangefunction.tomcat.redissessions;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;

/**
 * What tomcat-redis-session-manager writes before each session: the class of that name, field and
 * form. It writes the hash as plain octets, and not as the field that the class has.
 */
public class SessionSerializationMetadata implements Serializable {
    private static final long serialVersionUID = 1L;

    private final byte[] sessionAttributesHash;

    public SessionSerializationMetadata(byte[] hash) {
        sessionAttributesHash = hash;
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
        out.writeInt(sessionAttributesHash.length);
        out.write(sessionAttributesHash);
    }
}
