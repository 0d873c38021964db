/** What is wrong with a machine beyond its containers, from what was read of it. Pure. */
import { X509Certificate } from "node:crypto";
import { posix } from "node:path";
import { isNamed, type WantedPort } from "../../components/readiness.ts";
import { shellQuote } from "../../components/shell.ts";
import { hubCaFile } from "../../components/tls-conf.ts";
import { certificateBlocks } from "../../hub/tls/pem.ts";
import { age } from "../age.ts";
import { type Check, fail, ok, warn } from "./check.ts";
import { userOf } from "./directories.ts";
import type { SecretFacts } from "./facts.ts";
import type { HostFacts, LogFacts } from "./host-facts.ts";

/** A push waits for two of them, one here and one at the peer: beyond this a client alone gets fewer than 25 a second, ms. */
const fsyncWarnMs = 20;
/** What one machine takes is promised to be at the other within 2 s, and the other has to write it, too, ms. */
const fsyncFailMs = 2_000;
/** From so many on an `up` was never turned away (docs/pulumi.md). */
const leastStartups = 6;
const dayMs = 86_400_000;
/** As `tandem init` warns, too. */
const certificateWarnDays = 60;
const certificateFailDays = 7;
/** Its timer starts it every quarter of an hour, so two runs in a row did not come, ms. */
const logsLateMs = 35 * 60_000;
const gibi = 1024 ** 3;

export function checkFsync(tookMs: readonly number[]): Check[] {
  if (tookMs.length === 0) return [];
  const sorted = tookMs.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const worst = sorted.at(-1) ?? 0;
  const found = `median ${median.toFixed(1)} ms, worst ${worst.toFixed(1)} ms of ${sorted.length} writes`;
  const next = "Find out what else writes there (iostat -x 1), or put paths.data on a disk of its own";
  if (worst >= fsyncFailMs) return [fail("fsync", found, next)];
  return [median >= fsyncWarnMs ? warn("fsync", `${found}; ${fsyncWarnMs} ms is slow`, next) : ok("fsync", found)];
}

/** @param growBytes what streams and spool may still come to take, by their limits */
export function checkRoom(freeBytes: number | undefined, growBytes: number): Check[] {
  if (freeBytes === undefined) return [];
  const found = `${(freeBytes / gibi).toFixed(1)} GiB free, streams and spool may grow by ${(growBytes / gibi).toFixed(1)}`;
  const next = "Make room there, or put paths.data on a larger disk: tandem runbook replace-disk";
  return [freeBytes < growBytes ? warn("room", found, next) : ok("room", found)];
}

export function checkSshd({ sshd }: HostFacts): Check[] {
  if (sshd === undefined) return [];
  const { maxStartups, maxSessions, acceptEnv } = sshd;
  const found = `MaxStartups ${maxStartups}, MaxSessions ${maxSessions}, AcceptEnv ${acceptEnv.join(" ") || "none"}`;
  const begin = Number(maxStartups.split(":")[0]);
  if (begin >= leastStartups) return [ok("sshd", found)];
  return [warn("sshd", found, `Set MaxStartups 10:30:100 in /etc/ssh/sshd_config there, then systemctl reload ssh`)];
}

/** Each port that the stack wants is listened on, and by the container that is to have it. */
export function checkPorts({ listening, owners, containers }: HostFacts, wanted: readonly WantedPort[]): Check[] {
  if (listening === undefined) return [];
  const bad = wanted.flatMap(({ port, container }) => {
    const part = container.slice(container.lastIndexOf("-") + 1);
    const own = containers.filter(({ name }) => isNamed(name, container)).map(({ pid }) => pid);
    if (!listening.has(port))
      return [fail("ports", `nobody listens on ${port} of ${part}`, `Look at container ${part} above`)];
    const known = owners.filter((one) => one.port === port);
    // Without root the kernel does not say who it is.
    const stranger = known.length === 0 ? undefined : known.find(({ pid }) => !own.includes(pid));
    if (stranger === undefined || known.some(({ pid }) => own.includes(pid))) return [];
    const { name, pid } = stranger;
    const found = `${port} of ${part} is listened on by ${name} (pid ${pid}), which is not its container`;
    return [fail("ports", found, `Look at it there: ps -fp ${pid}; then stop it, or give ${part} another port`)];
  });
  return bad.length > 0 ? bad : [ok("ports", `${wanted.map(({ port }) => port).join(", ")} are listened on`)];
}

/**
 * A certificate ends with the first of those that lead to its CA, a file of CAs with the last one: another takes the place of one that ends.
 *
 * @param own machine whose hub has a certificate of one's own CA; undefined where it has the link's
 */
export function checkCertificates({ certificates }: HostFacts, nowMs: number, own?: string): Check[] {
  const renewal = (path: string, holds: boolean) =>
    own !== undefined && isOfHub(path) ? ownRenewal(path, own, holds) : linkRenewal(path, holds);
  const bad: Check[] = [];
  const days: number[] = [];
  for (const { path, pem } of certificates) {
    let left: number;
    try {
      left = Math.floor((endMsOf(pem, isAuthority(path)) - nowMs) / dayMs);
    } catch {
      bad.push(fail("certificates", `${path} holds no certificate`, renewal(path, false)));
      continue;
    }
    days.push(left);
    const found = left < 0 ? `${path} ended ${-left} days ago` : `${path} ends in ${left} days`;
    const next = renewal(path, left >= 0);
    if (left < certificateFailDays) bad.push(fail("certificates", found, next));
    else if (left < certificateWarnDays) bad.push(warn("certificates", found, next));
  }
  if (bad.length > 0 || days.length === 0) return bad;
  return [ok("certificates", `${days.length}, valid for ${Math.min(...days)} days at least`)];
}

/** @throws Error when there is none in it, or one cannot be read */
function endMsOf(pem: string, ofAuthorities: boolean): number {
  const [first, ...others] = certificateBlocks(pem);
  if (first === undefined) throw new Error("no certificate");
  const ends = [first, ...others].map((block) => Date.parse(new X509Certificate(block).validTo));
  return ofAuthorities ? Math.max(...ends) : Math.min(...ends);
}

/** The link's and the hub's are called alike. */
const isAuthority = (path: string) => posix.basename(path) === hubCaFile;

/** By the folder: `tls` is the hub's, `nats` the link's. */
const isOfHub = (path: string) => posix.basename(posix.dirname(path)) === "tls";

/** A rotation wants the pair in sync at each step, which it is not once a certificate has ended. */
function linkRenewal(path: string, holds: boolean): string {
  const ofAuthority = isAuthority(path);
  if (holds) return ofAuthority ? "tandem secrets rotate ca" : "tandem secrets rotate certificates";
  const fresh = "tandem init --renew-certificates, then pulumi up of both machines";
  // Whatever it signs ends with it.
  return ofAuthority ? `Move the kept ca.key away, so that another is made; ${fresh}` : fresh;
}

/** Once it has ended, no command believes the hub, so that the pair does not look whole. */
function ownRenewal(path: string, machine: string, holds: boolean): string {
  const set = isAuthority(path)
    ? "Set a CA that goes on in hub.tls.ca, beside the one that ends while it is still used"
    : "Set another one by your CA (hub.tls.certificate and hubTlsKey)";
  return `${set}, then tandem deploy ${holds ? "" : "--alone "}--machine ${machine}`;
}

/** A secret belongs to the user of the container that its directory is mounted into, or nobody can read it, or a stranger. */
export function checkSecretOwners(secrets: readonly SecretFacts[], { containers }: HostFacts): Check[] {
  return secrets.flatMap(({ path, uid }) => {
    const reader = containers.find(({ binds }) => binds.includes(posix.dirname(path)));
    const wanted = reader && userOf(reader)?.uid;
    if (reader === undefined || wanted === undefined || wanted === uid) return [];
    const chown = `chown ${wanted}:${wanted} ${shellQuote(path)}`;
    const found = `${path} belongs to user ${uid}, and ${reader.name} reads it as ${wanted}`;
    return [fail("secret files", found, chown, { what: chown, script: chown })];
  });
}

/** @param script of the care for logs, on the machine @param nowMs by the machine's clock */
export function checkLogs(logs: LogFacts | undefined, script: string, nowMs: number): Check[] {
  if (logs === undefined) return [];
  const { installed, timer, errors, ranAtMs } = logs;
  if (!installed) return [fail("logs", "logrotate is not installed", "apt-get install logrotate there")];
  if (errors.length > 0)
    return [fail("logs", errors.join("; "), "Correct logs.* in the stack's file, then tandem deploy")];
  if (timer === undefined) return [fail("logs", "nothing starts their rotation", "tandem deploy installs its timer")];
  const run = `sh ${shellQuote(script)}`;
  const fix = { what: run, script: run };
  if (ranAtMs === undefined) return [warn("logs", "their rotation has never run", run, fix)];
  const agoMs = nowMs - ranAtMs;
  if (agoMs > logsLateMs) return [warn("logs", `their rotation ran last ${age(agoMs)} ago`, run, fix)];
  return [ok("logs", `rotated by ${timer}, last ${age(agoMs)} ago`)];
}
