/** The documented way of hub files from before TLS, run as it stands there. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { hubFileOf, renderHubFile } from "../../fleet/hub-file.ts";
import { requireFleet } from "../../fleet/load.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/access.md"), "utf8");

it.runIf(process.platform === "linux")(
  "the command of access.md gives both hubs' addresses TLS, and leaves those of services alone",
  () => {
    const [, command = ""] = /tandem ssh \$machine --root -- '(sed -i .*)'\n/.exec(page) ?? [];
    const fleet = requireFleet();
    const rendered = fleet.agents
      .filter(({ isHub }) => !isHub)
      .map((agent) => {
        const text = (scheme: string) =>
          renderHubFile(
            hubFileOf({
              agent,
              fleet,
              revision: 3,
              stage: "dual",
              hubUrl: (machine) => `${scheme}://${machine}.example.org:9000`,
              routeUrl: (machine, route) => `http://${machine}.example.org:${route}`,
            }),
          );
        return { name: `${agent.machine}-${agent.name}`, before: text("http"), after: text("https") };
      });
    expect(rendered.some(({ before }) => Object.keys(JSON.parse(before).services).length > 0)).toBe(true);
    const folder = mkdtempSync(join(tmpdir(), "tandem-hub-files-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    for (const { name, before } of rendered) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "hubs.json"), before);
    }
    execFileSync("sh", ["-ec", command.replace("/etc/tandem/hubs", folder)]);
    for (const { name, after } of rendered) expect(readFileSync(join(folder, name, "hubs.json"), "utf8")).toBe(after);
  },
);
