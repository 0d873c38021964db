/** How far agents are on their way to the hubs, and how the last drill went. */
import type { DocumentsView } from "../../http/documents-json.ts";
import { type LastDrill, lastDrillOf } from "../last-drill.ts";
import { type Migration, migrationOf } from "../migration.ts";
import { clockText, countText, durationText, listText } from "../words.ts";
import { type Look, Mark, Since } from "./look.tsx";
import { SectionHead, sectionClass } from "./section-head.tsx";

export interface ProgressProps {
  migration: DocumentsView | undefined;
  drills: DocumentsView | undefined;
  old: string | undefined;
  look: Look;
}

export function Progress({ migration, drills, old, look }: ProgressProps) {
  const moved = migration === undefined ? undefined : migrationOf(migration.documents);
  const drill = drills === undefined ? undefined : lastDrillOf(drills.documents);
  if (moved === undefined && drill === undefined) return null;
  return (
    <section class={sectionClass("progress", old)} aria-labelledby="progress-title">
      <SectionHead id="progress-title" title="Migration and drills" old={old} />
      <div class="progress-cards">
        {moved === undefined ? null : <MigrationCard migration={moved} look={look} />}
        {drill === undefined ? null : <DrillCard drill={drill} look={look} />}
      </div>
    </section>
  );
}

function MigrationCard({
  migration: { total, done, undone, underWay, waiting },
  look,
}: {
  migration: Migration;
  look: Look;
}) {
  const tone = undone.length > 0 ? "watch" : underWay.length > 0 ? "unknown" : "well";
  return (
    <article class={`card is-${tone}`}>
      <h3>
        <Mark tone={tone} />
        {` ${done} of ${countText(total, "agent")} migrated`}
      </h3>
      <svg class="bar" viewBox={`0 0 ${total} 1`} preserveAspectRatio="none" aria-hidden="true">
        <rect class="is-well" width={done} height="1" />
        <rect class="is-watch" x={done} width={undone.length} height="1" />
        <rect class="is-unknown" x={done + undone.length} width={underWay.length} height="1" />
      </svg>
      <ul>
        {underWay.slice(0, 5).map(({ agent, stage, sinceMs }) => (
          <li key={agent}>
            <strong>{agent}</strong> {stage} <Since instant={new Date(sinceMs).toISOString()} look={look} />
          </li>
        ))}
        {undone.slice(0, 5).map(({ agent, why }) => (
          <li key={agent}>
            <strong>{agent}</strong> undone{why === "" ? null : `: ${why}`}
          </li>
        ))}
        {waiting.length === 0 ? null : (
          <li>{`${countText(waiting.length, "agent")} waiting: ${listText(waiting, 3)}`}</li>
        )}
      </ul>
    </article>
  );
}

function DrillCard({ drill, look }: { drill: LastDrill; look: Look }) {
  const { at, runs, lost, breaches, failoverMs, recoveryMs, outageMs } = drill;
  const tone = breaches.length === 0 && lost === 0 ? "well" : "trouble";
  const figures: [string, number | null][] = [
    ["failover", failoverMs],
    ["longest outage", outageMs],
    ["recovery", recoveryMs],
  ];
  return (
    <article class={`card is-${tone}`}>
      <h3>
        <Mark tone={tone} />
        {` Last drill ${tone === "well" ? "passed" : "missed its bars"}`}
      </h3>
      <p class="soft">
        {`${clockText(at, look.nowMs, look.zone)} · ${countText(runs, "fault")} · ${countText(lost, "acknowledged push", "acknowledged pushes")} lost`}
      </p>
      <dl class="signs">
        {figures.map(([word, ms]) =>
          ms === null ? null : (
            <div key={word}>
              <dt>{word}</dt>
              <dd>{durationText(ms, "ms")}</dd>
            </div>
          ),
        )}
      </dl>
      <ul>
        {breaches.slice(0, 5).map((breach) => (
          <li key={breach}>{breach}</li>
        ))}
      </ul>
    </article>
  );
}
