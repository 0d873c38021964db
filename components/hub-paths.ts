/** Where a hub's container has what outlives it. */
import { orderSocketIn } from "../hub/http/order-socket.ts";

export const dataTarget = "/data";
export const spoolPath = `${dataTarget}/spool`;
/** What it must know again after its start. */
export const statePath = `${dataTarget}/state`;
/** Where it takes orders. */
export const orderSocket = orderSocketIn(statePath);
