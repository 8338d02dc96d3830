// JWT SSO for a Bettermode community, in Express: npm install express express-session jsonwebtoken
const express = require("express");
const session = require("express-session");
const jwt = require("jsonwebtoken");
const { returnPath } = require("./returnpath.js");
const { SSO_KEY, COMMUNITY, SESSION_SECRET, PORT = 3000 } = process.env; // COMMUNITY: https://community.example.com

// Yours: the members, and how they sign in.
const members = [
  { id: "user-7", name: "Ada Lovelace", email: "ada@example.com", emailVerified: true, password: "demo" },
  { id: "user-8", name: "Eve", email: "eve@example.com", emailVerified: false, password: "demo" },
];
const authenticate = ({ email, password }) => members.find((m) => m.email === email && m.password === password);
const form = "<form method=post><input name=email><input name=password type=password><button>Sign in</button></form>";

const app = express(); // behind a proxy that ends TLS: app.set("trust proxy", 1)
app.use(express.urlencoded({ extended: false }), session({
  secret: SESSION_SECRET, resave: false, saveUninitialized: false,
  cookie: { httpOnly: true, sameSite: "lax", secure: "auto" },
}), (req, res, next) => {
  res.set("Cache-Control", "no-store");
  next();
});

// A token is for a person who navigates: not for HEAD, a prefetch or a script.
const isNavigation = (req) => req.method === "GET" && !req.get("Sec-Purpose") && !req.get("Purpose")
  && (req.get("Sec-Fetch-Mode") ?? "navigate") === "navigate";

app.get("/community/login", (req, res) => { // the Authorization URL and the Sign Up URL
  if (!isNavigation(req)) return res.status(403).send("Open this page in your browser.");
  const back = returnPath(req.query.referrer_uri);
  const member = members.find((m) => m.id === req.session.member);
  if (!member) {
    req.session.back = back;
    return res.redirect(303, "/sign-in");
  }
  if (!member.emailVerified) return res.status(403).send("Confirm your email address first.");
  const claims = { sub: member.id, name: member.name, email: member.email };
  const token = jwt.sign(claims, SSO_KEY, { algorithm: "HS256", expiresIn: 60 });
  const url = `${COMMUNITY}/api/auth/sso?jwt=${token}&redirect_uri=${encodeURIComponent(back)}`;
  res.status(303).set({ Location: url, "Referrer-Policy": "no-referrer" }).end(); // redirect() has a body
});

app.get("/sign-in", (req, res) => res.send(form));
app.post("/sign-in", (req, res) => {
  const member = authenticate(req.body ?? {});
  if (!member) return res.send(form);
  const { back = "/" } = req.session;
  req.session.regenerate(() => { // an id from before the sign-in is nobody's
    req.session.member = member.id;
    res.redirect(303, "/community/login?referrer_uri=" + encodeURIComponent(back));
  });
});

app.get("/logout", (req, res) => { // the Logout URL
  req.session.destroy(() => res.clearCookie("connect.sid").redirect(303, "/"));
});

const server = app.listen(PORT, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
