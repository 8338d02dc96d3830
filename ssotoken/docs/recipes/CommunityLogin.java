import jakarta.servlet.http.*;
import java.io.IOException;
import java.util.Map;
import static java.net.URLEncoder.encode;
import static java.nio.charset.StandardCharsets.UTF_8;

/** JWT SSO for a Bettermode community, in a servlet at /community/login, /sign-in and /logout. */
public class CommunityLogin extends HttpServlet {
    // Yours: the members, and how they sign in.
    record Member(String id, String name, String email, boolean emailVerified) {}
    static final Map<String, Member> MEMBERS = Map.of(
            "ada@example.com demo", new Member("user-7", "Ada Lovelace", "ada@example.com", true),
            "eve@example.com demo", new Member("user-8", "Eve", "eve@example.com", false));
    static final String FORM = "<form method=post><input name=email><input type=password name=password><button>Sign in";

    @Override protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Cache-Control", "no-store");
        switch (request.getServletPath()) {
            case "/community/login" -> login(request, response); // the Authorization URL and the Sign Up URL
            case "/sign-in" -> signIn(request, response);
            default -> { // the Logout URL
                request.getSession().invalidate();
                response.sendRedirect("/");
            }
        }
    }

    private void login(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String mode = request.getHeader("Sec-Fetch-Mode");
        boolean isScript = mode != null && !mode.equals("navigate");
        boolean isPrefetch = request.getHeader("Sec-Purpose") != null || request.getHeader("Purpose") != null;
        String back = ReturnPath.of(request.getParameter("referrer_uri"));
        if (!request.getMethod().equals("GET") || isScript || isPrefetch) { // a token is for a person who navigates
            response.sendError(403, "Open this page in your browser.");
        } else if (!(request.getSession().getAttribute("member") instanceof Member m)) {
            request.getSession().setAttribute("back", "/community/login?referrer_uri=" + encode(back, UTF_8));
            response.sendRedirect("/sign-in");
        } else if (!m.emailVerified) {
            response.sendError(403, "Confirm your email address first.");
        } else {
            long now = System.currentTimeMillis() / 1000;
            var claims = Map.of("sub", m.id, "name", m.name, "email", m.email, "iat", now, "exp", now + 60);
            var query = "?jwt=" + Jwt.sign(claims, System.getenv("SSO_KEY")) + "&redirect_uri=" + encode(back, UTF_8);
            response.setHeader("Referrer-Policy", "no-referrer");
            response.sendRedirect(System.getenv("COMMUNITY") + "/api/auth/sso" + query); // an origin, https://…
        }
    }

    private void signIn(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Member member = MEMBERS.get(request.getParameter("email") + " " + request.getParameter("password"));
        if (!request.getMethod().equals("POST") || member == null) {
            response.setContentType("text/html; charset=utf-8");
            response.getWriter().print(FORM);
            return;
        }
        request.changeSessionId(); // an id from before the sign-in is nobody's
        request.getSession().setAttribute("member", member);
        response.sendRedirect(request.getSession().getAttribute("back") instanceof String to ? to : "/community/login");
    }
}
