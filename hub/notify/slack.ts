/** Tells a room through an incoming webhook as Slack has it, and Mattermost, Rocket.Chat and Discord (`/slack`) after it. */
import type { SlackConfig } from "./config.ts";
import { type Message, textOf, titleOf } from "./message.ts";
import { urlOf } from "./secret-text.ts";
import { sendHttp } from "./send-http.ts";

export async function tellSlack(config: SlackConfig, message: Message, signal: AbortSignal): Promise<void> {
  const text = `*${escaped(titleOf(message))}*\n${escaped(textOf(message))}`;
  const headers = { "content-type": "application/json" };
  await sendHttp(await urlOf(config), { method: "POST", headers, body: JSON.stringify({ text }) }, signal);
}

/** An agent's words must not call everybody in the room. */
const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("@", "@\u200b");
