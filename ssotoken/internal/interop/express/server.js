// The vendor's page in twenty lines of Express, as a partner writes it down:
// createToken is the page's own, and the redirect is the page's last address.
// The key is in SSO_KEY, the community's origin in COMMUNITY; the port is free,
// and printed.
const express = require("express");
const jwt = require("jsonwebtoken");
const privateKey = process.env.SSO_KEY;
const community = process.env.COMMUNITY ?? "https://community.example.com";
const sessions = { "session=good": { id: "42", email: "ada@example.com", name: "Ada Lovelace", tagline: "Mathematician" } };

function createToken(user) {
  const userData = {
    sub: user.id,
    email: user.email,
    name: user.name,
    tagline: user.tagline,
    iat: Math.round(new Date().getTime() / 1000),
    exp: Math.round(new Date().getTime() / 1000) + 60,
  };
  return jwt.sign(userData, privateKey, { algorithm: "HS256" });
}

const app = express();
app.get("/login", (req, res) => {
  const user = sessions[req.headers.cookie];
  if (!user) return res.send("Sign in");
  res.redirect(`${community}/api/auth/sso?jwt=${createToken(user)}&redirect_uri=${req.query.referrer_uri}`);
});
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
