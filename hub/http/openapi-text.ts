/** The OpenAPI document as it is sent: inside the bundle when there is one, since making it takes a hub a tenth of a second. */
import { openApiDocument } from "./openapi.ts";

declare const TANDEM_OPENAPI: string | undefined;

let fromSource: string | undefined;

export function openApiText(version: string): string {
  if (typeof TANDEM_OPENAPI !== "undefined") return TANDEM_OPENAPI;
  fromSource ??= JSON.stringify(openApiDocument(version));
  return fromSource;
}
