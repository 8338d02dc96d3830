// Reads {"origin", "endpoints"} and then paths from standard input, one a line, as JSON. Each is read in the ways of
// browsers and servers, and tells how many lead off the origin or to an endpoint in one of them.
const [first, ...lines] = require("node:fs").readFileSync(0, "utf8").trim().split("\n");
const { origin, endpoints } = JSON.parse(first);
const isEndpoint = new Set(endpoints);

// decode decodes every escape that is valid UTF-8, and leaves the rest.
const decode = (s) => !s.includes("%") ? s : s.replace(/(%[0-9a-f]{2})+/gi, (run) => {
  try { return decodeURIComponent(run); } catch { return run; }
});

// isAway follows a value to where a browser goes, and then follows only its path.
function isAway(value) {
  let url;
  try { url = new URL(value, origin); } catch { return false; } // goes nowhere
  if (url.origin !== origin || url.pathname.startsWith("//")) return true;
  return isEndpoint.has(url.pathname.split("/")[1].toLowerCase());
}

// readings are the whole, what is before a ? or #, and what is left without path parameters.
function* readings(path) {
  yield path;
  if (/[?#]/.test(path)) yield path.split(/[?#]/)[0];
  if (path.includes(";")) yield path.split(/[?#]/)[0].replace(/;[^/]*/g, "");
}

function leaves(value) {
  if (isAway(value)) return true;
  for (const normalise of [(s) => s, (s) => s.normalize("NFKC")]) {
    let path = normalise(value.split(/[?#]/)[0]);
    for (let i = 0; i <= 3; i++) {
      for (const reading of readings(path)) if (isAway(reading)) return true;
      const next = normalise(decode(path));
      if (next === path) break;
      path = next;
    }
  }
  return false;
}

let away = 0;
for (const line of lines) {
  const path = JSON.parse(line);
  if (!leaves(path)) continue;
  if (++away <= 20) console.error(JSON.stringify(path));
}
console.log(JSON.stringify({ paths: lines.length, away }));
