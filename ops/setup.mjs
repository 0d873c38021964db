#!/usr/bin/env node
/**
 * Where every command begins: brings node_modules in step with package-lock.json, then hands over to the Node that it holds.
 * Plain JavaScript without packages, because it runs on whatever Node (18 or newer) starts it. Own lines go to stderr.
 */
import { spawn } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { alone } from "./setup-lock.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const inRoot = (...parts) => join(root, ...parts);
const node = inRoot("node_modules", ".bin", "node");
const env = { ...process.env, PATH: [inRoot("node_modules", ".bin"), process.env.PATH].join(delimiter) };
const say = (line) => process.stderr.write(`${line}\n`);
/** A check of the whole tree failed; tests that failed end with 1. */
const exitChecks = 2;

let running;
let interrupted = false;
// A terminal's Ctrl-C reaches the child too, which shares our group: it decides how to end, we wait for it. Without a
// terminal the signal was sent to us alone.
process.on("SIGINT", () => {
  interrupted = true;
  if (!process.stdin.isTTY) running?.kill("SIGINT");
});
for (const name of ["SIGTERM", "SIGHUP"]) {
  process.on(name, () => {
    interrupted = true;
    running?.kill(name);
  });
}

const [first, ...rest] = process.argv.slice(2);
const known = ["start", "test", "run", "tandem"].includes(first);
const command = known ? first : "tandem";
const args = known ? rest : process.argv.slice(2);

await bringPackages();
process.exit(await handOver());

function handOver() {
  switch (command) {
    case "start":
      return runTypeScript(inRoot("ops", "tandem.ts"), "local", ...args);
    case "test":
      return test();
    case "run":
      if (args[0] === undefined) fail("run needs a file", "Name one: node ops/setup.mjs run path/to/file.ts");
      return runTypeScript(...args);
    default:
      return runTypeScript(inRoot("ops", "tandem.ts"), ...args);
  }
}

/** The tools first, so that no test waits for one; a run of selected tests leaves out the checks of the whole tree. */
async function test() {
  const tools = await runTypeScript(inRoot("ops", "tools", "ensure-all.ts"));
  if (tools !== 0) return tools;
  const failed = [];
  const selected = args.some((arg) => !arg.startsWith("-"));
  const { scripts } = readJson(inRoot("package.json"));
  for (const step of selected ? [] : scripts.check.split(" && ")) {
    say(`checking: ${step}`);
    if ((await run("sh", ["-c", step], { cwd: root })) !== 0) failed.push(step);
    if (interrupted) return 130;
  }
  const vitest = inRoot("node_modules", "vitest", "vitest.mjs");
  const config = inRoot("test", "vitest.config.ts");
  const code = await run(node, [vitest, "run", "--config", config, ...args], { cwd: root });
  if (interrupted) return 130;
  for (const step of failed) say(`failed: ${step}`);
  return failed.length > 0 ? exitChecks : code;
}

function runTypeScript(...fileAndArgs) {
  return run(node, ["--disable-warning=ExperimentalWarning", ...fileAndArgs]);
}

/** Resolves with the exit code, as a shell would give it: 128 + n for a signal. */
function run(program, programArgs, options = {}) {
  return new Promise((resolve) => {
    running = spawn(program, programArgs, { stdio: "inherit", env, ...options });
    running.once("error", (error) => {
      say(`error: cannot start ${program}: ${error.message}`);
      resolve(127);
    });
    running.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

async function bringPackages() {
  // What npm ci has brought alone has no Node yet.
  const isReady = () => whyInstall() === undefined && existsSync(node);
  if (isReady()) return;
  refuseLink();
  const around = {
    onWait: (pid) => say(`packages: process ${pid} is installing them, waiting`),
    onPoll: () => interrupted && process.exit(130),
  };
  // npm ci empties the folder that another command's is filling.
  const install = () => isReady() || installPackages();
  await alone(inRoot(".npm-ci.lock"), around, install).catch((error) =>
    fail(`packages cannot be installed: ${error.message}`, `Make ${root} writable`),
  );
}

/** No package runs a script of its own at that, but the one named node, which links the Node that everything here runs on. */
async function installPackages() {
  const startedMs = Date.now();
  const reason = whyInstall();
  if (reason !== undefined) {
    refuseUnder(reason);
    say(`packages: ${reason}; running npm ci, a minute or so`);
    await npm("ci", "--ignore-scripts", "--include=dev", "--no-audit", "--no-fund");
  }
  // Also where npm's own settings forbid scripts.
  await npm("rebuild", "node", "--ignore-scripts=false");
  if (!existsSync(node)) {
    const cause = `${node} is missing: the package "node" brings it by its install script`;
    fail(cause, `See why: run "npm rebuild node --ignore-scripts=false --foreground-scripts" in ${root}`);
  }
  say(`packages: ready after ${Math.round((Date.now() - startedMs) / 1000)} s`);
}

async function npm(...words) {
  const code = await runNpm(words);
  if (interrupted) process.exit(code === 0 ? 130 : code);
  if (code === 0) return;
  const cause = `npm ${words[0]} ended with code ${code}; its own lines above say why`;
  fail(cause, `Check that npm reaches its registry ("npm ping"), and run the same command again`);
}

/** npm ci would empty the folder behind the link, which others may be using. */
function refuseLink() {
  const modules = inRoot("node_modules");
  if (!lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  fail(
    `${modules} is a link, and what is behind it is not what package-lock.json asks for`,
    `Remove the link: rm ${modules}`,
  );
}

/** npm ci empties the folder first, and with it what runs from there. Without /proc nobody can tell. */
function refuseUnder(reason) {
  if (!existsSync(inRoot("node_modules")) || !existsSync("/proc/self/exe")) return;
  const packages = realpathSync(inRoot("node_modules")) + sep;
  const users = readdirSync("/proc").filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/exe`).startsWith(packages);
    } catch {
      return false; // no process, one that has ended, or another user's
    }
  });
  if (users.length === 0) return;
  fail(
    `packages: ${reason}, and they cannot be exchanged under what runs from them (process ${users.join(", ")})`,
    "End that first, such as npm start by Ctrl-C, and run the same command again",
  );
}

/** Undefined when what npm installed, by its own record, is what the lockfile asks for. */
function whyInstall() {
  const record = inRoot("node_modules", ".package-lock.json");
  if (!existsSync(record)) return "not installed yet";
  const wanted = readJson(inRoot("package-lock.json")).packages;
  const installed = readJson(record).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "") continue;
    const there = installed[path];
    // Optional ones are left out where they do not fit the platform.
    if (there === undefined ? !entry.optional && !entry.devOptional : !isSame(there, entry))
      return `${path} is not as in package-lock.json`;
  }
  const extra = Object.keys(installed).find((path) => wanted[path] === undefined);
  return extra === undefined ? undefined : `${extra} is not in package-lock.json`;
}

function isSame(left, right) {
  return left.version === right.version && left.integrity === right.integrity;
}

/** npm's words go to stderr: stdout belongs to the command that is run in the end. */
function runNpm(words) {
  // npm would warn of packages that want a later Node than its own; they get the one that comes with them.
  const npmArgs = [...words, "--loglevel=error"];
  // Under npm node_modules/.bin is in PATH, and npm ci deletes it while it runs.
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  const options = { cwd: root, stdio: ["ignore", 2, 2], env: { ...process.env, PATH: path.join(delimiter) } };
  const script = process.env.npm_execpath;
  return script?.endsWith("npm-cli.js")
    ? run(process.execPath, [script, ...npmArgs], options)
    : run("npm", npmArgs, options);
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return fail(`${path} cannot be read: ${error.message}`, "Restore it from the repository, or remove node_modules");
  }
}

function fail(what, next) {
  say(`error: ${what}\n  → ${next}`);
  process.exit(1);
}
