/** The token by which commands give orders to hubs that were named, which take none at their port without one. */
import { readToken } from "./read-token.ts";

/** Names a file. */
export const operatorTokenVariable = "TANDEM_OPERATOR_TOKEN_FILE";

export interface OrderHeaders {
  authorization?: string;
}

/** Headers of an order; none where no file is named. @throws OperatorError when the file cannot be read or holds none */
export function orderHeaders(path = process.env[operatorTokenVariable] ?? ""): OrderHeaders {
  return path === "" ? {} : { authorization: `Bearer ${readToken(operatorTokenVariable, path)}` };
}
