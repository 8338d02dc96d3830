// The vendor's page in twenty lines of Express, as a partner would write it:
// createToken is copied from the page, and the redirect is the page's last
// address. SSO_KEY has the key. The server picks a free port and prints it.
const express = require("express");
const jwt = require("jsonwebtoken");
const privateKey = process.env.SSO_KEY;
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
  res.redirect(`https://community.example.com/api/auth/sso?jwt=${createToken(user)}&redirect_uri=${req.query.referrer_uri}`);
});
const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
