// Prints the tokens of jsonwebtoken, the npm library of the vendor's page, for
// make.py. The library comes from ssotoken/internal/interop/jsonwebtoken.
const fs = require("node:fs");
const path = require("node:path");
const library = path.join(__dirname, "../../internal/interop/jsonwebtoken/node_modules");
const jwt = require(path.join(library, "jsonwebtoken"));
const jwa = require(path.join(library, "jwa"));

const maker = "jsonwebtoken";
const made = { version: require(path.join(library, "jsonwebtoken/package.json")).version, mint: {}, judge: {}, own: [] };
const read = (name) => JSON.parse(fs.readFileSync(path.join(__dirname, name), "utf8"));

// claims are those of a member, in the order that the SDK has.
function claims(member, now, lifetime) {
  const out = { sub: member.subject, name: member.name, email: member.email };
  if (member.tagline?.trim()) out.tagline = member.tagline;
  if (member.picture) out.picture = member.picture;
  const plan = member.spaces ?? {};
  if (plan.ids?.length) {
    out.spaceIds = plan.ids;
    out.spacesOperation = plan.operation;
  }
  if (plan.changes?.length) {
    out.spaces = plan.changes.map((c) => ({ spaceId: c.join ?? c.leave, role: "MEMBER", action: c.join ? "JOIN" : "LEAVE" }));
  }
  const custom = [...(member.custom ?? [])].sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  return Object.assign(out, object(custom), { iat: now, exp: now + lifetime });
}

function object(fields) {
  const out = {};
  for (const field of fields) {
    const value = convert(field.type, field.value, field.of);
    if (value === "" || (typeof value === "object" && Object.keys(value).length === 0)) continue;
    out[field.key] = value;
  }
  return out;
}

function convert(type, value, of) {
  switch (type) {
    case "date": return value.slice(0, 10);
    case "datetime": return new Date(value).toISOString().replace(/\.?0*Z$/, "Z");
    case "array": return value.map((element) => convert(of, element));
    case "object": return object(value);
  }
  return value;
}

const members = read("members.json");
for (const row of members.members) {
  const { key = members.key, now = members.now, lifetime = members.lifetime } = row;
  made.mint[row.name] = jwt.sign(claims(row.member, now, lifetime), key, { algorithm: "HS256" });
}

const tokens = read("tokens.json");
const { key, now } = tokens;

for (const row of tokens.tokens) {
  if (row.makers && !row.makers.includes(maker)) continue;
  const payload = row.claims ?? { ...tokens.claims, ...row.with };
  for (const name of row.without ?? []) delete payload[name];
  const options = { algorithm: row.alg ?? "HS256", header: { typ: "JWT", ...row.header } };
  if (!("iat" in payload)) options.noTimestamp = true;
  // A string is signed as it is, whereas the times of an object are checked.
  const text = row.payload ?? (row.raw && JSON.stringify(payload));
  made.judge[row.name] = jwt.sign(text ?? payload, options.algorithm === "none" ? "" : row.signWith ?? key, options);
}

// What a site can do with this library's own options.
const judge = (row, token) => made.own.push({ ...row, token });
const who = { sub: "u-7", name: "Ada Lovelace", email: "ada@example.com" };
const issued = { ...who, iat: now };
const times = { iat: now, exp: now + 60 };
judge({ name: "option-expires-in", title: "expiresIn as a number of seconds" }, jwt.sign(issued, key, { expiresIn: 60 }));
judge({ name: "option-expires-in-1m", title: "expiresIn 1m is a minute" }, jwt.sign(issued, key, { expiresIn: "1m" }));
judge({ name: "option-expires-in-text", title: "expiresIn as a text of digits counts milliseconds", refusedFor: ["exp-not-after-iat", "exp-expired"] }, jwt.sign(issued, key, { expiresIn: "60" }));
judge({ name: "option-expires-in-milliseconds", title: "expiresIn in milliseconds is taken for seconds", refusedFor: ["exp-too-far"] }, jwt.sign(issued, key, { expiresIn: 60 * 1000 }));
judge({ name: "option-expires-in-7d", title: "expiresIn of a week", refusedFor: ["exp-too-far"] }, jwt.sign(issued, key, { expiresIn: "7d" }));
judge({ name: "option-none", title: "No options", refusedFor: ["exp-missing"] }, jwt.sign(issued, key));
judge({ name: "option-not-before", title: "notBefore in the future", refusedFor: ["nbf-future"], warnedOf: ["nbf-sent"] }, jwt.sign(issued, key, { expiresIn: 60, notBefore: "5s" }));
judge({ name: "option-registered", title: "Audience, issuer and ID of the token" }, jwt.sign(issued, key, { expiresIn: 60, audience: "community", issuer: "partner", jwtid: "1" }));
judge({ name: "option-keyid", title: "keyid", warnedOf: ["header-unknown"] }, jwt.sign(issued, key, { expiresIn: 60, keyid: "1" }));
judge({ name: "clock-unrounded", title: "Times from a clock in milliseconds, not rounded", refusedFor: ["iat-not-integer", "exp-not-integer"] }, jwt.sign({ ...who, iat: now + 0.123, exp: now + 60.123 }, key));
judge({ name: "payload-text", title: "The member's ID instead of claims", refusedFor: ["payload-json"] }, jwt.sign("u-7", key));
judge({ name: "surrogate-cut", title: "A name cut in the middle of an emoji", refusedFor: ["unpaired-surrogate"] }, jwt.sign({ ...who, name: "Ada 😀".slice(0, -1), ...times }, key));

// forge signs what the library refuses to write, with the library's HS256.
const encode = (text) => Buffer.from(text).toString("base64url");
const plain = JSON.stringify({ ...who, ...times });
const forge = (header, payload = plain) => {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${jwa("HS256").sign(input, key)}`;
};
const forged = [
  ["alg-small", "alg hs256", '{"alg":"hs256","typ":"JWT"}', ["alg-not-hs256"]],
  ["alg-rs256", "alg RS256 over an HS256 signature", '{"alg":"RS256","typ":"JWT"}', ["alg-not-hs256"]],
  ["alg-none-signed", "alg none with a signature", '{"alg":"none","typ":"JWT"}', ["alg-not-hs256"]],
  ["alg-none-capital", "alg None", '{"alg":"None","typ":"JWT"}', ["alg-not-hs256"]],
  ["alg-space", "alg with a space", '{"alg":"HS256 ","typ":"JWT"}', ["alg-not-hs256"]],
  ["alg-list", "A list of algorithms", '{"alg":["HS256"],"typ":"JWT"}', ["alg-not-hs256"]],
  ["alg-missing", "A header without alg", '{"typ":"JWT"}', ["alg-not-hs256"]],
  ["alg-null", "alg null", '{"alg":null,"typ":"JWT"}', ["alg-not-hs256"]],
  ["alg-twice", "alg twice", '{"alg":"none","alg":"HS256"}', ["duplicate-name", "alg-not-hs256"]],
  ["header-empty", "An empty object for the header", "{}", ["alg-not-hs256"]],
  ["header-array", "An array for the header", '["HS256"]', ["header-json"]],
  ["header-text", "A header that is no JSON", "HS256", ["header-json"]],
  ["header-crit-empty", "An empty list of critical extensions", '{"alg":"HS256","crit":[]}', ["crit-unknown"]],
  ["header-typ-null", "typ null", '{"alg":"HS256","typ":null}', ["typ-not-jwt"]],
  ["header-alg-alone", "A header with alg alone", '{"alg":"HS256"}', undefined],
  ["header-order", "typ before alg", '{"typ":"JWT","alg":"HS256"}', undefined],
];
for (const [name, title, header, refusedFor] of forged) judge({ name, title, refusedFor }, forge(header));

// What can happen to a token on its way.
const good = jwt.sign({ ...who, ...times }, key);
const [head, body, signature] = good.split(".");
const other = jwt.sign({ ...who, ...times, sub: "u-8" }, key).split(".");
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
// The last of 43 characters has two bits that nobody reads.
const loose = signature.slice(0, -1) + alphabet[alphabet.indexOf(signature.at(-1)) + 1];
const filled = (size) => {
  for (let n = Math.floor(size * 0.7); ; n++) {
    const token = jwt.sign({ ...who, filler: "x".repeat(n), ...times }, key);
    if (token.length >= size) return [token, n];
  }
};
const [largest, filler] = filled(16384);
const [oversized] = filled(16385);
const mangled = [
  ["parts-4", "Four parts", good + ".", ["token-parts"]],
  ["parts-2", "Two parts", `${head}.${body}`, ["token-parts"]],
  ["parts-5", "Five parts, as encrypted tokens have", `${good}.a.b`, ["token-parts"]],
  ["parts-escaped", "Dots percent-encoded twice", good.replaceAll(".", "%2E"), ["token-parts"]],
  ["dots", "16,385 dots", ".".repeat(16385), ["token-too-large"]],
  ["padding", "Padding after the signature", good + "=", ["base64url"]],
  ["padding-header", "Padding after the header", `${head}=.${body}.${signature}`, ["base64url"]],
  ["line-feed", "A line feed after the token", good + "\n", ["base64url"]],
  ["carriage-return", "A carriage return and a line feed after the token", good + "\r\n", ["base64url"]],
  ["space", "A space before the token", " " + good, ["base64url"]],
  ["quotes", "Quotes around the token", `"${good}"`, ["base64url"]],
  ["bearer", "Bearer before the token", "Bearer " + good, ["base64url"]],
  ["left-over-bits", "Other left-over bits in the signature's last character", `${head}.${body}.${loose}`, ["base64url"]],
  ["base64-standard", "The signature in base64 that is not of URLs", `${head}.${body}.${"+/".repeat(21)}A`, ["base64url"]],
  ["signature-none", "No signature", `${head}.${body}.`, ["signature-length"]],
  ["signature-half", "Half a signature", `${head}.${body}.${Buffer.from(signature, "base64url").subarray(0, 16).toString("base64url")}`, ["signature-length"]],
  ["signature-cut", "A signature cut by one character", good.slice(0, -1), ["base64url"]],
  ["signature-other", "The signature of another member's token", `${head}.${body}.${other[2]}`, ["signature-wrong"]],
  ["payload-other", "The claims of another member", `${head}.${other[1]}.${signature}`, ["signature-wrong"]],
  ["oversized", "A token over 16 KiB", oversized, ["token-too-large"]],
];
for (const [name, title, token, refusedFor] of mangled) judge({ name: "wire-" + name, title, refusedFor }, token);
judge({ name: "wire-largest", title: "A token of 16 KiB", member: { fields: { filler: "x".repeat(filler) } } }, largest);

console.log(JSON.stringify(made));
