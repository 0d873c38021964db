/** What `tandem secrets rotate` can exchange, in words. */
export const targets = {
  "hub-keys": "by which NATS and the witness know the hubs, and with them those that seal the hubs' beats",
  certificates: "of the link, by the kept CA",
  ca: "and with it the certificates; three deployments, so that the link stays up",
  "operator-key": "by which NATS knows operators",
  "agent-keys": "by which NATS knows agents; they are cut off from it until they have the new seeds",
  passphrase: "of the stacks, to that in --new-passphrase-file; by itself",
} as const;
export type Target = keyof typeof targets;
/** When nothing else is said. */
export const usual: readonly Target[] = ["hub-keys", "certificates", "operator-key"];
