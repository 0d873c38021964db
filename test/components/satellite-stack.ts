/** The stack of a satellite as `tandem init --satellite` writes it, with the project's defaults as the engine adds them. */
import { withDefaults } from "./recorder.ts";

export const satelliteKeys = {
  role: "satellite",
  machine: { name: "nas", address: "192.0.2.30" },
  hubs: [
    { name: "mainpc", address: "192.0.2.10", hubPort: 9000 },
    { name: "pc2", address: "192.0.2.20", hubPort: 9100 },
  ],
  ssh: { hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOlclmHBK66h2cCUha/IRAM2RW//bGP7JIgef3aYN4CF" },
};

export const satelliteValues = (more: Record<string, unknown> = {}): Record<string, unknown> =>
  withDefaults({ ...satelliteKeys, ...more });
