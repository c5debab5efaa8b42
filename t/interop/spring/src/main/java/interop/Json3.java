// SPDX-License-Identifier: Apache-2.0
package interop;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.serializer.GenericJackson2JsonRedisSerializer;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.security.jackson2.SecurityJackson2Modules;

/** Sessions as JSON, as the documentation of Spring Session 3 says: with Jackson 2. */
@Configuration
@ConditionalOnProperty(name = "interop.serializer", havingValue = "json")
public class Json3 {
    /** Spring Session takes the serializer of this name. */
    @Bean
    RedisSerializer<Object> springSessionDefaultRedisSerializer() {
        ObjectMapper mapper = new ObjectMapper();
        mapper.registerModules(SecurityJackson2Modules.getModules(Json3.class.getClassLoader()));
        mapper.addMixIn(UserInfo.class, Permitted.class);
        // The event of a new session of the indexed repository has numbers of this class.
        mapper.addMixIn(Long.class, Permitted.class);
        return new GenericJackson2JsonRedisSerializer(mapper);
    }

    /** SecurityJackson2Modules permits a class that has a mixin, even an empty one. */
    abstract static class Permitted {
    }
}
