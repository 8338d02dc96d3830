// Logs in as a visitor does, in Chromium: npm install playwright-core && node --test login.test.mjs
import { deepEqual, equal } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const SSO_KEY = "a-key-of-32-or-more-characters-for-tests", programs = [];
let fake, browser;
const start = async (command, args, env) => { // returns what the program prints first: its address
  programs.push(spawn(command, args, { env: { ...process.env, ...env } }));
  return String(await once(programs.at(-1).stdout, "data")).trim();
};
const ask = async (path, body, method = "POST") => { // the fake community's JSON
  const headers = { "Content-Type": "application/json" };
  return (await fetch(`${fake}/_fake/${path}`, body && { method, headers, body: JSON.stringify(body) })).json();
};

before(async () => {
  const listen = ["community", "--listen", "127.0.0.1:0", "--json"];
  fake = JSON.parse(await start("ssotoken", listen, { BETTERMODE_SSO_KEY: SSO_KEY })).url;
  const env = { SSO_KEY, COMMUNITY: fake, SESSION_SECRET: "s".repeat(64), PORT: 0 };
  const site = await start("node", ["express.js"], env); // yours
  await ask("settings", { authorizationUrl: `${site}/community/login` }, "PATCH");
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM }); // without it, Playwright's own
});
after(() => Promise.all([browser?.close(), ...programs.map((program) => program.kill())]));

for (const [name, path, body, codes] of [ // codes: what the community finds in each login
  ["a login has no fault", "reset", {}, [[]]],
  ["who is refused once and sent back gets a new token", "next", { sendBack: true }, [["refuses-all"], []]],
  ["a token is over after 90 seconds", "clock", { advance: "90s" }, [["exp-expired"]]],
]) test(name, async () => {
  await ask("reset", {});
  await ask(path, body);
  const page = await browser.newPage(); // with its own cookies
  await page.goto(`${fake}/auth/login?from=/spaces/news`);
  await page.fill("[name=email]", "ada@example.com");
  await page.fill("[name=password]", "demo");
  await page.click("button");
  await ask(`logins?after=${codes.length - 1}&wait=10s`); // until they have come
  const { logins } = await ask("logins");
  deepEqual(logins.map((login) => login.codes), codes);
  equal(logins.at(-1).landing.redirectUri, "/spaces/news"); // the page from which the visitor came
});
