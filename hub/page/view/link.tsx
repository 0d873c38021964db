/** What joins the machines: whether their records are in sync, and the ledger that counts them. */
import type { FleetView, LedgerLine, LedgerView } from "../../http/api.ts";
import { ageText, countText, numberText } from "../words.ts";
import { type Look, Mark, Since, type Tone } from "./look.tsx";

export interface LinkProps {
  fleet: FleetView;
  ledger: LedgerView;
  look: Look;
}

export function Link({ fleet, ledger, look }: LinkProps) {
  const { sync, machine, machines } = fleet;
  const peer = Object.entries(machines).find(([name]) => name !== machine)?.[1];
  const lost = peer === undefined || peer.hub.verdict === "dead" || peer.nats.verdict === "dead";
  const tone: Tone = sync.state === "in-sync" ? "well" : lost ? "trouble" : "watch";
  return (
    <section class={`link is-${tone}`} aria-labelledby="link-title">
      <h3 id="link-title" class="unseen">
        The link
      </h3>
      <p class="sync">
        <Mark tone={tone} />
        {sync.state === "in-sync" ? "in sync" : "degraded"}
      </p>
      <Since instant={sync.since} look={look} />
      {sync.reason === "" ? null : <p class="link-why">{sync.reason}</p>}
      <p class="uncopied">{uncopiedText(machine, sync, look)}</p>
      <p class="ledger">
        {`missing ${numberText(ledger.missing)} · duplicates ${numberText(ledger.duplicates)} · copies ${ledger.copies}`}
      </p>
    </section>
  );
}

function uncopiedText(machine: string, { uncopied, oldestUncopiedMs }: FleetView["sync"], look: Look): string {
  if (uncopied === 0) return `every record of ${machine} is copied`;
  const single = `${countText(uncopied, "record")} ${uncopied === 1 ? "has" : "have"} one copy`;
  return oldestUncopiedMs === null
    ? single
    : `${single}, the oldest for ${ageText(oldestUncopiedMs + look.heardAgoMs)}`;
}

const columns: readonly (keyof LedgerLine)[] = ["stored", "copied", "pending", "missing", "duplicates"];

export function LedgerLines({ lines }: { lines: readonly LedgerLine[] }) {
  return (
    <details class="ledger-lines">
      <summary>Ledger by stream</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">origin</th>
            <th scope="col">stream</th>
            {columns.map((column) => (
              <th key={column} scope="col" class="number">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={`${line.origin}/${line.stream}`}>
              <th scope="row">{line.origin}</th>
              <td>{line.stream}</td>
              {columns.map((column) => (
                <td key={column} class="number">
                  {numberText(Number(line[column]))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
