import com.google.gson.Gson;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import static java.nio.charset.StandardCharsets.UTF_8;

/** HS256, in place of a library: jjwt and Nimbus refuse a key under 32 bytes, which a community's may be. */
final class Jwt {
    static String sign(Map<String, ?> claims, String key) {
        try {
            Mac hmac = Mac.getInstance("HmacSHA256");
            hmac.init(new SecretKeySpec(key.getBytes(UTF_8), "HmacSHA256"));
            String header = encode("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(UTF_8));
            String input = header + "." + encode(new Gson().toJson(claims).getBytes(UTF_8));
            return input + "." + encode(hmac.doFinal(input.getBytes(UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String encode(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
