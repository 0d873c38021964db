import { describe, expect, it } from "vitest";
import type { ServiceJson } from "../../../hub/http/api.ts";
import { whereCode, whereText } from "../../../ops/services/where.ts";
import { service } from "./service.ts";

const hub = (url: string, ...services: ServiceJson[]) => ({ url, services });
const silent = { url: "http://b", services: undefined };

describe("where services act", () => {
  it("is well when both hubs name one owner, and when only one hub answers", () => {
    expect(whereCode([hub("http://a", service()), hub("http://b", service({ acts: false }))])).toBe(0);
    expect(whereCode([hub("http://a", service()), silent])).toBe(0);
  });

  it("is 1 when a service is held or the hubs differ about its epoch, 2 when no hub answers", () => {
    expect(whereCode([hub("http://a", service({ state: "held" }))])).toBe(1);
    expect(whereCode([hub("http://a", service()), hub("http://b", service({ owner: "pc2", epoch: 5 }))])).toBe(1);
    expect(whereCode([silent, silent])).toBe(2);
  });

  it("is a line a service with the address of its owner's instance, and says who is silent and what differs", () => {
    const away = service({ owner: "pc2", epoch: 5, state: "away", reason: "its home is dead" });
    expect(whereText([hub("http://a", away), silent])).toBe(
      [
        "service  on   epoch  state  home    mode  writer  address           health     why",
        "Twin     pc2  5      away   mainpc  warm  single  192.0.2.20:12020  unhealthy  its home is dead",
        "no answer from http://b",
      ].join("\n"),
    );
    expect(whereText([hub("http://a", away), hub("http://b", service())])).toContain("the hubs differ about Twin");
  });
});
