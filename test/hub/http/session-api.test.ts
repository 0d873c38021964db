import { beforeEach, describe, expect, it } from "vitest";
import { createServicesApi } from "../../../hub/http/services-api.ts";
import { createSessionApi } from "../../../hub/http/session-api.ts";
import { createLog } from "../../../hub/io/log.ts";
import { Sessions } from "../../../hub/session/sessions.ts";
import { createAuthority, issueCertificate } from "../../../ops/init/certificates.ts";
import { smallConfig } from "../small-config.ts";
import { type Ask, serveApi } from "./serve-api.ts";

const path = "/api/v1/session";
const codes = `${path}/codes`;
const everybody = `${path}/all`;
const elsewhere = "http://elsewhere.example";

let ask: Ask;
let origin: string;
let nowMs: number;
/** Who ordered maintenance. */
let orderers: string[];

beforeEach(async () => {
  nowMs = 1_000_000;
  orderers = [];
  const now = () => nowMs;
  const sessions = new Sessions({ config: smallConfig(), log: createLog("test", () => {}), nowMs: now });
  await sessions.open();
  const session = createSessionApi({ machine: "mainpc", sessions, nowMs: now });
  const view = { since: "", until: "", reason: "", target: "mainpc", by: "" };
  const services = createServicesApi({
    services: () => [],
    take: () => expect.unreachable(),
    switchover: () => expect.unreachable(),
    maintenance: {
      views: () => [],
      knows: () => true,
      begin: async ({ by }) => {
        orderers.push(by);
        return view;
      },
      end: async (_, by) => {
        orderers.push(by);
        return view;
      },
    },
    signedIn: session.signedIn,
  });
  const served = await serveApi(async (...asked) => (await session.handle(...asked)) || (await services(...asked)));
  [ask, origin] = [served.ask, served.origin];
});

const newCode = async () => (await ask("POST", codes, { by: "ann@desk" })).body.code as string;
const signIn = (code: string, headers: Record<string, string> = { origin }) => ask("POST", path, { code }, headers);
const cookieOf = (said: Awaited<ReturnType<Ask>>) => said.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
const signedIn = async () => cookieOf(await signIn(await newCode()));

describe("signing in", () => {
  it("a code makes a cookie of 12 h that scripts cannot read and other sites cannot send, named for the machine", async () => {
    const said = await signIn(await newCode());
    expect(said).toMatchObject({ status: 200, body: { by: "ann@desk", until: "1970-01-01T12:16:40.000Z" } });
    expect(said.headers["set-cookie"]).toEqual([
      expect.stringMatching(
        /^tandem-session-mainpc=[\w-]+\.[\w-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    const asked = await ask("GET", path, undefined, { cookie: `theme=dark; ${cookieOf(said)}` });
    expect(asked).toMatchObject({ status: 200, body: said.body });
  });

  it("tells nobody of a session without its cookie, nor with one that is made up or over", async () => {
    const cookie = await signedIn();
    expect((await ask("GET", path)).status).toBe(401);
    expect((await ask("GET", path, undefined, { cookie: `${cookie}x` })).status).toBe(401);
    expect((await ask("GET", path, undefined, { cookie: cookie.replace("mainpc", "pc2") })).status).toBe(401);
    nowMs += 12 * 3_600_000;
    expect((await ask("GET", path, undefined, { cookie })).status).toBe(401);
  });

  it("a code is refused the second time, after 5 minutes, and when it is another", async () => {
    const code = await newCode();
    expect((await signIn("AAAAAAAAAAAAAAAAAAAAAA")).status).toBe(401);
    expect((await signIn(code)).status).toBe(200);
    expect(await signIn(code)).toMatchObject({
      status: 401,
      body: { error: expect.stringContaining("tandem sign-in") },
    });
    const old = await newCode();
    nowMs += 300_000;
    expect((await signIn(old)).status).toBe(401);
  });

  it("a page of another site cannot sign in, nor one that does not say where it is from", async () => {
    const code = await newCode();
    const refused: Record<string, string>[] = [
      {},
      { origin: elsewhere },
      { origin: "null" },
      { origin, "sec-fetch-site": "same-site" },
    ];
    for (const headers of refused) expect((await signIn(code, headers)).status, JSON.stringify(headers)).toBe(403);
    expect((await signIn(code, { origin, "sec-fetch-site": "same-origin" })).status).toBe(200);
  });

  it("after 5 wrong codes even a right one waits for the minute to end", async () => {
    const code = await newCode();
    for (let i = 0; i < 5; i++) expect((await signIn(`wrong ${i}`)).status).toBe(401);
    const late = await signIn(code);
    expect([late.status, late.headers["retry-after"]]).toEqual([429, "60"]);
    nowMs += 60_000;
    expect((await signIn(code)).status).toBe(200);
  });

  it("of 40 wrong codes that come at once, 5 are looked at", async () => {
    const said = await Promise.all(Array.from({ length: 40 }, (_, i) => signIn(`wrong ${i}`)));
    expect(said.filter(({ status }) => status === 401).length).toBe(5);
    expect(said.filter(({ status }) => status === 429).length).toBe(35);
  });

  it("a 17th code is not made while 16 wait, and none for a page or for nobody", async () => {
    const cookie = await signedIn();
    expect((await ask("POST", codes, { by: "ann" }, { origin, cookie })).status).toBe(403);
    expect((await ask("POST", codes, {})).status).toBe(400);
    expect((await ask("GET", codes)).status).toBe(405);
    for (let i = 0; i < 16; i++) expect((await ask("POST", codes, { by: "ann" })).status).toBe(200);
    expect(await ask("POST", codes, { by: "ann" })).toMatchObject({
      status: 429,
      body: { error: expect.stringContaining("16 codes") },
    });
  });

  it("bodies that are no code are refused with 400", async () => {
    for (const body of ["{", {}, { code: "" }, { code: "x".repeat(101) }, { code: "x", more: 1 }])
      expect((await ask("POST", path, body, { origin })).status, JSON.stringify(body)).toBe(400);
  });
});

describe("signing out", () => {
  it("takes the cookie back, and a copy of it is good for nothing", async () => {
    const cookie = await signedIn();
    expect((await ask("DELETE", path, undefined, { origin: elsewhere, cookie })).status).toBe(403);
    const said = await ask("DELETE", path, undefined, { origin, cookie });
    expect(said.headers["set-cookie"]?.[0]).toContain("Max-Age=0");
    expect((await ask("GET", path, undefined, { cookie })).status).toBe(401);
    expect((await ask("DELETE", path, undefined, { origin })).status).toBe(200);
    expect((await ask("PATCH", path, undefined, { origin })).status).toBe(405);
  });

  it("everybody is signed out by an order of this machine, and by no page", async () => {
    const cookie = await signedIn();
    expect((await ask("DELETE", everybody, undefined, { origin, cookie })).status).toBe(403);
    expect((await ask("GET", path, undefined, { cookie })).status).toBe(200);
    expect((await ask("POST", everybody)).status).toBe(405);
    expect((await ask("DELETE", everybody)).status).toBe(200);
    expect((await ask("GET", path, undefined, { cookie })).status).toBe(401);
  });
});

describe("orders from the page", () => {
  const maintenance = "/api/v1/maintenance";
  const word = { target: "mainpc", minutes: 5, reason: "memory" };

  it("are taken from who is signed in, by the name that signed in, whatever the body says", async () => {
    const cookie = await signedIn();
    const headers = { origin, cookie };
    expect((await ask("POST", maintenance, word, headers)).status).toBe(200);
    expect((await ask("POST", maintenance, { ...word, by: "somebody else" }, headers)).status).toBe(200);
    expect((await ask("DELETE", maintenance, { target: "mainpc" }, headers)).status).toBe(200);
    expect(orderers).toEqual(["ann@desk", "ann@desk", "ann@desk"]);
  });

  it("are refused without a session, with one of another page, with one that is over, and without an origin's match", async () => {
    const cookie = await signedIn();
    const refused: Record<string, string>[] = [
      { origin },
      { origin: elsewhere, cookie },
      { origin: "null", cookie },
      { origin: origin.replace("http:", "https:").replace("127.0.0.1", "localhost"), cookie },
      { origin: `${origin}0`, cookie },
      { origin, cookie, "sec-fetch-site": "cross-site" },
      { origin, cookie, "sec-fetch-site": "same-site" },
      { origin, cookie: `${cookie}x` },
    ];
    for (const headers of refused)
      expect((await ask("POST", maintenance, { ...word, by: "x" }, headers)).status, JSON.stringify(headers)).toBe(403);
    nowMs += 12 * 3_600_000;
    expect((await ask("POST", maintenance, word, { origin, cookie })).status).toBe(403);
    expect(orderers).toEqual([]);
  });

  it("of this machine need no session, and name who gives them", async () => {
    expect((await ask("POST", maintenance, word)).status).toBe(400);
    expect((await ask("POST", maintenance, { ...word, by: "kim" })).status).toBe(200);
    expect((await ask("DELETE", maintenance, { target: "mainpc" })).status).toBe(400);
    expect(orderers).toEqual(["kim"]);
  });
});

describe("signing in by TLS", () => {
  it("makes a cookie that goes by TLS alone and that another server at this address cannot make, and believes no other", async () => {
    const authority = createAuthority({ name: "test CA", now: new Date() });
    const { certificate, privateKey } = issueCertificate(authority, {
      machine: "mainpc",
      address: "127.0.0.1",
      now: new Date(),
    });
    const sessions = new Sessions({ config: smallConfig(), log: createLog("test", () => {}), nowMs: Date.now });
    await sessions.open();
    const session = createSessionApi({ machine: "mainpc", sessions, nowMs: Date.now });
    const pems = { cert: certificate, key: privateKey, ca: authority.certificate };
    ({ ask, origin } = await serveApi((...asked) => session.handle(...asked), pems));
    const said = await signIn(await newCode());
    expect(said.headers["set-cookie"]).toEqual([
      expect.stringMatching(
        /^__Host-tandem-session-mainpc=\S+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure$/,
      ),
    ]);
    const cookie = cookieOf(said);
    expect((await ask("GET", path, undefined, { cookie })).status).toBe(200);
    expect((await ask("GET", path, undefined, { cookie: cookie.replace("__Host-", "") })).status).toBe(401);
    const plainPage = { origin: origin.replace("https", "http") };
    expect((await signIn(await newCode(), plainPage)).status).toBe(403);
    const out = await ask("DELETE", path, undefined, { cookie, origin });
    expect(out.headers["set-cookie"]?.[0]).toMatch(/^__Host-tandem-session-mainpc=; Path=\/; Max-Age=0;.*; Secure$/);
    expect((await ask("GET", path, undefined, { cookie })).status).toBe(401);
  });
});
