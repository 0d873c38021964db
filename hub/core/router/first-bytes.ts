/** Tells from the first bytes of a connection whether it carries HTTP/1. */

const methods = ["GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "PATCH ", "OPTIONS "].map((text) =>
  Array.from(text, (character) => character.charCodeAt(0)),
);

/** `more` when they are the beginning of a request line, and nothing but that. */
export function kindOf(bytes: Uint8Array): "http" | "tcp" | "more" {
  let kind: "tcp" | "more" = "tcp";
  for (const method of methods) {
    const length = Math.min(method.length, bytes.length);
    if (!method.slice(0, length).every((byte, index) => byte === bytes[index])) continue;
    if (length === method.length) return "http";
    kind = "more";
  }
  return kind;
}
