import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { browse } from "./browse.ts";
import { ago, ail, fleetView, kill, ledgerView, withSatellite } from "./fixture.ts";
import { alert, alertsView, sectionsView, silence, takenOver } from "./sections-fixture.ts";

const { serve, visit } = browse();
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Axe looks at some 2,000 elements five times. */
const axeDeadlineMs = 240_000;

/** What axe finds serious or critical, each with where it stands. */
async function seriousIn(page: Page): Promise<string[]> {
  // Not as a script of the page, which its policy forbids.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(async (): Promise<AxeResults> => {
    const { axe: run } = globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }; // put there above
    return await run.run({ resultTypes: ["violations"] });
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`),
    );
}

const troubled = () => ({
  ...sectionsView(),
  services: takenOver(sectionsView().services),
  silences: [silence("witness-silent")],
  alerts: alertsView(
    alert("machine-lost", "mainpc", "Hub, NATS and Pushgateway do not answer", { impact: "One copy is all there is." }),
    alert("witness-silent", "nas", "The witness does not answer", { severity: "warning" }),
  ),
});

for (const colorScheme of ["light", "dark"] as const)
  it(
    `axe finds nothing serious in the ${colorScheme} theme: trouble with all sections, an open form, a chosen agent and the past; all well; a runbook`,
    async () => {
      const ill = kill(ail(withSatellite(fleetView()), "unhealthy", "refused", "TutorAgent"), "mainpc");
      const server = await serve(
        { ...ill, maintenance: [silence("pc2/TutoringAgent")] },
        ledgerView("pc2", 214),
        troubled(),
      );
      server.signIn = { code: "once", session: { by: "ann", until: ago(-3_600_000) } };
      // Without motion the colours are final at once.
      const options = { colorScheme, reducedMotion: "reduce" } as const;
      const { page } = await visit(server, "/#sign-in=once", options);
      await page.getByRole("button", { name: "Begin maintenance of pc2" }).click();
      await page.getByRole("form").waitFor();
      expect(await seriousIn(page)).toEqual([]);
      await page.locator('[data-agent="mainpc/SystemDigitalTwin"]').click();
      await page.getByRole("complementary").waitFor();
      await page.locator("#history-title").scrollIntoViewIfNeeded();
      await page.locator(".history canvas").first().waitFor();
      expect(await seriousIn(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByRole("slider").press("PageDown");
      await page.getByRole("region", { name: /^As it was at/ }).waitFor();
      expect(await seriousIn(page)).toEqual([]);
      const well = await serve(fleetView(), ledgerView(), sectionsView());
      const { page: calm } = await visit(well, "/", options);
      await calm.locator("summary", { hasText: "services act at home" }).click();
      expect(await seriousIn(calm)).toEqual([]);
      await calm.goto(`${well.url}/runbooks/hub-lost?subject=mainpc`);
      await calm.locator("h1", { hasText: "hub-lost" }).waitFor();
      expect(await seriousIn(calm)).toEqual([]);
    },
    axeDeadlineMs,
  );
