// Reads {"key", "now"} and then lines of {"token", "claims"} from standard
// input. Verifies each token as a community does, and compares all claims.
const assert = require("node:assert");
const jwt = require("jsonwebtoken");

const [first, ...lines] = require("node:fs").readFileSync(0, "utf8").trim().split("\n");
const { key, now } = JSON.parse(first);
for (const [i, line] of lines.entries()) {
  const { token, claims } = JSON.parse(line);
  try {
    const got = jwt.verify(token, key, { algorithms: ["HS256"], clockTimestamp: now, complete: true });
    assert.deepStrictEqual(got.header, { alg: "HS256", typ: "JWT" });
    assert.deepStrictEqual(got.payload, claims);
  } catch (err) {
    console.error(`member ${i}: ${err.message}`);
    process.exit(1);
  }
}
console.log(lines.length);
