import com.google.gson.Gson;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.Arrays;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Reads a JSON list of values from standard input, and prints what the rule makes of each. */
class ReturnPaths {
    public static void main(String[] args) {
        String[] values = new Gson().fromJson(new InputStreamReader(System.in, UTF_8), String[].class);
        new PrintStream(System.out, true, UTF_8).println(new Gson().toJson(Arrays.stream(values).map(ReturnPath::of).toArray()));
    }
}
