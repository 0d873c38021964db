/** Tells a message to a channel of whichever kind. */
import type { ChannelConfig } from "./config.ts";
import type { Message } from "./message.ts";
import { tellNtfy } from "./ntfy.ts";
import { tellSlack } from "./slack.ts";
import { tellSmtp } from "./smtp.ts";
import { tellWebhook } from "./webhook.ts";

/** Resolves when the other side took it; rejects with why not, without anything secret. */
export async function tell(config: ChannelConfig, message: Message, signal: AbortSignal): Promise<void> {
  switch (config.kind) {
    case "webhook":
      return await tellWebhook(config, message, signal);
    case "ntfy":
      return await tellNtfy(config, message, signal);
    case "slack":
      return await tellSlack(config, message, signal);
    case "smtp":
      return await tellSmtp(config, message, signal);
  }
}
