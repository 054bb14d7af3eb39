// What goes wrong, as one error.

import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.js";

/**
 * One thing wrong with a request.
 *
 * @typedef {object} Violation
 * @property {string} field Path of the field, such as `rows.units[3].answers["computers"]`.
 * @property {string} reason In capitals, for programs.
 * @property {string} description What is wrong and how to mend it, for people.
 */

/** A call that was not answered. */
export class ScorerError extends Error {
  /** @param {ConnectError} error What the transport threw. */
  constructor(error) {
    const [info] = error.findDetails(ErrorInfoSchema);
    super(error.rawMessage, { cause: error });
    this.name = "ScorerError";
    /** The gRPC status code, such as "INVALID_ARGUMENT". */
    this.code = codeName(error.code);
    /** What is wrong in one word, for programs; empty when the service did not answer at all. */
    this.reason = info?.reason ?? "";
    /**
     * What is wrong with the request, as many as were spelled out.
     * @type {Violation[]}
     */
    this.violations = error
      .findDetails(BadRequestSchema)
      .flatMap((bad) => bad.fieldViolations)
      .map(({ field, reason, description }) => ({ field, reason, description }));
    /**
     * Further facts.
     * @type {Record<string, string>}
     */
    this.metadata = { ...info?.metadata };
    /** How many violations there are in all. */
    this.violationsTotal = Number(this.metadata["violations_total"] ?? this.violations.length);
    /** By which the service's log has the call; empty when the service did not answer at all. */
    this.requestId = this.metadata["request_id"] ?? error.metadata.get("x-request-id") ?? "";
  }
}

/**
 * A status code as gRPC writes it.
 *
 * @param {Code} code
 */
function codeName(code) {
  if (code === Code.Canceled) {
    return "CANCELLED";
  }
  return Code[code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
