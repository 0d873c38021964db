/** Tells from its form that a text is a secret, for those that nobody has listed. Text in, word out. */

const forms: readonly [RegExp, string][] = [
  // S, the kind (user, account, operator, server, cluster, curve), 56 characters of base32.
  [/\bS[UAONCX][A-Z2-7]{56}\b/, "the seed of an NKey"],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, "a private key"],
  [/\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/, "a URL with a password"],
];

const secretName = /(^|[_.-])(password|passwd|passphrase|secret|token|seed|api_?key|private_?key|credentials?)$/i;

/**
 * What it looks like; undefined when it does not look like a secret.
 * @param name under which it stands @example "API_TOKEN"
 */
export function looksSecret(text: string, name = ""): string | undefined {
  const form = forms.find(([pattern]) => pattern.test(text))?.[1];
  if (form !== undefined) return form;
  // A path says where the secret is, which is as it should be.
  return secretName.test(name) && text !== "" && !text.startsWith("/") ? "what by its name is a secret" : undefined;
}
