import { describe, expect, it } from "vitest";
import { platformOf, toolNames, toolOf } from "../../../ops/tools/tool.ts";

describe("the catalog of tools", () => {
  it("names platforms in Go's words", () => {
    expect([platformOf("linux", "x64"), platformOf("darwin", "arm64")]).toEqual(["linux-amd64", "darwin-arm64"]);
  });

  it.each(toolNames)("pins each release of %s by a whole sha256 and an https address of that platform", (name) => {
    for (const source of toolOf(name).sources) {
      if (source.kind !== "release") continue;
      for (const [platform, release] of Object.entries(source.releases)) {
        expect(release?.sha256).toMatch(/^[0-9a-f]{64}$/);
        expect(release?.url).toMatch(/^https:\/\/github\.com\/.*\.tar\.gz$/);
        expect(release?.url).toContain(platform);
      }
    }
  });

  it("downloads and builds the same version of nats-server", () => {
    const { sources } = toolOf("nats-server");
    const urls = sources.flatMap((source) => (source.kind === "release" ? Object.values(source.releases) : []));
    const [built] = sources.flatMap((source) => (source.kind === "go" ? [source.version] : []));
    expect(urls).toHaveLength(2);
    for (const release of urls) expect(release?.url).toContain(`/${built}/`);
  });
});
