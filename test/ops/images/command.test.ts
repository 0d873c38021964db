import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { readReference } from "../../../ops/images/reference.ts";
import { digestOf } from "../../../ops/images/registry.ts";
import { registerImages } from "../../../ops/images.ts";
import { DockerRegistry } from "../../support/docker-registry.ts";
import { runCommand } from "../run-command.ts";

const root = join(import.meta.dirname, "../../..");
let registry: DockerRegistry;
let dir: string;
let nats: string;

beforeAll(async () => {
  registry = await DockerRegistry.start();
  nats = await registry.put("mirror/nats", "2.12", "first");
  for (const name of ["pushgateway", "node"]) await registry.put(`mirror/${name}`, "1", name);
  dir = mkdtempSync(join(tmpdir(), "tandem-images-"));
}, 60_000);
afterAll(async () => {
  await registry?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const fileOf = (stack: string) => join(dir, `Pulumi.${stack}.yaml`);
beforeEach(() => {
  for (const stack of ["mainpc", "pc2"]) {
    cpSync(join(root, `Pulumi.${stack}.yaml`), fileOf(stack));
    const images = [
      "nats: HOST/mirror/nats:2.12 # ours",
      "pushgateway: HOST/mirror/pushgateway:1",
      "hubBase: HOST/mirror/node:1",
    ];
    const text = readFileSync(fileOf(stack), "utf8").trimEnd();
    writeFileSync(
      fileOf(stack),
      `${text}\n  tandem:images:\n${images.map((line) => `    ${line.replace("HOST", registry.host)}\n`).join("")}`,
    );
  }
});
const run = (...args: string[]) => runCommand(registerImages, ["images", ...args, "--dir", dir]);

it("writes the digest that the registry has beside each tag of both stacks, keeps comments, and finds nothing new the second time", async () => {
  expect((await run()).stdout).toContain(`mainpc  images.nats  ${registry.host}/mirror/nats:2.12: by tag`);
  const mode = statSync(fileOf("mainpc")).mode;
  const { code, stdout } = await run("--pin");
  expect([code, stdout.match(/pinned now to/g)?.length]).toEqual([0, 6]);
  for (const stack of ["mainpc", "pc2"]) {
    const text = readFileSync(fileOf(stack), "utf8");
    expect(text).toContain(`nats: ${registry.host}/mirror/nats:2.12@${nats} # ours`);
  }
  expect(readFileSync(fileOf("mainpc"), "utf8")).toContain("# MainPC. The addresses are from a range reserved");
  expect(statSync(fileOf("mainpc")).mode).toBe(mode);
  const before = readFileSync(fileOf("mainpc"), "utf8");
  expect((await run("--pin")).stdout.match(/its tag is still that/g)).toHaveLength(6);
  expect(readFileSync(fileOf("mainpc"), "utf8")).toBe(before);
});

it("pins anew when the tag has become another image, and says what it was", async () => {
  await run("--pin");
  const second = await registry.put("mirror/nats", "2.12", "second");
  const { stdout } = await run("--pin", "--stack", "pc2", "--json");
  expect(JSON.parse(stdout).images).toContainEqual(
    expect.objectContaining({ stack: "pc2", key: "nats", digest: nats, now: second }),
  );
  expect(readFileSync(fileOf("pc2"), "utf8")).toContain(second);
  expect(readFileSync(fileOf("mainpc"), "utf8")).toContain(nats);
  await registry.put("mirror/nats", "2.12", "first");
});

it("writes nothing when one image is not known, and says which", async () => {
  const text = readFileSync(fileOf("pc2"), "utf8").replace("mirror/node:1", "mirror/node:2");
  writeFileSync(fileOf("pc2"), text);
  const before = readFileSync(fileOf("mainpc"), "utf8");
  const { code, stderr } = await run("--pin");
  expect(code).toBe(1);
  expect(stderr).toMatch(/the digest of 127\.0\.0\.1:\d+\/mirror\/node:2 is not known: it answered 404/);
  expect(readFileSync(fileOf("mainpc"), "utf8")).toBe(before);
});

it("fetches a token where the registry names who gives them out, and shows the login of Docker's own file where there is one", async () => {
  const asked: { url: string | undefined; authorization: string | undefined }[] = [];
  const tokens = createServer((request, response) => {
    asked.push({ url: request.url, authorization: request.headers.authorization });
    response.end(JSON.stringify({ token: "given" }));
  }).listen(0, "127.0.0.1");
  await once(tokens, "listening");
  const { port } = tokens.address() as AddressInfo; // a TCP server has one
  // It lets everybody in who shows anything.
  const guarded = await DockerRegistry.start(`{silly: {realm: "http://127.0.0.1:${port}/token", service: images}}`);
  const config = mkdtempSync(join(tmpdir(), "tandem-login-"));
  try {
    const digest = await guarded.put("a/b", "1", "guarded", "Bearer mine");
    const reference = readReference(`${guarded.host}/a/b:1`) ?? expect.unreachable();
    expect(await digestOf(reference)).toBe(digest);
    expect(asked).toEqual([{ url: "/token?service=images&scope=repository%3Aa%2Fb%3Apull", authorization: undefined }]);
    writeFileSync(join(config, "config.json"), JSON.stringify({ auths: { [guarded.host]: { auth: "YW5uOng=" } } }));
    process.env.DOCKER_CONFIG = config;
    expect(await digestOf(reference)).toBe(digest);
    expect(asked).toHaveLength(1);
  } finally {
    delete process.env.DOCKER_CONFIG;
    rmSync(config, { recursive: true, force: true });
    tokens.close();
    await guarded.stop();
  }
});
