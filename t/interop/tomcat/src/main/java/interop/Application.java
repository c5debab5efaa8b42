// SPDX-License-Identifier: Apache-2.0
package interop;

import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What every application of t/interop offers: its README.md. */
@WebServlet("/*")
public class Application extends HttpServlet {
    private static final long serialVersionUID = 1L;

    /** All that the tests send is an object of texts without escapes. */
    private static final Pattern PAIR = Pattern.compile("\"(\\w+)\"\\s*:\\s*\"([^\"]*)\"");

    private static Map<String, String> body(HttpServletRequest request) throws IOException {
        request.setCharacterEncoding("UTF-8");
        String text = request.getReader().lines().collect(Collectors.joining());
        Map<String, String> pairs = new LinkedHashMap<>();
        for (Matcher matcher = PAIR.matcher(text); matcher.find();) {
            pairs.put(matcher.group(1), matcher.group(2));
        }
        return pairs;
    }

    private static void answer(HttpServletResponse response, int status, HttpSession session)
            throws IOException {
        response.setStatus(status);
        if (session != null) {
            response.setContentType("application/json; charset=UTF-8");
            response.getWriter().print("{\"userId\":\"" + session.getAttribute("userId")
                    + "\",\"userNm\":\"" + session.getAttribute("userNm") + "\"}");
        }
    }

    private static void login(HttpServletRequest request, Map<String, String> person) {
        HttpSession session = request.getSession();
        String idle = System.getProperty("app.idle");
        if (idle != null) {
            session.setMaxInactiveInterval(Integer.parseInt(idle));
        }
        session.setAttribute("userId", person.get("userId"));
        session.setAttribute("userNm", person.get("userNm"));
        session.setAttribute("admin", true);
        session.setAttribute("visits", 3);
        session.setAttribute("since", 1700000000123L);
        session.setAttribute("ratio", 0.5);
        session.setAttribute("userInfo",
                new UserInfo(person.get("userId"), person.get("userNm")));
        Map<String, Object> nested = new LinkedHashMap<>();
        nested.put("a", new ArrayList<>(Arrays.asList(1, 2, "b")));
        session.setAttribute("nested", nested);
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (request.getPathInfo().equals("/ready")) {
            response.getWriter().print("ready");
            return;
        }
        HttpSession session = request.getSession(false);
        boolean isKnown = session != null && session.getAttribute("userId") != null;
        answer(response, isKnown ? 200 : 401, isKnown ? session : null);
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        Map<String, String> person = body(request);
        switch (request.getPathInfo()) {
            case "/login":
                if (request.getSession(false) != null) {
                    request.changeSessionId();
                }
                login(request, person);
                answer(response, 200, request.getSession());
                break;
            case "/change":
                request.getSession().setAttribute("userNm", person.get("userNm"));
                answer(response, 200, request.getSession());
                break;
            case "/logout":
                HttpSession session = request.getSession(false);
                if (session != null) {
                    session.invalidate();
                }
                answer(response, 204, null);
                break;
            default:
                answer(response, 404, null);
        }
    }
}
