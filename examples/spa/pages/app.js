"use strict";

// What the visitor reads for each code that the JSON door can answer. Codes without
// words of their own have those of "other".
const words = {
  "may-not-enter": "Your account may not enter the community. If you think that it should, tell our support.",
  "no-session": "You are no longer signed in. Please sign in again.",
  "email-unverified": "Please verify your email address first: follow the link in the email that we sent you.",
  "claims-refused": "The community needs your name and your email address. Please complete your profile.",
  "key-source": "The community can't be reached from here right now. Please try again in a minute.",
  "loop": "The community sent you back several times. Please try again in a minute.",
  "cross-origin": "Please open this page at its own address, in a window of its own.",
  "method": "This page is out of date. Please load it again.",
  "other": "Something went wrong on this site. Please try again in a minute.",
};
const offline = "This site can't be reached. Please check your connection and try again.";

const $ = (id) => document.getElementById(id);

// atTheAuthorizationURL says that the community sent the visitor here to be logged
// in: its button leads to this address.
const atTheAuthorizationURL = location.pathname === "/community";

function say(text) {
  $("problem").textContent = text;
  $("problem").hidden = text === "";
}

function busy(yes) {
  for (const button of document.querySelectorAll("button")) button.disabled = yes;
}

// act does what a click asks for. The buttons are disabled until it is done or the
// page is left, so that a double click makes one request.
async function act(what) {
  busy(true);
  say("");
  let leaving = false;
  try {
    leaving = await what();
  } catch {
    say(offline);
  }
  if (!leaving) busy(false);
}

// goToCommunity asks for the login URL and goes there. The token in the URL lives for
// a minute and is a credential, so the URL is used immediately and not kept.
async function goToCommunity(go = (url) => location.assign(url)) {
  // location.search has the community's referrer_uri, which leads the visitor back
  // to where they were. It is passed on unchanged: parsing it and building it again
  // could change it.
  const answer = await fetch("/community/login-url" + location.search, { method: "POST" });
  const { url, error } = await answer.json().catch(() => ({ error: "other" }));
  if (url) {
    go(url);
    return true;
  }
  if (error === "no-session") await show();
  say(words[error] ?? words.other);
  return false;
}

// mayAsk counts how often in a row this tab asked without a click on this page. A
// community that refuses the login may send the visitor straight back, and no cookie
// of the server counts what a script asks for.
function mayAsk() {
  const [last, before] = (sessionStorage.getItem("asked") ?? "0 0").split(" ").map(Number);
  const inARow = Date.now() - last < 15_000 ? before + 1 : 1;
  sessionStorage.setItem("asked", Date.now() + " " + inARow);
  return inARow <= 5;
}

// goOn is for a page that was loaded at the Authorization URL. There the click was on
// the community's login button, so a member who is signed in goes on without another.
// The server redirects members whose session is a cookie; this is for sessions that
// only scripts know, such as a bearer token.
async function goOn() {
  if (document.prerendering) {
    await new Promise((shown) => document.addEventListener("prerenderingchange", shown, { once: true }));
  }
  if (mayAsk()) return goToCommunity((url) => location.replace(url)); // the back button leads past this page
  say(words.loop);
  return false;
}

async function signIn(member) {
  const answer = await fetch("/api/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ member }),
  });
  if (!answer.ok) {
    say(words.other);
    return false;
  }
  await show();
  return atTheAuthorizationURL && goToCommunity(); // still the same click
}

async function signOut() {
  await fetch("/api/session", { method: "DELETE" });
  await show();
}

// show asks who is signed in, and for no login URL.
async function show() {
  const { signedIn, name } = await (await fetch("/api/session")).json();
  $("guest").hidden = signedIn;
  $("member").hidden = !signedIn;
  $("hello").textContent = "Hello, " + (name || "member without a name");
  return signedIn;
}

for (const button of document.querySelectorAll("[data-member]")) {
  button.addEventListener("click", () => act(() => signIn(button.dataset.member)));
}
$("community").addEventListener("click", () => act(() => goToCommunity()));
$("sign-out").addEventListener("click", () => act(signOut));

// Also when the visitor comes back from the community by the back button, to a page
// that the browser has kept as it was.
addEventListener("pageshow", ({ persisted }) =>
  act(async () => (await show()) && atTheAuthorizationURL && !persisted && goOn()),
);
