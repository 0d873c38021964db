import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { TlsFiles } from "../../../hub/tls/tls-files.ts";
import type { Issued } from "../../../ops/init/certificates.ts";
import { certificateAuthority, dayMs, TlsSite } from "../../support/tls-files.ts";

let site: TlsSite;
beforeAll(() => {
  site = new TlsSite();
}, 60_000);
afterAll(() => site.remove());
afterEach(() => vi.useRealTimers());

const serialOf = (pem = "") => new X509Certificate(pem).serialNumber;

describe("the files of a hub's certificate", { timeout: 120_000 }, () => {
  it("keep the valid one in use until the new one is valid, 2 days later", () => {
    const first = site.issue("mainpc", { validDays: 3 });
    const next = site.issue("mainpc", { now: new Date(Date.now() + 2 * dayMs) });
    const files = new TlsFiles(site.write("mainpc", first), "mainpc");
    expect([files.look(), files.complaint]).toEqual([true, undefined]);
    site.write("mainpc", next);
    expect([files.look(), files.look()]).toEqual([true, false]);
    expect(serialOf(files.material?.cert)).toBe(serialOf(first.certificate));
    expect(files.complaint).toMatch(/mainpc\.pem is not valid before \d{4}-\d\d-\d\dT/);
    vi.setSystemTime(Date.now() + 2 * dayMs);
    expect([files.look(), files.complaint]).toEqual([true, undefined]);
    expect(serialOf(files.material?.cert)).toBe(serialOf(next.certificate));
  });

  it("take one that is not valid yet where none is in use, or that one has ended", () => {
    const next = site.issue("mainpc", { now: new Date(Date.now() + 2 * dayMs) });
    const files = new TlsFiles(site.write("mainpc", next), "mainpc");
    expect([files.look(), files.complaint]).toEqual([true, undefined]);
    const ended = site.issue("mainpc", { now: new Date(Date.now() - 3 * dayMs), validDays: 2 });
    const others = new TlsFiles(site.write("pc2", ended), "mainpc");
    others.look();
    site.write("pc2", next);
    expect([others.look(), others.complaint]).toEqual([true, undefined]);
  });

  describe("of a CA that another one has issued", () => {
    let root: Issued;
    let between: Issued;
    let own: Issued;
    beforeAll(() => {
      root = certificateAuthority("root");
      between = certificateAuthority("between", root);
      own = site.issue("mainpc", { authority: between });
    }, 60_000);

    const complaintOf = (chain: readonly Issued[], ca: readonly Issued[]) => {
      const pem = (each: readonly Issued[]) => each.map(({ certificate }) => certificate).join("");
      const files = new TlsFiles(site.write("mainpc", { ...own, certificate: pem(chain) }, pem(ca)), "mainpc");
      files.look();
      return files.complaint?.replaceAll(site.folder, "");
    };
    /** As a peer, or a command of tandem, does. */
    const isBelieved = async (chain: readonly Issued[], ca: readonly Issued[]) => {
      const cert = chain.map(({ certificate }) => certificate).join("");
      const server = createServer({ cert, key: own.privateKey }).listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo; // it listens on a port
      const socket = connect({ host: "127.0.0.1", port, ca: ca.map(({ certificate }) => certificate) });
      onTestFinished(() => {
        socket.destroy();
        server.close();
      });
      return await new Promise<boolean>((resolve) => {
        socket.once("secureConnect", () => resolve(true)).once("error", () => resolve(false));
      });
    };

    it("are taken with the root as CA, and refused with that CA alone, as whoever is shown them does", async () => {
      const noRoot = "/mainpc.ca holds no CA that has issued itself, and none that another CA has issued is believed";
      const notIssued = "the CA of /mainpc.ca has not issued /mainpc.pem";
      const other = certificateAuthority("other");
      const cases: [Issued[], Issued[], string | undefined][] = [
        [[own, between], [root], undefined],
        [[own], [between, root], undefined],
        [[own], [between], noRoot],
        [[own, between], [between], noRoot],
        [[own, between], [other], notIssued],
        [[own], [root], notIssued],
        [[own], [between, other], notIssued],
      ];
      for (const [chain, ca, why] of cases) {
        expect(complaintOf(chain, ca)).toBe(why);
        expect(await isBelieved(chain, ca)).toBe(why === undefined);
      }
    });

    it("are refused where what leads to the CA does not lead from the certificate", () => {
      expect(complaintOf([own, between], [site.authority])).toMatch(/has not issued/);
      const stranger = site.issue("pc2");
      expect(complaintOf([own, stranger], [site.authority])).toMatch(/has not issued/);
    });
  });
});
