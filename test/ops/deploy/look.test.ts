import { beforeEach, describe, expect, it } from "vitest";
import { lookAtHub, lookEitherWay } from "../../../ops/deploy/look.ts";
import { trust } from "../../../ops/site/trust.ts";
import { type Certified, dayMs, TlsSite } from "../../support/tls-files.ts";
import { FakePair } from "./fake-pair.ts";

let pair: FakePair;
let site: TlsSite;
beforeEach(async () => {
  pair = await FakePair.start();
  site = new TlsSite();
  return () => {
    pair.stop();
    site.remove();
  };
});
const at = (scheme: string) => `${scheme}://127.0.0.1:${pair.ports.pc2}`;
const speakTls = (plain: "all" | "none", certified?: Certified) =>
  pair.speak("pc2", { ...site.write("pc2", site.issue("pc2", certified)), plain });

describe("a look at a hub that goes over to TLS or back", { timeout: 60_000 }, () => {
  it("comes without TLS where it should have it and has none yet", async () => {
    expect(await lookAtHub(at("https"))).toMatchObject({ fleet: undefined, why: "it answers without TLS" });
    const look = await lookEitherWay(at("https"));
    expect(look).toMatchObject({ fleet: { machine: "pc2" }, url: at("http") });
    expect(look.why).toBeUndefined();
  });

  it("comes by TLS where it should have none and answers 426 to whoever asks without", async () => {
    trust(site.authority.certificate);
    await speakTls("none");
    expect((await lookAtHub(at("http"))).why).toMatch(/^426 this hub takes requests without TLS from nobody/);
    expect(await lookEitherWay(at("http"))).toMatchObject({ fleet: { machine: "pc2" }, url: at("https") });
  });

  it("comes without TLS where the hub lets in whoever asks so, be it that it speaks TLS", async () => {
    await speakTls("all");
    expect(await lookEitherWay(at("http"))).toMatchObject({ fleet: { machine: "pc2" }, url: at("http") });
  });

  it("never goes without TLS for a certificate that is not believed or has ended, and says which it is", async () => {
    await speakTls("all");
    expect(await lookEitherWay(at("https"))).toMatchObject({ fleet: undefined, url: at("https") });
    trust(site.authority.certificate);
    await speakTls("all", { now: new Date(Date.now() - 9 * dayMs), validDays: 8 });
    expect(await lookEitherWay(at("https"))).toMatchObject({ fleet: undefined, why: "certificate has expired" });
  });

  it("says why nobody answers", async () => {
    pair.stop();
    expect((await lookEitherWay(at("http"))).why).toMatch(/ECONNREFUSED/);
    expect((await lookEitherWay(at("https"))).why).toMatch(/ECONNREFUSED/);
  });
});
