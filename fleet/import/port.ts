/** Reads a port as startup files write it: a number, or a number and the offset that the fleet is started with. Pure. */

const digits = /^\d{1,6}$/;
/** `${PORT_OFFSET}`, also with a default as shells have it. */
const offsetName = /^\$\{PORT_OFFSET(?::-\d+)?\}$|^\$PORT_OFFSET$/;
const variable = /\$\{?\w+/;

/** The port, or why it is none. */
export function readPort(value: unknown, offset: number): number | string {
  const port = typeof value === "number" ? value : resolve(value, offset);
  if (typeof port === "string") return port;
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  return `${port} is no port: ports are whole numbers from 1 to 65535`;
}

function resolve(value: unknown, offset: number): number | string {
  if (typeof value !== "string") return `${JSON.stringify(value)} is no port`;
  let sum = 0;
  for (const term of value.split("+").map((part) => part.trim())) {
    if (digits.test(term)) sum += Number(term);
    else if (offsetName.test(term)) sum += offset;
    else if (variable.test(term)) return `${value} cannot be resolved: only PORT_OFFSET is known here`;
    else return `${JSON.stringify(value)} is no port`;
  }
  return sum;
}
