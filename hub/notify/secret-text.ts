/** Reads what is secret from its file at each use, so that a renewed one counts at once, and never repeats it in an error. */
import { readFile } from "node:fs/promises";

const maxBytes = 64 * 1024;

/** Without the line end. Rejects with the path and the reason. */
export async function secretText(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${path} cannot be read: ${error.code}`);
  });
  const secret = text.trim();
  if (secret === "" || secret.length > maxBytes) throw new Error(`${path} holds no secret`);
  // In a header they are refused with an error that repeats the whole of it.
  if (/\p{Cc}/u.test(secret)) throw new Error(`${path} holds more than one line, or other control characters`);
  return secret;
}

/** Where a channel is. */
export interface Address {
  url: URL;
  /** It came from a file: nothing of it, nor of what is answered there, is repeated. */
  isSecret: boolean;
}

/** Of a channel. Rejects when the file holds none. */
export async function urlOf({
  url,
  urlFile,
}: {
  url?: string | undefined;
  urlFile?: string | undefined;
}): Promise<Address> {
  const text = urlFile === undefined ? url : await secretText(urlFile);
  const parsed = URL.parse(text ?? "");
  if (parsed?.protocol === "http:" || parsed?.protocol === "https:")
    return { url: parsed, isSecret: urlFile !== undefined };
  throw new Error(`${urlFile ?? "url"} holds no http or https URL`);
}
