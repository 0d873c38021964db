import { expect, it } from "vitest";
import { PeerVoice } from "../../../../hub/core/notify/peer-voice.ts";

const full = { incarnation: "a", maintenance: [] };
const notify = { channels: [], told: [] };

it("a peer that speaks of maintenance three times and never of notifications is an older one, until it speaks", () => {
  const voice = new PeerVoice();
  expect([full, { incarnation: "a" }, full, full].map((report) => voice.isOlder(report))).toEqual([
    false,
    false,
    false,
    true,
  ]);
  expect(voice.isOlder({ ...full, notify })).toBe(false);
  expect([full, full, full, full].map((report) => voice.isOlder(report))).toEqual([false, false, false, false]);
});

it("a peer that is put back to an older version is found out by its next incarnation", () => {
  const voice = new PeerVoice();
  expect(voice.isOlder({ ...full, notify })).toBe(false);
  const older = { ...full, incarnation: "b" };
  expect([older, older, older].map((report) => voice.isOlder(report))).toEqual([false, false, true]);
});
