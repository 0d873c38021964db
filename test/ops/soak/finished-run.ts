/** The folder of a run of an hour that is over, with two checkpoints and its reports, as `tandem soak` leaves it. */
import { RunRecord } from "../../../ops/soak/record.ts";
import { reportTexts, writeTexts } from "../../../ops/soak/report/write.ts";
import type { Asked } from "../../../ops/soak/settings.ts";
import type { Slice } from "../../../ops/soak/slice.ts";
import { Store } from "../../../ops/soak/store.ts";
import type { Target } from "../../../ops/soak/target.ts";
import { asked } from "./settings.ts";
import { minuteMs, sliceAt, startMs } from "./slices.ts";

export const hour: Asked = { ...asked, hours: 1 };

/** @param change what a test is about @param target pair that was soaked @default one of its own */
export function finishRun(
  dir: string,
  change: (minute: number) => Partial<Slice> = () => ({}),
  target: Target = hour.target,
): Store {
  const store = Store.open(dir, { asked: { ...hour, target }, copies: true });
  if (target.kind !== "own-pair") store.rememberHubs(target.hubUrls);
  const record = new RunRecord(store);
  record.tell({ atMs: startMs, toMs: null, kind: "start", what: "the soak began" });
  for (let minute = 0; minute < 60; minute++) {
    record.add(sliceAt(minute, change(minute)));
    if (minute === 29) record.checkpoint();
  }
  record.tell({ atMs: startMs + 60 * minuteMs, toMs: null, kind: "stop", what: "the soak ended" });
  record.checkpoint();
  writeTexts(dir, reportTexts(record.source()));
  return store;
}
