/** Renders the supervisor's configuration on a machine, and says where its socket is in the containers of both ends. */
import type { SupervisorConfigInput } from "../hub/supervisor/config.ts";

/** The directory of the socket, in the hub's container as in the supervisor's. */
export const supervisorSocketTarget = "/run/tandem/supervisor";
export const supervisorSocket = `${supervisorSocketTarget}/supervisor.sock`;
/** Of its memory, in its own container. */
export const supervisorStateTarget = "/data";
/** Of the engine, in its own container. */
export const engineSocketTarget = "/run/docker.sock";

/** The text of supervisor.json; the same machine gives the same bytes. */
export function renderSupervisorConf(machine: string): string {
  const config: SupervisorConfigInput = {
    v: 1,
    machine,
    socket: supervisorSocket,
    // The hub is another user, of the same group.
    socketMode: "0660",
    stateFile: `${supervisorStateTarget}/epochs.json`,
    docker: { socket: engineSocketTarget },
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
