/** What a run was asked for, where a test is about something else. */
import { parseBars } from "../../../ops/soak/bars.ts";
import { type Asked, runVersion, type Settings } from "../../../ops/soak/settings.ts";

export const asked: Asked = {
  hours: 168,
  target: { kind: "own-pair", agents: "pilots", portOffset: null },
  pushesPerSecond: 20,
  checkpointMinutes: 60,
  chaos: 0,
  scenarios: [],
  holdSeconds: 8,
  bars: parseBars([]),
};

export const settingsWith = (changes: Partial<Settings> = {}): Settings => ({
  ...asked,
  v: runVersion,
  run: "soak-1",
  startedAt: "2026-01-01T00:00:00.000Z",
  publicKey: "",
  seed: 1,
  copies: true,
  hubUrls: [],
  starts: 1,
  ...changes,
});
