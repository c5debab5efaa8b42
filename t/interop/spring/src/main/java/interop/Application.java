// SPDX-License-Identifier: Apache-2.0
package interop;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.session.events.AbstractSessionEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * What every application of t/interop offers (its README.md), and beside it the form login of
 * Spring Security at /account.
 */
@SpringBootApplication
@RestController
public class Application {
    private final UserInfo userInfo;
    private final Map<String, Integer> events = new ConcurrentHashMap<>();

    Application(UserInfo userInfo) {
        this.userInfo = userInfo;
    }

    public static void main(String[] arguments) {
        SpringApplication.run(Application.class, arguments);
    }

    private static Map<String, Object> seen(UserInfo userInfo) {
        Map<String, Object> seen = new LinkedHashMap<>();
        seen.put("userId", userInfo.getUserId());
        seen.put("userNm", userInfo.getUserNm());
        return seen;
    }

    @GetMapping("/ready")
    String ready() {
        return "ready";
    }

    @PostMapping("/login")
    Map<String, Object> login(@RequestBody Map<String, String> person, HttpServletRequest request) {
        HttpSession session = request.getSession();
        request.changeSessionId();
        userInfo.setUserId(person.get("userId"));
        userInfo.setUserNm(person.get("userNm"));
        session.setAttribute("userId", person.get("userId"));
        session.setAttribute("admin", true);
        session.setAttribute("visits", 3);
        Map<String, Object> nested = new LinkedHashMap<>();
        nested.put("a", new ArrayList<>(Arrays.asList(1, 2, new LinkedHashMap<>(Map.of("b", "c")))));
        session.setAttribute("nested", nested);
        session.setAttribute("gone", "soon");
        session.removeAttribute("gone");
        return seen(userInfo);
    }

    @GetMapping("/session")
    ResponseEntity<Map<String, Object>> session(HttpServletRequest request) {
        // The proxy would begin a session for a visitor who has none.
        if (request.getSession(false) == null || userInfo.getUserId() == null) {
            return ResponseEntity.status(HttpStatus.UNAUTHORIZED).body(Map.of());
        }
        return ResponseEntity.ok(seen(userInfo));
    }

    @PostMapping("/change")
    Map<String, Object> change(@RequestBody Map<String, String> person) {
        userInfo.setUserNm(person.get("userNm"));
        return seen(userInfo);
    }

    @PostMapping("/logout")
    ResponseEntity<Void> logout(HttpServletRequest request) {
        HttpSession session = request.getSession(false);
        if (session != null) {
            session.invalidate();
        }
        return ResponseEntity.noContent().build();
    }

    /** What the indexed repository tells of sessions that begin and end. */
    @EventListener
    void count(AbstractSessionEvent event) {
        events.merge(event.getClass().getSimpleName(), 1, Integer::sum);
    }

    @GetMapping("/events")
    Map<String, Integer> events() {
        return events;
    }

    @GetMapping("/account")
    Map<String, Object> account(Authentication authentication) {
        List<String> authorities = new ArrayList<>();
        authentication.getAuthorities().forEach(each -> authorities.add(each.getAuthority()));
        return Map.of("name", authentication.getName(), "authorities", authorities);
    }

    @Bean
    SecurityFilterChain filters(HttpSecurity http) throws Exception {
        return http.csrf(csrf -> csrf.disable())
                .authorizeHttpRequests(requests -> requests
                        .requestMatchers("/account/**").authenticated()
                        .anyRequest().permitAll())
                .formLogin(form -> form.loginProcessingUrl("/account/login")
                        .defaultSuccessUrl("/account", true))
                .logout(logout -> logout.logoutUrl("/account/logout"))
                .requestCache(Customizer.withDefaults())
                .build();
    }

    @Bean
    UserDetailsService people() {
        return new InMemoryUserDetailsManager(User.withUsername("alice")
                .password("{noop}SeCrEt").roles("USER", "ADMIN").build());
    }
}
