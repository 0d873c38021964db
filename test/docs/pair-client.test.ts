/** The Python example against hubs that break off, refuse and fall silent. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createAuthority } from "../../ops/init/certificates.ts";
import { findInPath } from "../../ops/tools/find.ts";
import { TlsSite } from "../support/tls-files.ts";

const [python = ""] = findInPath(["python3"]);
const folder = join(import.meta.dirname, "../../docs/examples");

async function hub(name: string, seen: string[], ...answers: ((response: ServerResponse) => void)[]): Promise<string> {
  const server = createServer((request, response) => {
    seen.push(`${name} ${request.headers["tandem-seq"]}`);
    const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? expect.unreachable();
    request.resume().on("end", () => answer(response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
}

/** Sends the pushes one after another, and tells what came of each. */
const push = (hubs: string[], ...texts: string[]): Promise<string[]> => run(hubs, { texts });

interface Run {
  texts: string[];
  /** Of the hubs' CA. */
  caFile?: string;
  /** Of Python, before each push. */
  before?: string;
}

async function run(hubs: string[], { texts, caFile, before = "pass" }: Run): Promise<string[]> {
  const program = `
import os, sys
sys.path.insert(0, ${JSON.stringify(folder)})
sys.dont_write_bytecode = True
from pair_client import Pair, Silent
pair = Pair(${JSON.stringify(hubs)}, client="c", deadline=5.0, ca_file=${caFile === undefined ? "None" : JSON.stringify(caFile)})
for text in ${JSON.stringify(texts)}:
    ${before}
    try:
        print("taken", pair.push(text, job="j")[1])
    except (Silent, ValueError) as error:
        print(type(error).__name__)
`;
  const child = spawn(python, ["-c", program], { stdio: ["ignore", "pipe", "pipe"] });
  let [out, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  await once(child, "close");
  expect(errors).toBe("");
  return out.trim().split("\n");
}

const says = (status: number) => (response: ServerResponse) => void response.writeHead(status).end("said\n");
const breaksOff = (status: number) => (response: ServerResponse) => {
  response.writeHead(status, { "content-length": 100 }).write("half of");
  setTimeout(() => response.destroy(), 50);
};
/** No line of HTTP at all. */
const babbles = (response: ServerResponse) => void response.socket?.end("so what\r\n\r\n");

describe.skipIf(python === "")("the Python example", { timeout: 60_000 }, () => {
  it("goes to the other hub when the first breaks off its answer, its refusal, or speaks no HTTP", async () => {
    const seen: string[] = [];
    const first = await hub("a", seen, breaksOff(200));
    const refusing = await hub("b", seen, breaksOff(503));
    const babbling = await hub("c", seen, babbles);
    for (const broken of [first, refusing, babbling])
      expect(await push([broken, await hub("other", seen, says(200))], "x 1\n")).toEqual(["taken local"]);
    expect(seen).toEqual(["a 1", "other 1", "b 1", "other 1", "c 1", "other 1"]);
  });

  it("keeps the number of a push that nobody answered when it is tried again, and gives another one the next", async () => {
    const seen: string[] = [];
    const one = await hub("a", seen, breaksOff(200), says(200));
    const two = await hub("b", seen, says(503));
    expect(await push([one, two], "x 1\n", "x 1\n", "x 2\n")).toEqual(["Silent", "taken local", "taken local"]);
    expect(seen).toEqual(["a 1", "b 1", "a 1", "a 2"]);
  });

  it("gives the next push a number of its own after one that was refused", async () => {
    const seen: string[] = [];
    const one = await hub("a", seen, says(400), says(200));
    expect(await push([one, one], "x\n", "x\n")).toEqual(["ValueError", "taken local"]);
    expect(seen).toEqual(["a 1", "a 2"]);
  });

  it("believes at its next push the CA that its file holds then", async () => {
    const site = new TlsSite();
    const { certificate: cert, privateKey: key } = site.issue("mainpc");
    const server = createTlsServer(
      { cert, key },
      (request, response) => void request.resume().on("end", () => says(200)(response)),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
      site.remove();
    });
    const other = createAuthority({ name: "another CA", now: new Date() }).certificate;
    const { caFile } = site.write("mainpc", site.issue("mainpc"), other);
    site.replace(`${caFile}.next`, site.authority.certificate);
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
    const before = `if text == "x 2\\n": os.replace(${JSON.stringify(`${caFile}.next`)}, ${JSON.stringify(caFile)})`;
    expect(await run([url, url], { texts: ["x 1\n", "x 2\n"], caFile, before })).toEqual(["Silent", "taken local"]);
  });
});
