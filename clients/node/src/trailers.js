// Damaged trailers of replies, for example by a proxy.

import { decodeBinaryHeader } from "@connectrpc/connect";
import { StatusSchema } from "../gen/google/rpc/status_pb.js";

const DETAILS = "grpc-status-details-bin";
const MESSAGE = "grpc-message";

/**
 * Removes error details that cannot be read or belong to another status, and makes the message readable. Otherwise
 * connect-node would report the damage instead of the call's own status.
 *
 * @param {import("node:http2").IncomingHttpHeaders} trailers Changed in place.
 */
export function repairTrailers(trailers) {
  if (DETAILS in trailers && statusOf(trailers[DETAILS]) !== Number(trailers["grpc-status"])) {
    delete trailers[DETAILS];
  }
  if (MESSAGE in trailers && !isEncoded(trailers[MESSAGE])) {
    trailers[MESSAGE] = encodeURIComponent(String(trailers[MESSAGE]));
  }
}

/**
 * The status code in error details; undefined if they cannot be read.
 *
 * @param {unknown} details
 */
function statusOf(details) {
  try {
    return decodeBinaryHeader(String(details), StatusSchema).code;
  } catch {
    return undefined;
  }
}

/** @param {unknown} message */
function isEncoded(message) {
  try {
    decodeURIComponent(String(message));
    return true;
  } catch {
    return false;
  }
}
