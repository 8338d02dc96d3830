import jakarta.servlet.http.HttpServlet;
import org.apache.catalina.Context;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.http.Rfc6265CookieProcessor;

/** Runs the recipe's servlet in Tomcat, and prints the port. Its files are in the current folder. */
class Server {
    public static void main(String[] args) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(".");
        tomcat.setPort(0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context site = tomcat.addContext("", null);
        Rfc6265CookieProcessor cookies = new Rfc6265CookieProcessor();
        cookies.setSameSiteCookies("lax");
        site.setCookieProcessor(cookies);
        Tomcat.addServlet(site, "recipe", (HttpServlet) Class.forName("CommunityLogin").getDeclaredConstructor().newInstance());
        for (String path : new String[] {"/community/login", "/sign-in", "/logout"}) {
            site.addServletMappingDecoded(path, "recipe");
        }
        tomcat.start();
        System.out.println(tomcat.getConnector().getLocalPort());
    }
}
