// Reads {"origin"} and then lines of {"payload", "login"} from standard input.
// login is the login URL that a payload gave. Every redirect_uri is read in the
// ways of browsers and servers, and must stay on the origin in each of them.
const [first, ...lines] = require("node:fs").readFileSync(0, "utf8").trim().split("\n");
const { origin } = JSON.parse(first);

// decode decodes every escape that is valid UTF-8, and leaves the rest.
const decode = (s) => s.replace(/(%[0-9a-f]{2})+/gi, (run) => {
  try { return decodeURIComponent(run); } catch { return run; }
});

// clean is Go's path.Clean, which http.Redirect applies.
const clean = (path) => require("node:path").posix.normalize(path).replace(/^\/\/+/, "/");

// leaves follows a value to where a browser goes, and then follows only its path.
function leaves(value) {
  let url;
  try { url = new URL(value, origin); } catch { return false; } // goes nowhere
  if (url.origin !== origin) return true;
  try { return new URL(url.pathname, origin).origin !== origin; } catch { return true; }
}

let kept = 0, off = 0, control = 0;
for (const line of lines) {
  const { payload, login } = JSON.parse(line);
  if (leaves(payload)) control++;
  const url = new URL(login);
  if (url.origin !== origin || url.searchParams.getAll("redirect_uri").length > 1) off++;
  const value = url.searchParams.get("redirect_uri");
  if (value === null) continue;
  kept++;
  const readings = new Set();
  for (let s = value, i = 0; i <= 3; i++, s = decode(s)) {
    for (const r of [s, s.normalize("NFKC")]) {
      readings.add(r).add(clean(r.split(/[?#]/)[0]));
    }
  }
  for (const reading of readings) {
    if (leaves(reading)) {
      off++;
      console.error(`${JSON.stringify(payload)} leaves as ${JSON.stringify(reading)}`);
      break;
    }
  }
}
console.log(JSON.stringify({ payloads: lines.length, control, kept, off }));
