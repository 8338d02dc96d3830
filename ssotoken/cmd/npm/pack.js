// Packs npm's packages from GoReleaser's binaries: node pack.js DIST VERSION
// The tarballs are in DIST/npm: one for each platform, and ssotoken, which depends on them all, optionally.
"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const [dist, tag] = process.argv.slice(2);
const out = path.resolve(dist, "npm");
const shared = {
  version: tag.replace(/^v/, ""),
  license: "MIT",
  homepage: "https://github.com/bettermode-go/sso/tree/main/ssotoken/cmd/ssotoken",
  repository: { type: "git", url: "git+https://github.com/bettermode-go/sso.git", directory: "ssotoken/cmd/npm" },
};

function pack(manifest, ...files) {
  const folder = fs.mkdtempSync(path.join(out, "."));
  fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify({ ...manifest, ...shared }, null, 2) + "\n");
  for (const file of [path.join(__dirname, "../../../LICENSE"), ...files]) {
    fs.copyFileSync(file, path.join(folder, path.basename(file)));
  }
  execFileSync("npm", ["pack", "--silent", "--pack-destination", out], { cwd: folder });
  fs.rmSync(folder, { recursive: true });
}

fs.mkdirSync(out);
const platforms = {};
for (const { type, goos, goarch, path: file } of JSON.parse(fs.readFileSync(path.join(dist, "artifacts.json"), "utf8"))) {
  if (type !== "Binary") continue;
  const os = goos === "windows" ? "win32" : goos;
  const cpu = goarch === "amd64" ? "x64" : goarch;
  const name = `@bettermode-go/ssotoken-${os}-${cpu}`;
  platforms[name] = shared.version;
  // Without a bin, which would take the place of the wrapper's. Yarn keeps what is not unplugged in a zip.
  pack({ name, description: `ssotoken for ${os} on ${cpu}`, os: [os], cpu: [cpu], preferUnplugged: true }, path.join(dist, "..", file));
}
pack(
  {
    name: "ssotoken",
    description: "Mints, inspects and checks JWT SSO logins of a Bettermode community, and runs a fake one",
    bin: { ssotoken: "ssotoken.js" },
    engines: { node: ">=18" },
    optionalDependencies: Object.fromEntries(Object.entries(platforms).sort()),
  },
  path.join(__dirname, "ssotoken.js"),
  path.join(__dirname, "README.md")
);
