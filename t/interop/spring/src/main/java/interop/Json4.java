// SPDX-License-Identifier: Apache-2.0
package interop;

import java.util.List;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.serializer.GenericJacksonJsonRedisSerializer;
import org.springframework.data.redis.serializer.RedisSerializer;
import org.springframework.security.jackson.SecurityJacksonModules;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;

/** Sessions as JSON, as the documentation of Spring Session 4 says: with Jackson 3. */
@Configuration
@ConditionalOnProperty(name = "interop.serializer", havingValue = "json")
public class Json4 {
    /** Spring Session takes the serializer of this name. */
    @Bean
    RedisSerializer<Object> springSessionDefaultRedisSerializer() {
        // The event of a new session of the indexed repository has numbers of the class Long.
        BasicPolymorphicTypeValidator.Builder permitted = BasicPolymorphicTypeValidator.builder()
                .allowIfSubType(UserInfo.class).allowIfSubType(Long.class);
        List<JacksonModule> modules =
                SecurityJacksonModules.getModules(Json4.class.getClassLoader(), permitted);
        return GenericJacksonJsonRedisSerializer.builder()
                .customize(mapper -> mapper.addModules(modules))
                .build();
    }
}
