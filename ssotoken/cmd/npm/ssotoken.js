#!/usr/bin/env node
// Runs the program, which is in the optional dependency for this platform.
"use strict";
const { spawn } = require("node:child_process");

const platform = `@bettermode-go/ssotoken-${process.platform}-${process.arch}`;

function program() {
  try {
    return require.resolve(`${platform}/ssotoken${process.platform === "win32" ? ".exe" : ""}`);
  } catch {
    console.error(
      `ssotoken: the package ${platform} is not installed. Install without --omit=optional, and on the platform that runs it. ` +
        "There are packages for Linux, macOS and Windows on x64 and arm64."
    );
    process.exit(1);
  }
}

const child = spawn(program(), process.argv.slice(2), { stdio: "inherit" });
// A terminal sends Ctrl-C to both. The program ends in its own time, and this one with it.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("error", (error) => {
  console.error(`ssotoken: ${error.message}`);
  process.exit(1);
});
child.on("exit", (status) => process.exit(status ?? 1));
