/** Opens the doors that a configuration names; each connects by itself, again and again. */
import type { HubConfig } from "../../config.ts";
import type { Log } from "../../io/log.ts";
import { RouterClient } from "../../io/router-client.ts";
import { SupervisorClient } from "../../io/supervisor-client.ts";
import { Witness } from "../../io/witness.ts";
import type { Doors } from "./doors.ts";

export function openDoors({ witness, router, supervisor, machine }: HubConfig, log: Log, stop: AbortSignal): Doors {
  const doors: Doors = {};
  if (witness !== undefined) {
    const { nkeySeedFile, ...address } = witness;
    const seed = nkeySeedFile === undefined ? {} : { nkeySeedFile };
    const door = new Witness({ ...address, ...seed, name: machine.hubName }, log);
    stop.addEventListener("abort", () => void door.close());
    doors.witness = door;
  }
  if (router !== undefined) {
    const door = new RouterClient(router);
    stop.addEventListener("abort", () => door.stop());
    doors.router = door;
  }
  if (supervisor !== undefined) doors.supervisor = new SupervisorClient(supervisor.socket);
  return doors;
}
