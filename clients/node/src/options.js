// Options of clients and calls, and their checks.

import { types } from "node:util";
import { checkKeys, describe, isInt32, isText } from "./checks.js";

/**
 * Certificates in PEM format.
 *
 * @typedef {object} Tls
 * @property {string | Buffer} [ca] Certificates of the trusted authorities; by default those of Node.
 * @property {string | Buffer} [cert] The client's own certificate.
 * @property {string | Buffer} [key] The private key of `cert`.
 */

/**
 * @typedef {object} ClientOptions
 * @property {number} [timeoutMs] Milliseconds that a call without its own `timeoutMs` may take; by default 60,000;
 *   Infinity means no limit.
 * @property {Tls} [tls] Only for an https address.
 * @property {string | (() => string | Promise<string>)} [token] A bearer token; or a function that returns one and is
 *   called before each call.
 * @property {boolean} [insecure] Whether the token may be sent to another machine over http.
 */

/**
 * Options of every call.
 *
 * @typedef {object} PerCall
 * @property {number} [timeoutMs] Milliseconds that the call may take; overrides the client's `timeoutMs`.
 * @property {AbortSignal} [signal] Cancels the call.
 */

/**
 * @typedef {object} ScoreOptions
 * @property {string} [period] The assessment period, such as "2020-H1".
 * @property {boolean} [full] Whether results include groups, criteria and subtotals.
 */

/**
 * @typedef {object} RankOptions
 * @property {string} [province] Name or code of the province; the result repeats it.
 * @property {string} [period] The assessment period, such as "2020-H1".
 * @property {string} [tier] Limits the reply to one tier; for a table without a column `tier`, the tier of all units.
 * @property {boolean} [full] Whether results include groups, criteria and subtotals.
 * @property {number} [pageSize] Maximum number of units in the reply; 0 means all units.
 * @property {string} [pageToken] `nextPageToken` of the previous page.
 */

/** @typedef {readonly [expected: string, accepts: (value: unknown) => boolean]} Kind */
/** @typedef {Readonly<Record<string, Kind>>} Kinds */

/** The longest time limit that gRPC can express in milliseconds, with eight digits; about 27 hours. */
const MAX_TIMEOUT_MS = 99_999_999;

/** @type {Kind} */
const TEXT = ["a string", isText];
/** @type {Kind} */
const FLAG = ["true or false", (value) => typeof value === "boolean"];
/** @type {Kind} */
const WHOLE = ["a whole number up to 2147483647", isInt32];
/** @type {Kind} */
const NUMBER = ["a number", (value) => typeof value === "number"];
/** @type {Kind} */
const SIGNAL = ["an AbortSignal", (value) => value instanceof AbortSignal];
/** @type {Kind} */
const TOKEN = [
  "a token or a function",
  (value) => typeof value === "function" || (typeof value === "string" && value !== ""),
];
/** @type {Kind} */
const PEM = ["PEM as a string or Buffer", (value) => typeof value === "string" || types.isUint8Array(value)];

/** @type {Kinds} */
const TLS = { ca: PEM, cert: PEM, key: PEM };
/** @type {Kinds} */
const CLIENT = { timeoutMs: NUMBER, tls: ["certificates", () => true], token: TOKEN, insecure: FLAG };
/** @type {Kinds} */
export const PER_CALL = { timeoutMs: NUMBER, signal: SIGNAL };
/** @type {Kinds} */
export const SCORE = { period: TEXT, full: FLAG, ...PER_CALL };
/** @type {Kinds} */
export const RANK = {
  province: TEXT,
  period: TEXT,
  tier: TEXT,
  full: FLAG,
  pageSize: WHOLE,
  pageToken: TEXT,
  ...PER_CALL,
};

/**
 * Returns the options if all are known and have the right type. An option that is undefined counts as not given.
 *
 * @template {object} T
 * @param {T} options
 * @param {Kinds} known
 * @param {string} [where]
 * @returns {T}
 * @throws {TypeError}
 */
export function checkOptions(options, known, where = "options") {
  checkKeys(options, Object.keys(known), where, "option");
  for (const [name, value] of Object.entries(options)) {
    const [expected, accepts] = known[name];
    if (value !== undefined && !accepts(value)) {
      throw new TypeError(`${where}: ${name}: expected ${expected}, not ${describe(value)}`);
    }
  }
  return options;
}

/**
 * Checks the options of a client; see `checkOptions`.
 *
 * @param {ClientOptions} options
 */
export function checkClientOptions(options) {
  const { tls } = checkOptions(options, CLIENT);
  if (tls !== undefined) {
    checkOptions(tls, TLS, "options: tls");
    if ((tls.cert === undefined) !== (tls.key === undefined)) {
      throw new TypeError("options: tls: cert and key belong together: one is missing");
    }
  }
  return options;
}

/**
 * A time limit in the form that the transport accepts: whole milliseconds, or undefined for no limit.
 *
 * @param {number} timeoutMs
 * @throws {RangeError} The time limit is not above 0, or too large.
 */
export function limit(timeoutMs) {
  if (timeoutMs === Infinity) {
    return undefined;
  }
  if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new RangeError(
      `timeoutMs has to be above 0 and at most ${MAX_TIMEOUT_MS}, not ${timeoutMs}; Infinity means no limit`,
    );
  }
  return Math.ceil(timeoutMs);
}
