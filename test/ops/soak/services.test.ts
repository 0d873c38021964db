import { describe, expect, it } from "vitest";
import { Services } from "../../../ops/soak/services.ts";

const route = (service: string, machine: string, answers: boolean, home = true) => ({
  service,
  machine,
  url: `http://${machine}/${service}/health`,
  home,
  answers,
});

describe("the services that are asked", () => {
  const made = () => {
    const told: string[] = [];
    return { told, services: new Services(({ what }) => told.push(what)) };
  };

  it("are those whose route answers, from when it does: one that is down at first is told of, and asked later", () => {
    const { told, services } = made();
    expect(services.note([route("a", "mainpc", true), route("b", "pc2", false)], 0)).toBe(true);
    expect(services.streams().map(({ name }) => name)).toEqual(["service a"]);
    expect(services.note([route("b", "pc2", false)], 60_000)).toBe(false);
    expect(services.note([route("b", "pc2", true)], 120_000)).toBe(true);
    expect(services.streams().map(({ name }) => name)).toEqual(["service a", "service b"]);
    expect(told).toEqual([
      "service b is not asked: none of its routes has answered yet",
      "service b is asked from now on",
    ]);
  });

  it("stay asked when they go down, or when no hub tells of them", () => {
    const { told, services } = made();
    services.note([route("a", "mainpc", true)], 0);
    services.note([route("a", "mainpc", false)], 60_000);
    services.note([], 120_000);
    expect(services.streams().map(({ name }) => name)).toEqual(["service a"]);
    expect(told).toEqual([]);
  });

  it("get their second address when that answers, after the one at home", () => {
    const { services } = made();
    services.note([route("a", "pc2", true, false)], 0);
    expect(services.note([route("a", "mainpc", true)], 60_000)).toBe(true);
    expect(services.streams()[0]).toMatchObject({
      targets: [{ machine: "mainpc" }, { machine: "pc2" }],
      skipLateMs: 1_000,
    });
  });
});
