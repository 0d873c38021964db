import { expect, it } from "vitest";
import { DrillTold } from "../../../ops/drill/told.ts";
import type { GiveOrders } from "../../../ops/site/keep-documents.ts";
import { played } from "./played.ts";

it("each fault is told at its begin and at its end, also one that was given up", async () => {
  const said: string[] = [];
  const give: GiveOrders = async ([order]) => {
    const { phase, subject, text } = order?.body ?? {};
    said.push(`${phase} ${subject}: ${text}`);
    return [{ ok: true, text: "" }];
  };
  const drill = new DrillTold([give], "ann@desk");
  await drill.begun("hub-crash on pc2");
  await drill.played(played({ scenario: "hub-crash", machine: "pc2", recoveryMs: 812 }));
  await drill.begun("nats-crash on mainpc");
  await drill.begun("hub-freeze on mainpc");
  await drill.ended("it was ended before its end");
  await drill.ended("it was ended before its end");
  expect(said).toEqual([
    "begun pc2: hub-crash on pc2",
    "ended pc2: hub-crash on pc2: whole again after 812 ms",
    "begun mainpc: nats-crash on mainpc",
    "ended mainpc: nats-crash on mainpc: it was given up",
    "begun mainpc: hub-freeze on mainpc",
    "ended mainpc: hub-freeze on mainpc: it was ended before its end",
  ]);
});
