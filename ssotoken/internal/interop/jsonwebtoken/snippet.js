// The vendor's page as a partner completes it: with name and email, and the key
// from standard input.
const jwt = require("jsonwebtoken");
const privateKey = require("node:fs").readFileSync(0, "utf8");

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

console.log(createToken({ id: "42", email: "ada@example.com", name: "Ada Lovelace", tagline: "Mathematician" }));
