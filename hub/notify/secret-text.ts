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
  return secret;
}

/** Of a channel. Rejects when the file holds none. */
export async function urlOf({
  url,
  urlFile,
}: {
  url?: string | undefined;
  urlFile?: string | undefined;
}): Promise<URL> {
  const text = urlFile === undefined ? url : await secretText(urlFile);
  const parsed = URL.parse(text ?? "");
  if (parsed?.protocol === "http:" || parsed?.protocol === "https:") return parsed;
  throw new Error(`${urlFile ?? "url"} holds no http or https URL`);
}
