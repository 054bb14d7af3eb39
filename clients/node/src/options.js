// Options of clients and calls: each has a type, and unknown ones are refused.

import { types } from "node:util";
import { checkKeys, describe, isInt32, isText } from "./checks.js";

/**
 * Certificates in PEM.
 *
 * @typedef {object} Tls
 * @property {string | Buffer} [ca] Whom to believe who the server is; otherwise the authorities that Node knows.
 * @property {string | Buffer} [cert] Who one is oneself.
 * @property {string | Buffer} [key] The key of `cert`.
 */

/**
 * @typedef {object} ClientOptions
 * @property {number} [timeoutMs] What a call may take unless it says otherwise, 60 s if unset; Infinity: as long as it
 *   takes.
 * @property {Tls} [tls] For an https address.
 * @property {string | (() => string | Promise<string>)} [token] A bearer token; or a function that is asked before each
 *   call, so that a token that has run out can be replaced.
 * @property {boolean} [insecure] Whether to send the token over http to another machine all the same.
 */

/**
 * What any call may be told.
 *
 * @typedef {object} PerCall
 * @property {number} [timeoutMs] Instead of the client's.
 * @property {AbortSignal} [signal] Gives the call up.
 */

/**
 * @typedef {object} ScoreOptions
 * @property {string} [period] Such as "2020-H1".
 * @property {boolean} [full] Whether to name groups and criteria too.
 */

/**
 * @typedef {object} RankOptions
 * @property {string} [province]
 * @property {string} [period] Such as "2020-H1".
 * @property {string} [tier] Restricts the reply to one tier; of a table without a column `tier`, the tier of all units.
 * @property {boolean} [full] Whether to name groups and criteria too.
 * @property {number} [pageSize] Units a reply holds at most; 0: all of them.
 * @property {string} [pageToken] The token of the page before.
 */

/** @typedef {readonly [expected: string, accepts: (value: unknown) => boolean]} Kind */
/** @typedef {Readonly<Record<string, Kind>>} Kinds */

/** Milliseconds that gRPC can express in eight digits, about 27 hours. */
const MAX_TIMEOUT_MS = 99_999_999;

/** @type {Kind} */
const TEXT = ["a string", isText];
/** @type {Kind} */
const FLAG = ["true or false", (value) => typeof value === "boolean"];
/** @type {Kind} */
const WHOLE = ["a whole number", isInt32];
/** @type {Kind} */
const NUMBER = ["a number", (value) => typeof value === "number"];
/** @type {Kind} */
const SIGNAL = ["an AbortSignal", (value) => value instanceof AbortSignal];
/** @type {Kind} */
const TOKEN = ["a token or a function", (value) => typeof value === "function" || (isText(value) && value !== "")];
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
 * The options, if each is known and of its type; undefined is not given.
 *
 * @template {object} T
 * @param {T} given
 * @param {Kinds} kinds
 * @param {string} [where]
 * @returns {T}
 * @throws {TypeError}
 */
export function checkOptions(given, kinds, where = "options") {
  checkKeys(given, Object.keys(kinds), where, "option");
  for (const [name, value] of Object.entries(given)) {
    const [expected, accepts] = kinds[name];
    if (value !== undefined && !accepts(value)) {
      throw new TypeError(`${where}: ${name}: expected ${expected}, not ${describe(value)}`);
    }
  }
  return given;
}

/**
 * A client's options, as `checkOptions`.
 *
 * @param {ClientOptions} given
 */
export function checkClientOptions(given) {
  const { tls } = checkOptions(given, CLIENT);
  if (tls !== undefined) {
    checkOptions(tls, TLS, "options: tls");
    if ((tls.cert === undefined) !== (tls.key === undefined)) {
      throw new TypeError("options: tls: cert and key belong together: one is missing");
    }
  }
  return given;
}

/**
 * Milliseconds as the transport takes them.
 *
 * @param {number} timeoutMs
 */
export function limit(timeoutMs) {
  if (timeoutMs === Infinity) {
    return undefined;
  }
  if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
    throw new RangeError(
      `timeoutMs has to be above 0 and at most ${MAX_TIMEOUT_MS}, not ${timeoutMs}; Infinity waits as long as it takes`,
    );
  }
  return Math.ceil(timeoutMs);
}
