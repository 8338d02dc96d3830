import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

/** The return path's rule: what may go into redirect_uri. Vectors: ssotoken/vectors/returnpaths.json. */
final class ReturnPath {
    // What leads elsewhere: a backslash or control character; %uXXXX; an empty first segment; a dot
    // segment; an endpoint of the community, such as /api or /logout.
    private static final Pattern AWAY = Pattern.compile("[\\\\\\p{Cc}]|%U[0-9A-F]{4}|^/\\s*([;?#][^/]*)?/"
            + "|/\\s*\\.\\.?\\s*([;?#/]|$)|^/\\s*(API|AUTH|SSOS|LOG-?(IN|OUT)|SIGN-?(IN|OUT|UP))\\s*([./;?#]|$)",
            Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern ESCAPE = Pattern.compile("%([0-9A-F]{2})");

    /** Returns value if every reader takes it for a page of the community, else "/". A good value is never changed. */
    static String of(String value) {
        if (value == null || !value.startsWith("/") || value.getBytes(UTF_8).length > 2000) return "/";
        if (value.chars().anyMatch(Character::isISOControl)) return "/";
        String path = fold(value.split("[?#]", 2)[0]);
        for (int decodings = 0; decodings <= 6; decodings++) { // a page is encoded once, or a few times by mistake
            if (AWAY.matcher(path).find()) return "/";
            try {
                String decoded = decode(path);
                if (decoded.equals(path)) return value;
                path = fold(decoded);
            } catch (CharacterCodingException notUTF8) {
                return "/";
            }
        }
        return "/";
    }

    /** Writes text as a server reads it that ignores case, marks, invisible characters and look-alikes. */
    private static String fold(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFKD).replaceAll("[\\p{M}\\p{Cf}\u115f\u1160]", "")
                .toLowerCase(Locale.ROOT).toUpperCase(Locale.ROOT).replaceAll("[\u2044\u2215\u2571\u27cb\u29f8]", "/")
                .replaceAll("[\u2216\u29f5\u29f9]", "\\\\\\\\").replace('\u3002', '.');
    }

    private static String decode(String text) throws CharacterCodingException {
        String bytes = ESCAPE.matcher(new String(text.getBytes(UTF_8), ISO_8859_1))
                .replaceAll(e -> Matcher.quoteReplacement("" + (char) Integer.parseInt(e.group(1), 16)));
        return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.getBytes(ISO_8859_1))).toString();
    }
}
