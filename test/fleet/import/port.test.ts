import { describe, expect, it } from "vitest";
import { readPort } from "../../../fleet/import/port.ts";
import { variable } from "./fixture.ts";

describe("a port of a startup file", () => {
  it.each([
    [7200, 0, 7200],
    ["7200", 500, 7200],
    [`${variable("PORT_OFFSET")}+7200`, 0, 7200],
    [`${variable("PORT_OFFSET")}+7200`, 1000, 8200],
    [` ${variable("PORT_OFFSET")} + 7200 `, 10, 7210],
    [`7200+${variable("PORT_OFFSET:-0")}`, 1, 7201],
    ["$PORT_OFFSET+7200", 2, 7202],
  ])("%s with offset %i is %i", (value, offset, port) => {
    expect(readPort(value, offset)).toBe(port);
  });

  it.each([
    [
      `${variable("BASE_PORT")}+7200`,
      `${variable("BASE_PORT")}+7200 cannot be resolved: only PORT_OFFSET is known here`,
    ],
    ["seven", '"seven" is no port'],
    ["", '"" is no port'],
    [null, "null is no port"],
    [0, "0 is no port: ports are whole numbers from 1 to 65535"],
    [7200.5, "7200.5 is no port: ports are whole numbers from 1 to 65535"],
    [`${variable("PORT_OFFSET")}+65000`, "66000 is no port: ports are whole numbers from 1 to 65535"],
  ])("%s is none, and it says why", (value, why) => {
    expect(readPort(value, 1000)).toBe(why);
  });
});
