// JWT SSO for a Bettermode community, in Next.js: app/community/[page]/route.js; npm install jose
import { jwtVerify, SignJWT } from "jose";
import { returnPath } from "./returnpath.js";
const { SSO_KEY, COMMUNITY, SESSION_SECRET } = process.env; // COMMUNITY: https://community.example.com

// Yours: the members, and how they sign in.
const members = [
  { id: "user-7", name: "Ada Lovelace", email: "ada@example.com", emailVerified: true, password: "demo" },
  { id: "user-8", name: "Eve", email: "eve@example.com", emailVerified: false, password: "demo" },
];
const authenticate = (email, password) => members.find((m) => m.email === email && m.password === password);
const form = "<form method=post><input name=email><input name=password type=password><button>Sign in</button></form>";

const seal = (claims, key, time) => new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" })
  .setIssuedAt().setExpirationTime(time).sign(new TextEncoder().encode(key));

// The session is a signed cookie.
const sessionOf = async (request) => {
  const cookie = request.cookies.get("session")?.value ?? "";
  const verified = jwtVerify(cookie, new TextEncoder().encode(SESSION_SECRET), { algorithms: ["HS256"] });
  return verified.then(({ payload }) => payload, () => ({}));
};
const keep = async (session) => ({
  "Set-Cookie": `session=${await seal(session, SESSION_SECRET, "1h")}; Path=/; HttpOnly; SameSite=Lax; Secure`,
});

const answer = (status, text, headers) =>
  new Response(text, { status, headers: { "Cache-Control": "no-store", "Content-Type": "text/html", ...headers } });
const seeOther = (url, headers) => answer(303, null, { Location: url, ...headers });

async function login(request) { // the Authorization URL and the Sign Up URL
  const mode = request.headers.get("Sec-Fetch-Mode") ?? "navigate"; // a token is for a person who navigates
  const isPrefetch = request.headers.has("Sec-Purpose") || request.headers.has("Purpose");
  if (mode !== "navigate" || isPrefetch) return answer(403, "Open this page in your browser.");
  const back = returnPath(new URL(request.url).searchParams.get("referrer_uri"));
  const session = await sessionOf(request);
  const member = members.find((m) => m.id === session.member);
  if (!member) return seeOther("/community/sign-in", await keep({ back }));
  if (!member.emailVerified) return answer(403, "Confirm your email address first.");
  const token = await seal({ sub: member.id, name: member.name, email: member.email }, SSO_KEY, "60s");
  const url = `${COMMUNITY}/api/auth/sso?jwt=${token}&redirect_uri=${encodeURIComponent(back)}`;
  return seeOther(url, { "Referrer-Policy": "no-referrer" });
}
const logout = () => seeOther("/", { "Set-Cookie": "session=; Path=/; Max-Age=0" }); // the Logout URL

const pages = { login, logout, "sign-in": () => answer(200, form) };
export const GET = async (request, { params }) => pages[(await params).page]?.(request) ?? answer(404, "Not found");
export const HEAD = () => answer(405); // else Next.js answers it by GET
export async function POST(request, { params }) {
  if ((await params).page !== "sign-in") return answer(405);
  const fields = await request.formData().catch(() => new FormData());
  const member = authenticate(fields.get("email"), fields.get("password"));
  if (!member) return answer(200, form);
  const { back = "/" } = await sessionOf(request);
  return seeOther("/community/login?referrer_uri=" + encodeURIComponent(back), await keep({ member: member.id }));
}
