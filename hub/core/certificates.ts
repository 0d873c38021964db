/** Says how bad it is that certificates end, or that a new one cannot be used. Pure. */

export interface CertificateSight {
  /** For people. @example "the certificate of mainpc's hub" */
  what: string;
  /** Wall ms; undefined when none was ever read. */
  endsAtMs: number | undefined;
  /** Why what is in its file is not in use. */
  complaint: string | undefined;
  /** For how long that has been so, ms; 0 without. */
  complainedForMs: number;
}

export interface CertificateTrouble {
  severity: "urgent" | "warning";
  message: string;
}

const dayMs = 86_400_000;
export const warnBeforeMs = 30 * dayMs;
export const urgeBeforeMs = 7 * dayMs;
/** Certificate and key are written one after the other, by a deployment that does more in between. */
export const complaintLastsMs = 60_000;

/** @returns undefined when all is well, and `unclear` while a complaint is new */
export function troubleOf(
  certificates: readonly CertificateSight[],
  nowMs: number,
): CertificateTrouble | "unclear" | undefined {
  const troubles = certificates.flatMap((each) => [...endTrouble(each, nowMs), ...useTrouble(each)]);
  if (troubles.length === 0)
    return certificates.some(({ complaint }) => complaint !== undefined) ? "unclear" : undefined;
  const severity = troubles.some((each) => each.severity === "urgent") ? "urgent" : "warning";
  return { severity, message: troubles.map(({ message }) => message).join("; ") };
}

function endTrouble({ what, endsAtMs }: CertificateSight, nowMs: number): CertificateTrouble[] {
  if (endsAtMs === undefined) return [];
  const leftMs = endsAtMs - nowMs;
  if (leftMs > warnBeforeMs) return [];
  const day = new Date(endsAtMs).toISOString().slice(0, 10);
  const message =
    leftMs <= 0 ? `${what} ended on ${day}` : `${what} ends in ${Math.floor(leftMs / dayMs)} d, on ${day}`;
  return [{ severity: leftMs <= urgeBeforeMs ? "urgent" : "warning", message }];
}

function useTrouble({ what, endsAtMs, complaint, complainedForMs }: CertificateSight): CertificateTrouble[] {
  if (complaint === undefined || complainedForMs < complaintLastsMs) return [];
  const meanwhile = endsAtMs === undefined ? "there is none" : "the one before it is in use";
  return [{ severity: endsAtMs === undefined ? "urgent" : "warning", message: `${what}: ${complaint}; ${meanwhile}` }];
}
