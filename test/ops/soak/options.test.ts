import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { askedOf, givenOptions, requireEffect, type SoakOptions } from "../../../ops/soak/options.ts";
import { registerSoak } from "../../../ops/soak.ts";

/** As the command itself reads them, without doing anything. */
function read(...args: string[]) {
  const program = new Command();
  registerSoak(program);
  const soak = program.commands[0] as Command; // registered a line above
  soak.parseOptions(args);
  const given = givenOptions(soak);
  const options = soak.opts<SoakOptions>();
  requireEffect(given, options);
  return { given, options };
}
const asked = (...args: string[]) => {
  const { given, options } = read(...args);
  return askedOf(options, given);
};

describe("an option that would do nothing is refused", () => {
  it.each([
    ["--resume x --hours 3", "--hours would do nothing with --resume"],
    ["--resume x --bar cpu=3 --out y", "--out and --bar would do nothing with --resume"],
    ["--own-pair --hub http://127.0.0.1:1", "--hub would do nothing with --own-pair"],
    ["--own-pair --data x --dir y", "--data and --dir would do nothing with --own-pair"],
    ["--agents none", "--agents would do nothing without --own-pair"],
    ["--port-offset 3", "--port-offset would do nothing without --own-pair"],
    ["--own-pair --scenario hub-crash", "--scenario would do nothing without --chaos"],
    ["--own-pair --hold-seconds 3 --seed 4", "--hold-seconds and --seed would do nothing without --chaos"],
    ["--hours 3 --minutes 4", "--hours would do nothing beside --minutes"],
    ["--hub http://127.0.0.1:1 --data x", "--data would do nothing beside --hub"],
    ["--data x --stack a b", "--stack would do nothing beside --data"],
  ])("%s", (args, what) => {
    expect(() => read(...args.split(" "))).toThrow(what);
  });

  it("and one that is left at its default is not", () => {
    expect(() => read("--resume", "x", "--json")).not.toThrow();
    expect(() => read("--own-pair", "--chaos", "4", "--scenario", "hub-crash", "--seed", "3")).not.toThrow();
  });
});

describe("what is asked for", () => {
  it("is no fault that a soak cannot play, nor one that there is none of", () => {
    const chaos = ["--own-pair", "--chaos", "4", "--scenario"];
    expect(() => asked(...chaos, "disk-full")).toThrow("a soak cannot play disk-full");
    expect(() => asked(...chaos, "hub-crsh")).toThrow("There is no scenario hub-crsh");
    expect(asked(...chaos, "disk-full", "hub-crash").scenarios).toEqual(["disk-full", "hub-crash"]);
  });

  it("is the stacks that were named, whatever runs here", () => {
    expect(asked("--stack", "mainpc", "pc2").target.kind).toBe("site");
  });
});
