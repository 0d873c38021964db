/** Tells phones through an ntfy server. */
import type { NtfyConfig } from "./config.ts";
import { type Message, textOf, titleOf } from "./message.ts";
import { secretText, urlOf } from "./secret-text.ts";
import { sendHttp } from "./send-http.ts";

/** 5 rings through; 4 makes a sound; 3 is an ordinary one. */
const priorityOf = ({ kind, severity }: Message): number =>
  kind === "resolved" || kind === "settled" ? 3 : severity === "urgent" ? 5 : 4;

const tags: Partial<Record<Message["kind"], string>> = { resolved: "white_check_mark", test: "bell" };

/** As JSON to the server's root: a header takes no letters beyond ASCII. */
export async function tellNtfy(config: NtfyConfig, message: Message, signal: AbortSignal): Promise<void> {
  const { url, isSecret } = await urlOf(config);
  const folders = url.pathname.split("/").filter((part) => part !== "");
  const topic = folders.pop();
  if (topic === undefined) throw new Error("the URL names no topic");
  url.pathname = `/${folders.join("/")}`;
  const body = JSON.stringify({
    topic: decodeURIComponent(topic),
    title: titleOf(message),
    message: textOf(message),
    priority: priorityOf(message),
    tags: [tags[message.kind] ?? (message.severity === "urgent" ? "rotating_light" : "warning")],
    click: message.page,
  });
  const token = config.tokenFile === undefined ? undefined : await secretText(config.tokenFile);
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  await sendHttp({ url, isSecret }, { method: "POST", headers, body }, signal);
}
