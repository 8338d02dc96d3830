// Reads a JSON list of values from standard input, and tells where a browser
// goes from the community by each: its origin, or "" for nowhere.
const values = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(values.map((value) => {
  try { return new URL(value, process.argv[2]).origin; } catch { return ""; }
})));
