/** Collects what a hub says of itself and the pair. */
import { OperatorError } from "../error.ts";
import type { Bundle } from "./bundle.ts";

const askMs = 5_000;

const endpoints = ["fleet", "ledger", "services", "maintenance", "alerts", "timeline", "status", "documents/migration"];

/** @param name of the folder in the bundle */
export async function addHub(bundle: Bundle, name: string, url: string): Promise<void> {
  await Promise.all(
    endpoints.map((what) => {
      const from = `${url}/api/v1/${what}`;
      return bundle.add(`${name}/hub/${what.replace("/", "-")}.json`, from, async () =>
        JSON.stringify(JSON.parse(await textOf(from)), null, 2),
      );
    }),
  );
  const metrics = `${url}/metrics`;
  await bundle.add(`${name}/hub/metrics.txt`, metrics, async () => ownMetrics(await textOf(metrics)));
}

/** What agents push is theirs, and of no use here. */
export function ownMetrics(text: string): string {
  return text
    .split("\n")
    .filter((line) => /^(?:# (?:HELP|TYPE) )?tandem_/.test(line))
    .join("\n");
}

async function textOf(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(askMs) }).catch(() => undefined);
  if (answer === undefined) throw new OperatorError("support.silent", "no answer", "");
  const text = await answer.text();
  if (answer.status !== 200) throw new OperatorError("support.status", `it answered ${answer.status}`, "");
  return text;
}
