import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { Access } from "../../../hub/access/access.ts";
import { refusalOf, type SignedIn, sendAnswer } from "../../../hub/http/orders.ts";
import { createLog } from "../../../hub/io/log.ts";
import { serveApi } from "./serve-api.ts";

const token = "a token of 256 bits, as far as a test needs it";

/** A server that takes whatever order it may, as the hub's APIs decide it, with the token of ann. */
async function serve() {
  const dir = mkdtempSync(join(tmpdir(), "tandem-orders-"));
  const path = join(dir, "operators.json");
  const sha256 = createHash("sha256").update(token).digest("hex");
  writeFileSync(path, JSON.stringify({ v: 1, tokens: [{ name: "ann", sha256 }] }), { mode: 0o400 });
  const log = createLog("test", () => {});
  const access = new Access({ operatorTokensFile: path }, log);
  await access.open();
  onTestFinished(async () => {
    await access.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const { ask } = await serveApi(async (request, response) => {
    // What takes no token, as documents and codes, asks without who is signed in.
    const signedIn: SignedIn | undefined = request.url === "/machine-only" ? undefined : access.operatorOf;
    sendAnswer(request, response, refusalOf(request, signedIn) ?? { status: 200, body: {} });
    return true;
  });
  const order = (headers: Record<string, string>, at = "/order") => ask("POST", at, {}, headers);
  return { order, access };
}

const passedOn = { "x-forwarded-for": "203.0.113.9" };

it("an order without a token is taken of whoever is local, and not when a proxy passed it on or a browser sent it", async () => {
  const { order } = await serve();
  expect((await order({})).status).toBe(200);
  for (const header of ["forwarded", "via", "x-forwarded-for", "x-real-ip", "origin", "sec-fetch-site"])
    for (const at of ["/order", "/machine-only"])
      expect([header, at, (await order({ [header]: "203.0.113.9" }, at)).status]).toEqual([header, at, 403]);
  const bearer = { ...passedOn, authorization: `Bearer ${token}` };
  expect((await order(bearer)).status).toBe(200);
  expect((await order(bearer, "/machine-only")).status).toBe(403);
});

it("a wrong token of an order from elsewhere is answered 401, the sixth 429, and a right one is still taken", async () => {
  const { order, access } = await serve();
  const show = (text: string) => order({ ...passedOn, authorization: `Bearer ${text}` });
  for (let tried = 0; tried < 5; tried++) {
    const { status, body, headers } = await show("an old one");
    expect([status, body.error]).toEqual([401, "this token is nobody's"]);
    expect(headers["www-authenticate"]).toContain("Bearer");
  }
  const { status, headers } = await show("an old one");
  expect([status, Number(headers["retry-after"]) > 0]).toEqual([429, true]);
  expect(access.denied.order).toBe(6);
  expect((await show(token)).status).toBe(200);
  expect((await order({ authorization: "Bearer an old one" })).status).toBe(200);
});
