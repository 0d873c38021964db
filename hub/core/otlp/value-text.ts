/** Writes the values of attributes that are no text: alone as a label shows them, inside another value as JSON. */

/** Numbers that JSON does not have are named as protobuf's JSON names them. */
export const numberText = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

export const jsonNumber = (value: number): string =>
  Number.isFinite(value) ? numberText(value) : JSON.stringify(String(value));

export const bytesText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
