/** Asks a registry which digest a tag has at present, by the API that all registries have (OCI distribution, 1.1). */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { OperatorError } from "../error.ts";
import type { ImageReference } from "./reference.ts";

/** An index before a single platform's manifest: the digest is then the same on every machine. */
const accept = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");
const deadlineMs = 20_000;
const maxManifestBytes = 4 * 1024 * 1024;
const Token = z.object({ token: z.string().optional(), access_token: z.string().optional() });
const DockerConfig = z.object({ auths: z.record(z.string(), z.object({ auth: z.string().optional() })).default({}) });

/** @throws OperatorError `image.unanswered` with what the registry said */
export async function digestOf({ registry, repository, tag }: ImageReference): Promise<string> {
  const name = `${registry}/${repository}:${tag}`;
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(registry);
  const url = `${isLocal ? "http" : "https"}://${registry}/v2/${repository}/manifests/${tag}`;
  let answer = await get(url, name, loginOf(registry));
  if (answer.status === 401) {
    const token = await tokenFor(answer.headers.get("www-authenticate") ?? "", name, loginOf(registry));
    if (token !== undefined) answer = await get(url, name, `Bearer ${token}`);
  }
  if (!answer.ok) throw unanswered(name, `it answered ${answer.status}`, answer.status);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (bytes.length > maxManifestBytes) throw unanswered(name, `its manifest has ${bytes.length} bytes`);
  // Reckoned and not believed: what Docker pulls by it must have it.
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

async function get(url: string, name: string, authorization: string | undefined): Promise<Response> {
  const headers = { accept, ...(authorization !== undefined && { authorization }) };
  try {
    return await fetch(url, { headers, signal: AbortSignal.timeout(deadlineMs) });
  } catch (error) {
    const { cause = error } = error as { cause?: unknown }; // fetch puts the reason there
    throw unanswered(name, cause instanceof Error ? cause.message : String(cause));
  }
}

/** A registry that answers 401 names who gives out tokens for what was asked, to anybody for a public image. */
async function tokenFor(challenge: string, name: string, login: string | undefined): Promise<string | undefined> {
  if (!/^bearer /i.test(challenge)) return undefined;
  const parts = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value]));
  const realm = parts.get("realm");
  if (realm === undefined || !URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  for (const key of ["service", "scope"]) if (parts.has(key)) url.searchParams.set(key, parts.get(key) ?? "");
  const answer = await get(url.href, name, login);
  if (!answer.ok)
    throw unanswered(name, `${url.host}, which gives out its tokens, answered ${answer.status}`, answer.status);
  const told = Token.safeParse(await answer.json().catch(() => undefined));
  return told.data?.token ?? told.data?.access_token;
}

/** What `docker login` has left in its file. Helpers that keep it elsewhere are not asked. */
function loginOf(registry: string): string | undefined {
  const path = join(process.env.DOCKER_CONFIG ?? join(homedir(), ".docker"), "config.json");
  if (!existsSync(path)) return undefined;
  const config = DockerConfig.safeParse(parsed(readFileSync(path, "utf8")));
  const keys =
    registry === "registry-1.docker.io" ? ["https://index.docker.io/v1/", registry] : [registry, `https://${registry}`];
  const auth = keys.map((key) => config.data?.auths[key]?.auth).find((each) => each !== undefined);
  return auth === undefined ? undefined : `Basic ${auth}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unanswered(name: string, why: string, status = 0): OperatorError {
  const next =
    status === 401 || status === 403 || status === 404
      ? "Correct the image's name, or log in with `docker login` where the registry asks for it"
      : "Try again, from a computer that reaches the registry";
  return new OperatorError("image.unanswered", `the digest of ${name} is not known: ${why}`, next);
}
