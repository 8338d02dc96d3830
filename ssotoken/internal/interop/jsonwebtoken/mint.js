// Reads {"key"} and then lines of claims from standard input, and prints a
// token for each.
const jwt = require("jsonwebtoken");

const [first, ...lines] = require("node:fs").readFileSync(0, "utf8").trim().split("\n");
const { key } = JSON.parse(first);
for (const line of lines) console.log(jwt.sign(JSON.parse(line), key, { algorithm: "HS256" }));
