import { expect, it } from "vitest";
import type { ChannelView, NotificationsView } from "../../../hub/http/notifications-json.ts";
import { checkChannels } from "../../../ops/doctor/channels.ts";

const phone: ChannelView = {
  name: "phone",
  kind: "ntfy",
  atLeast: "urgent",
  queued: 0,
  delivered: 7,
  lastDeliveredAt: null,
  error: null,
};
const heard = { lastSaidAt: null, error: null };
const found = (channels: ChannelView[], deadMansSwitch: NotificationsView["deadMansSwitch"]) =>
  checkChannels({ machine: "mainpc", now: "", channels, deadMansSwitch }).map(({ status, found }) => [status, found]);

it("a site whose people are told, and whose switch is reached, is well", () => {
  expect(found([phone, { ...phone, name: "mail" }], heard)).toEqual([["ok", "told by phone, mail"]]);
});

it("a site without a channel, with one that fails, and without a dead-man's switch is told what it lacks", () => {
  expect(found([], heard)).toEqual([["warn", "nobody is told of alerts"]]);
  expect(found([phone, { ...phone, name: "mail", queued: 2, error: "it answered 550" }], null)).toEqual([
    ["warn", "mail fails: it answered 550; 2 wait"],
    ["warn", "nobody notices when both machines are gone"],
  ]);
  expect(found([phone], { ...heard, error: "it answered 404" })).toEqual([
    ["ok", "told by phone"],
    ["warn", "the dead-man's switch is not reached: it answered 404"],
  ]);
});

it("of a hub that does not tell, another finding tells", () => {
  expect(checkChannels(undefined)).toEqual([]);
});
