// Login handlers in Express: the first four are right, each of the others has the
// flaw that its name says. The key is in SSO_KEY, the community's origin in
// COMMUNITY, its addresses that are no page in ENDPOINTS; the port is free, and printed.
const crypto = require("node:crypto");
const express = require("express");
const jwt = require("jsonwebtoken");

const key = process.env.SSO_KEY;
const community = process.env.COMMUNITY;
const ada = { id: "user-7", name: "Ada Lovelace", email: "ada@example.com" };
const sessions = new Map();

// Where the visitor was, if it is a page of the community: by an allow-list of each
// segment, by its first characters, or by the URL parser.
const endpoints = process.env.ENDPOINTS.split(" ");
const segments = (v) => {
  const all = oneSlash(v).split(/[?#]/)[0].slice(1).split("/");
  const ok = (s) => /^(?!\.{1,2}$)([\p{L}\p{N}_.~@-]|%(?!2[35ef]|3[bf]|5c|c[01]|e0%80|e[2f]|[01])[\da-f]{2})*$/iu.test(s);
  const isPage = v.normalize("NFKC") === v && !endpoints.includes(all[0].toLowerCase().split(".")[0]);
  return isPage && all.every(ok) && !all.slice(0, -1).includes("") ? oneSlash(v) : "/";
};
const oneSlash = (v) => (/^\/(?![/\\])[^\\\x00-\x1f]*$/.test(v) ? v : "/");
const sameOrigin = (v) => {
  try {
    return new URL(v, community).origin === community ? v : "/";
  } catch {
    return "/";
  }
};

const parsed = (v) => {
  const u = new URL(sameOrigin(v), community);
  return u.pathname.startsWith("//") ? "/" : u.pathname + u.search + u.hash;
};
const pathname = (v) => new URL(sameOrigin(v), community).pathname;

const now = () => Math.floor(Date.now() / 1000);
const right = {
  back: segments,
  user: (req) => sessions.get(req.cookies.session),
  claims: (user) => ({ sub: user.id, name: user.name, email: user.email, iat: now(), exp: now() + 60 }),
  mints: (req) => req.method === "GET" && !req.get("Sec-Purpose"),
  url: (token, back) => `${community}/api/auth/sso?jwt=${token}&redirect_uri=${encodeURIComponent(back)}`,
  send: (res, url) => res.status(303).set("Location", url).end(),
  signIn: (res) => res.send('<form method="post"><input name="user"><button>Sign in</button></form>'),
  refuses: null, // what is no page of the community: the login goes on without it
  after: (req) => req.originalUrl,
  setCookies: () => {},
  cookie: (id) => `session=${id}`,
};

const handlers = {
  segments: right,
  "one-slash": { ...right, back: oneSlash },
  "same-origin": { ...right, back: sameOrigin },
  parsed: { ...right, back: parsed },
  "res-redirect": { ...right, send: (res, url) => res.redirect(url) },
  "no-exp": { ...right, claims: (user) => {
    const { exp, ...rest } = right.claims(user);
    return rest;
  } },
  milliseconds: { ...right, claims: (user) => ({ ...right.claims(user), exp: Date.now() + 60_000 }) },
  pathname: { ...right, back: pathname },
  "as-it-came": { ...right, back: (v) => v },
  "not-encoded": { ...right, url: (token, back) => `${community}/api/auth/sso?jwt=${token}&redirect_uri=${back}` },
  "old-parameter": { ...right, url: (token, back) => right.url(token, back).replace("?jwt=", "?ssoToken=") },
  "user-from-query": { ...right, user: (req) => right.user(req) && { ...ada, id: req.query.user ?? ada.id } },
  "user-by-email": { ...right, user: (req) => [ada].find((u) => u.email === req.query.email) || right.user(req) },
  "json-401": { ...right, signIn: (res) => res.status(401).json({ error: "unauthenticated" }) },
  "json-error": { ...right, refuses: (res, v) => res.status(400).json({ error: `bad referrer_uri ${v}`, url: v }) },
  "open-next": { ...right, after: (req) => req.query.next ?? req.originalUrl },
  "xsrf-token": { ...right, setCookies: (res) => res.cookie("XSRF-TOKEN", "made-up", { sameSite: "lax" }) },
  "quoted-cookie": { ...right, cookie: (id) => `session="${id}"` },
  "json-cookie": { ...right, cookie: (id) => `session={"id":"${id}","theme":"dark, blue"}` },
  "any-cookie": { ...right, user: (req) => req.cookies.session && ada },
  "token-in-cookie": { ...right, send: (res, url) => right.send(res.cookie("sso", new URL(url).searchParams.get("jwt")), url) },
};

const app = express();
app.use(express.urlencoded({ extended: false }), (req, res, next) => {
  req.cookies = Object.fromEntries((req.headers.cookie ?? "").split("; ").map((c) => c.split("=")));
  res.set({ "Cache-Control": "no-store", "Referrer-Policy": "no-referrer" });
  next();
});
for (const [name, h] of Object.entries(handlers)) {
  app.get(`/${name}/login`, (req, res) => {
    const user = h.user(req);
    h.setCookies(res);
    if (!user) return h.signIn(res);
    if (!h.mints(req)) return res.sendStatus(403);
    const { referrer_uri: referrer = "/" } = req.query;
    const isDropped = typeof referrer === "string" && referrer !== "/" && h.back(referrer) === "/";
    if (h.refuses && isDropped) return h.refuses(res, referrer);
    h.send(res, h.url(jwt.sign(h.claims(user), key, { algorithm: "HS256" }), h.back(typeof referrer === "string" ? referrer : "/")));
  });
  app.post(`/${name}/login`, (req, res) => {
    const cookie = h.cookie(crypto.randomUUID());
    sessions.set(cookie.split("=", 2)[1], ada);
    res.set("Set-Cookie", `${cookie}; Path=/; HttpOnly; SameSite=Lax`).redirect(303, h.after(req));
  });
  app.get(`/${name}/logout`, (req, res) => {
    sessions.delete(req.cookies.session);
    res.clearCookie("session").redirect(303, "/");
  });
}
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
