import { expect, it } from "vitest";
import { hubTuning } from "../../components/hub-tuning.ts";
import { Machine } from "../../components/machine.ts";
import type { Site } from "../../components/site.ts";
import { parseStackConfig } from "../../components/stack-config.ts";
import { HubConfig } from "../../hub/config.ts";
import { named, recordResources, settled, stackValues } from "./recorder.ts";
import { sampleBundles } from "./sample-bundles.ts";

const notifications = {
  channels: [
    {
      kind: "ntfy",
      name: "phone",
      url: "https://ntfy.example.org/tandem",
      tokenSecret: "phone-token",
      atLeast: "urgent",
    },
    { kind: "slack", name: "room", urlSecret: "room-url" },
    {
      kind: "smtp",
      name: "mail",
      host: "mail.example.org",
      user: "tandem",
      passwordSecret: "mail-password",
      from: "tandem@example.org",
      to: ["ann@example.org"],
    },
  ],
  deadMansSwitch: { urlSecret: "switch-url", everySeconds: "30" },
};
const secrets = {
  "phone-token": "tk_0123456789",
  "room-url": "https://hooks.example.org/T0/B0/0123456789",
  "mail-password": "correct horse 0123",
  "switch-url": "https://hc.example.org/0123456789",
};

const siteOf = (value: unknown): Site => parseStackConfig({ ...stackValues("pc2"), notifications: value }, "pc2");

async function made(site: Site, given: Record<string, string>) {
  const recorded = await recordResources("pc2");
  const fleet = { inventories: [], batches: [], agents: [] };
  const machine = new Machine("pc2", { site, fleet, bundles: sampleBundles(), notificationSecrets: given });
  await settled(machine);
  return recorded;
}

it("a mail server's own CA is named like a secret, and read from its file", () => {
  const channel = {
    kind: "smtp",
    name: "mail",
    host: "mail.example.org",
    caSecret: "mail-ca",
    from: "a@b",
    to: ["c@d"],
  };
  const parsed = HubConfig.shape.notifications.parse(hubTuning(siteOf({ channels: [channel] })).notifications);
  expect(parsed.channels).toMatchObject([{ caFile: "/etc/tandem/notification-secrets/mail-ca" }]);
});

it("what a stack says of channels is what its hub reads, each secret as a file in a directory of the hub's alone", () => {
  const { notifications: conf } = hubTuning(siteOf(notifications));
  const parsed = HubConfig.shape.notifications.parse(conf);
  const at = (name: string) => `/etc/tandem/notification-secrets/${name}`;
  expect(parsed.channels).toEqual([
    {
      kind: "ntfy",
      name: "phone",
      url: "https://ntfy.example.org/tandem",
      tokenFile: at("phone-token"),
      atLeast: "urgent",
    },
    { kind: "slack", name: "room", urlFile: at("room-url"), atLeast: "warning" },
    {
      kind: "smtp",
      name: "mail",
      atLeast: "warning",
      host: "mail.example.org",
      port: 587,
      tls: "starttls",
      user: "tandem",
      passwordFile: at("mail-password"),
      from: "tandem@example.org",
      to: ["ann@example.org"],
    },
  ]);
  expect(parsed.deadMansSwitch).toEqual({ urlFile: at("switch-url"), everySeconds: 30 });
  expect(hubTuning(siteOf({}))).not.toHaveProperty("notifications");
});

it("each secret reaches the machine by encrypted standard input, and stands nowhere else", async () => {
  const recorded = await made(siteOf(notifications), secrets);
  for (const [name, value] of Object.entries(secrets)) {
    const holders = recorded.filter(({ inputs }) => JSON.stringify(inputs).includes(value));
    expect(holders.map((each) => each.name)).toEqual([`pc2-notify-${name}-write`]);
    expect(holders[0]?.secrets).toContain("stdin");
    expect(JSON.stringify(holders[0]?.inputs.create)).not.toContain(value);
  }
  expect(named(recorded, "tandem-pc2-hub").inputs.mounts).toContainEqual({
    type: "bind",
    source: "/etc/tandem/secrets/notifications",
    target: "/etc/tandem/notification-secrets",
    readOnly: true,
  });
});

it("a secret that the stack does not have is named with how to set it, before the hub is made", async () => {
  await expect(made(siteOf(notifications), { ...secrets, "mail-password": undefined as never })).rejects.toThrow(
    "notifications of pc2 name the secret mail-password, but the stack has none of this name",
  );
});

it("what a channel's kind does not have, or needs, is refused by its key", () => {
  const refused = (channel: object) => () => siteOf({ channels: [channel] });
  expect(refused({ kind: "slack", name: "room" })).toThrow(
    "tandem:notifications.channels[0] in Pulumi.pc2.yaml: expected either url or urlSecret",
  );
  expect(refused({ kind: "slack", name: "room", urlSecret: "a", host: "mail" })).toThrow(
    /notifications\.channels\[0\].*nothing that its kind does not have: Unrecognized key: "host"/,
  );
  expect(refused({ kind: "smtp", name: "mail", from: "a@b", to: ["c@d"] })).toThrow(
    /notifications\.channels\[0\]\.host/,
  );
  expect(refused({ kind: "pager", name: "a" })).toThrow(/expected webhook, ntfy, slack or smtp; got something else/);
});
