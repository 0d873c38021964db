/** The token that a request shows: as a bearer, or as the password of whatever user, as clients of a Pushgateway know it. Pure. */

/** Longer than any token of ours. */
const maxLength = 1_000;

/** @param authorization the header @returns undefined when it shows none */
export function tokenIn(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length > maxLength) return undefined;
  const space = authorization.indexOf(" ");
  const [scheme, value] = [authorization.slice(0, space).toLowerCase(), authorization.slice(space + 1).trim()];
  if (scheme === "bearer") return value === "" ? undefined : value;
  if (scheme !== "basic") return undefined;
  const pair = Buffer.from(value, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon === -1 || colon === pair.length - 1 ? undefined : pair.slice(colon + 1);
}
