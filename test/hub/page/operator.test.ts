import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { until } from "../../support/until.ts";
import { browse } from "./browse.ts";
import { ago, fleetView, ledgerView } from "./fixture.ts";
import { alert, alertsView, sectionsView, silence } from "./sections-fixture.ts";

const { serve, visit } = browse();

const signInPath = "/#sign-in=once-only";
const sessionPath = "/api/v1/session";
const session = { by: "ann", until: ago(-3_600_000) };

async function site() {
  const alerts = alertsView(alert("witness-silent", "nas", "The witness does not answer", { severity: "warning" }));
  const server = await serve(fleetView(), ledgerView(), { ...sectionsView(), alerts });
  server.signIn = { code: "once-only", session };
  return server;
}

it("who has not signed in sees no control, is told how to sign in, and is not asked about", async () => {
  const server = await site();
  const { page, errors } = await visit(server);
  await page.getByText("tandem sign-in, given in the folder of the site's stacks, prints an address").waitFor();
  await page.locator("summary", { hasText: "services act at home" }).click();
  expect(await page.getByRole("button", { name: /maintenance|switch over|silence|sign out/i }).count()).toBe(0);
  expect(server.asked).not.toContain("/api/v1/session");
  expect(errors).toEqual([]);
});

it("the code in the address signs in, leaves the address at once, and lasts over a reload until signing out", async () => {
  const server = await site();
  const { page, errors } = await visit(server, signInPath);
  await page.getByText("Signed in as ann").waitFor();
  expect(page.url()).toBe(`${server.url}/`);
  await page.reload();
  await page.getByText("Signed in as ann").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("Signed out").waitFor();
  expect(await page.getByRole("button", { name: /Begin maintenance/ }).count()).toBe(0);
  expect(errors).toEqual([]);
});

it("the address with the code signs in where the page stands already, which does not load it anew", async () => {
  const server = await site();
  const { page, errors } = await visit(server);
  await page.goto(`${server.url}${signInPath}`);
  await page.getByText("Signed in as ann").waitFor();
  expect(page.url()).toBe(`${server.url}/`);
  expect(server.asked.filter((path) => path === "/")).toEqual(["/"]);
  expect(errors).toEqual([]);
});

it("a code that is used up is answered in the hub's words, and gives no controls", async () => {
  const server = await site();
  const { page } = await visit(server, "/#sign-in=used");
  await page.getByText("Not signed in: this code was used already, or is none").waitFor();
  expect(await page.getByRole("button", { name: /Begin maintenance/ }).count()).toBe(0);
});

it("maintenance of a machine is begun with its minutes and reason, in the name of who signed in", async () => {
  const server = await site();
  const { page } = await visit(server, signInPath);
  await page.getByRole("button", { name: "Begin maintenance of pc2" }).click();
  const form = page.getByRole("form", { name: /Maintenance of pc2/ });
  await form.getByRole("button", { name: "Begin" }).click();
  expect(server.orders, "without a reason").toEqual([]);
  await form.getByLabel("Minutes").fill("45");
  await form.getByLabel("Reason").fill("a new disk");
  await form.getByRole("button", { name: "Begin" }).click();
  await page.getByText("pc2 is under maintenance for 45 min").waitFor();
  const body = { target: "pc2", minutes: 45, reason: "a new disk", by: "ann" };
  expect(server.orders).toEqual([{ method: "POST", path: "/api/v1/maintenance", body }]);
  expect(await form.count()).toBe(0);
});

it("a chosen agent is put under maintenance from its panel, and what stands is ended from the list", async () => {
  const server = await site();
  const { page } = await visit(server, signInPath);
  await page.locator('[data-agent="pc2/TutorAgent"]').click();
  await page.getByRole("complementary").getByRole("button", { name: "Begin maintenance" }).click();
  await page.getByLabel("Reason").fill("a new model");
  await page.getByRole("button", { name: "Begin", exact: true }).click();
  await until("the order", () => server.orders.length === 1);
  expect(server.orders[0]?.body).toMatchObject({ target: "pc2/TutorAgent", minutes: 30 });
  server.fleet = { ...server.fleet, maintenance: [{ ...silence("pc2/TutorAgent"), reason: "a new model" }] };
  await page.getByRole("button", { name: "End maintenance of pc2/TutorAgent" }).click();
  await until("its end", () => server.orders.length === 2);
  expect(server.orders[1]).toMatchObject({ method: "DELETE", body: { target: "pc2/TutorAgent", by: "ann" } });
});

it("a switchover goes out only when the service's name is typed in full, and a refusal is shown in the hub's words", async () => {
  const server = await site();
  server.orderAnswer = { status: 409, body: { ok: false, text: "pc2 is not in sync, so TTSService stays" } };
  const { page } = await visit(server, signInPath);
  // By keys: what is put on the page meanwhile moves what stands below it away from a pointer.
  await page.getByText("Signed in as ann").waitFor();
  await page.locator("summary", { hasText: "services act at home" }).press("Enter");
  await page.getByRole("button", { name: "Switch over to pc2 (STTService)" }).press("Enter");
  const form = page.getByRole("form", { name: "Move STTService from mainpc to pc2" });
  const confirmation = form.getByLabel("Type STTService to confirm");
  await confirmation.fill("STTServic");
  await form.getByRole("button", { name: "Switch over" }).click();
  expect(server.orders).toEqual([]);
  await confirmation.fill("STTService");
  await form.getByRole("button", { name: "Switch over" }).click();
  await form.getByRole("alert").getByText("pc2 is not in sync, so TTSService stays").waitFor();
  expect(server.orders).toEqual([
    { method: "POST", path: "/api/v1/services/STTService/switchover", body: { to: "pc2" } },
  ]);
  expect(await confirmation.inputValue()).toBe("STTService");
  await page.keyboard.press("Escape");
  await until("the form to close", async () => (await form.count()) === 0);
});

const doesNotAnswer = "the hub that served this page does not answer; it may have done it all the same";

/** Resolves when the page has asked in vain who is signed in, and has drawn what it makes of that. */
async function asksInVain(page: Page): Promise<void> {
  await page.waitForEvent("requestfailed", (asked) => asked.url().endsWith(sessionPath) && asked.method() === "GET");
  await page.waitForTimeout(300);
}

it("an order that the hub does not answer leaves its words in the form, and whoever is signed in so", async () => {
  const server = await site();
  const { page } = await visit(server, signInPath);
  await page.getByRole("button", { name: "Begin maintenance of pc2" }).click();
  await page.getByLabel("Reason").fill("a new disk");
  for (const path of [sessionPath, "/api/v1/maintenance"]) server.cut.add(path);
  const asked = asksInVain(page);
  await page.getByRole("button", { name: "Begin", exact: true }).click();
  await asked;
  expect(await page.getByRole("alert").getByText(doesNotAnswer).count()).toBe(1);
  expect(await page.getByText("Signed in as ann").count()).toBe(1);
});

it("signing out that the hub does not answer is not taken for done", async () => {
  const server = await site();
  const { page } = await visit(server, signInPath);
  await page.getByText("Signed in as ann").waitFor();
  server.cut.add(sessionPath);
  const asked = asksInVain(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await asked;
  expect(await page.getByText(doesNotAnswer).count()).toBe(1);
  expect(await page.getByText("Signed in as ann").count()).toBe(1);
  server.cut.clear();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("Signed out").waitFor();
});

it("a page that could not ask at its start who is signed in asks once its hub feeds it again", async () => {
  const server = await site();
  const { page } = await visit(server, signInPath);
  await page.getByText("Signed in as ann").waitFor();
  server.cut.add(sessionPath);
  const asked = asksInVain(page);
  await page.reload();
  await asked;
  expect(await page.getByText("Signed in as ann").count()).toBe(0);
  server.cut.clear();
  server.hangUp();
  await page.getByText("Signed in as ann").waitFor();
});

it("an alert is silenced by its name and subject", async () => {
  const server = await site();
  const { page } = await visit(server, signInPath);
  await page.getByRole("button", { name: "Silence witness-silent nas" }).click();
  await page.getByLabel("Reason").fill("the nas moves house");
  await page.getByRole("button", { name: "Silence", exact: true }).click();
  await page.getByText("witness-silent nas is silenced for 30 min").waitFor();
  expect(server.orders[0]).toMatchObject({
    path: "/api/v1/silences",
    body: { target: "witness-silent nas", by: "ann" },
  });
});
