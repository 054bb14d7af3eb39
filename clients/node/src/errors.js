// The error that the client throws, with the violations of the request.

import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.js";

/**
 * One mistake in a request.
 *
 * @typedef {object} Violation
 * @property {string} field Path of the field, such as `rows.units[3].answers["computers"]`.
 * @property {string} reason The kind of mistake in capitals, for programs.
 * @property {string} description What is wrong and how to fix it, for people.
 */

/** The error of a call that failed. */
export class ScorerError extends Error {
  /** @param {ConnectError} error The error of the transport. */
  constructor(error) {
    const [info] = error.findDetails(ErrorInfoSchema);
    super(error.rawMessage, { cause: error });
    this.name = "ScorerError";
    /** The gRPC status code, such as "INVALID_ARGUMENT". */
    this.code = codeName(error.code);
    /** The kind of error in capitals, for programs; empty if the service did not answer. */
    this.reason = info?.reason ?? "";
    /**
     * The mistakes in the request; if there are many, the first ones.
     * @type {Violation[]}
     */
    this.violations = error
      .findDetails(BadRequestSchema)
      .flatMap((bad) => bad.fieldViolations)
      .map(({ field, reason, description }) => ({ field, reason, description }));
    /**
     * Further facts, such as the request id.
     * @type {Record<string, string>}
     */
    this.metadata = { ...info?.metadata };
    /** The number of all violations. */
    this.violationsTotal = Number(this.metadata["violations_total"] ?? this.violations.length);
    /** The id of the call in the service's log; empty if the service did not answer. */
    this.requestId = this.metadata["request_id"] ?? error.metadata.get("x-request-id") ?? "";
  }
}

/**
 * The gRPC name of a status code.
 *
 * @param {Code} code
 */
function codeName(code) {
  if (code === Code.Canceled) {
    return "CANCELLED";
  }
  return Code[code].replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();
}
