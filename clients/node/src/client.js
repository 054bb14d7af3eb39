// The client. It takes plain values and returns plain objects.

import { isIPv4 } from "node:net";
import { create } from "@bufbuild/protobuf";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { describe, listOf } from "./checks.js";
import { ScorerError } from "./errors.js";
import { Form, summary } from "./forms.js";
import { CriteriaService } from "../gen/egov/scorer/v1/criteria_pb.js";
import {
  RankProvinceRequestSchema,
  ScorerService,
  UnitRowsSchema,
  UnitTableSchema,
} from "../gen/egov/scorer/v1/scorer_pb.js";
import { checkClientOptions, checkOptions, limit, PER_CALL, RANK, SCORE } from "./options.js";
import { present, province, scoredUnit, tableProvince } from "./replies.js";
import { rowMessage, setFields, view } from "./requests.js";
import { Sessions } from "./sessions.js";
import { loadArrow, tableStream } from "./tables.js";

/** @typedef {import("@connectrpc/connect").CallOptions} CallOptions */
/** @typedef {import("../gen/egov/scorer/v1/scorer_pb.js").RankProvinceRequest} RankProvinceRequest */
/** @typedef {import("./options.js").ClientOptions} ClientOptions */
/** @typedef {import("./options.js").PerCall} PerCall */
/** @typedef {import("./options.js").RankOptions} RankOptions */
/** @typedef {import("./options.js").ScoreOptions} ScoreOptions */
/** @typedef {import("./requests.js").CriteriaSetName} CriteriaSetName */
/** @typedef {import("./requests.js").Row} Row */
/** @typedef {import("./tables.js").UnitTable} UnitTable */

const TIMEOUT_MS = 60_000;

/** A connection to the service, which is opened by the first call. An idle one does not keep the process alive. */
export class ScorerClient {
  #address;
  #headers;
  #sessions;
  #timeoutMs;
  #scorer;
  #criteria;
  #closed = false;

  /**
   * @param {string} address An http or https address, such as "http://127.0.0.1:50051".
   * @param {ClientOptions} [options]
   */
  constructor(address, options = {}) {
    const { timeoutMs = TIMEOUT_MS, tls, token, insecure = false } = checkClientOptions(options);
    this.#address = url(address);
    if (tls && this.#address.protocol !== "https:") {
      throw new TypeError(`tls needs an https address, not ${address}`);
    }
    if (token !== undefined && !insecure && !isSafe(this.#address)) {
      throw new TypeError(`a token would be sent to ${address} without encryption: use https, or set insecure: true`);
    }
    this.#headers = headers(token);
    limit(timeoutMs);
    this.#timeoutMs = timeoutMs;
    this.#sessions = new Sessions(this.#address.origin, undefined, tls && { ...tls });
    const transport = createGrpcTransport({ baseUrl: this.#address.origin, sessionManager: this.#sessions });
    this.#scorer = createClient(ScorerService, transport);
    this.#criteria = createClient(CriteriaService, transport);
  }

  /** Closes the connection and cancels running calls. Later calls are refused. */
  close() {
    this.#closed = true;
    this.#sessions.abort();
  }

  /**
   * Scores one unit. All its ranks are 0.
   *
   * @param {CriteriaSetName} criteriaSet
   * @param {Row} row
   * @param {ScoreOptions & PerCall} [options]
   * @throws {ScorerError} The call failed.
   */
  async scoreUnit(criteriaSet, row, options = {}) {
    const { period = "", full = false, timeoutMs, signal } = checkOptions(options, SCORE);
    const request = { ...setFields(criteriaSet), period, unitAnswers: rowMessage(row, "row"), view: view(full) };
    const reply = await this.#call({ timeoutMs, signal }, (callOptions) =>
      this.#scorer.scoreUnit(request, callOptions),
    );
    return scoredUnit(reply);
  }

  /**
   * Scores and ranks all units of a province, given as rows. Rows are convenient for up to a few hundred units.
   *
   * @param {CriteriaSetName} criteriaSet
   * @param {Iterable<Row>} rows All units; if one is left out, ranks are wrong.
   * @param {RankOptions & PerCall} [options]
   * @throws {ScorerError} The call failed, for example because one unit has a violation.
   */
  async rankProvince(criteriaSet, rows, options = {}) {
    const units = listOf(rows, "rows", "rows").map((row, index) => rowMessage(row, `rows[${index}]`));
    return province(await this.#rank(criteriaSet, { case: "rows", value: create(UnitRowsSchema, { units }) }, options));
  }

  /**
   * Scores and ranks all units of a province, given as a table. Tables are for thousands of units.
   *
   * @param {CriteriaSetName} criteriaSet
   * @param {UnitTable} table All units, one per row.
   * @param {RankOptions & PerCall} [options]
   * @throws {ScorerError} See `rankProvince`.
   */
  async rankTable(criteriaSet, table, options = {}) {
    const arrow = await loadArrow();
    const value = create(UnitTableSchema, { arrowStream: await tableStream(arrow, table) });
    return tableProvince(await this.#rank(criteriaSet, { case: "table", value }, options), arrow);
  }

  /**
   * Returns all criteria sets, including refused ones.
   *
   * @param {PerCall} [options]
   * @throws {ScorerError} The call failed.
   */
  async criteriaSets(options = {}) {
    const reply = await this.#call(options, (callOptions) => this.#criteria.listCriteriaSets({}, callOptions));
    return reply.criteriaSets.map(summary);
  }

  /**
   * Returns one criteria set as the service's message CriteriaSet.
   *
   * @param {CriteriaSetName} name
   * @param {PerCall} [options]
   * @throws {ScorerError} There is no set with this code or on this day, or the call failed.
   */
  async criteriaSet(name, options = {}) {
    const reply = await this.#call(options, (callOptions) =>
      this.#criteria.getCriteriaSet(setFields(name), callOptions),
    );
    return /** @type {import("./forms.js").CriteriaSetMessage} */ (present(reply.criteriaSet));
  }

  /**
   * Returns one criteria set as a form: its indicators, and the titles of its parts.
   *
   * @param {CriteriaSetName} name
   * @param {PerCall} [options]
   * @throws {ScorerError} See `criteriaSet`.
   */
  async form(name, options = {}) {
    return new Form(await this.criteriaSet(name, options));
  }

  /**
   * @param {CriteriaSetName} criteriaSet
   * @param {RankProvinceRequest["source"]} source
   * @param {RankOptions & PerCall} options
   */
  #rank(criteriaSet, source, options) {
    const { full = false, timeoutMs, signal, ...others } = checkOptions(options, RANK);
    const request = create(RankProvinceRequestSchema, {
      ...setFields(criteriaSet),
      ...others,
      source,
      view: view(full),
    });
    return this.#call({ timeoutMs, signal }, (callOptions) => this.#scorer.rankProvince(request, callOptions));
  }

  /**
   * @template T
   * @param {PerCall} options
   * @param {(callOptions: CallOptions) => Promise<T>} call
   */
  async #call(options, call) {
    const { timeoutMs = this.#timeoutMs, signal } = checkOptions(options, PER_CALL);
    const callOptions = { timeoutMs: limit(timeoutMs), signal, headers: await this.#headers() };
    if (this.#closed) {
      throw new Error("the client is closed");
    }
    try {
      return await call(callOptions);
    } catch (error) {
      throw error instanceof ConnectError ? new ScorerError(error) : error;
    }
  }
}

/** @param {string} address */
function url(address) {
  const parsed = /^https?:\/\//.test(address) && URL.canParse(address) ? new URL(address) : undefined;
  if (parsed === undefined || parsed.href !== `${parsed.origin}/`) {
    throw new TypeError(`${JSON.stringify(address)} is not an address such as "http://127.0.0.1:50051"`);
  }
  return parsed;
}

/**
 * Whether calls to this address are encrypted, or do not leave this machine.
 *
 * @param {URL} address
 */
function isSafe({ protocol, hostname }) {
  const isLoopback = isIPv4(hostname) ? hostname.startsWith("127.") : ["localhost", "[::1]"].includes(hostname);
  return protocol === "https:" || isLoopback;
}

/**
 * Returns a function that makes the headers of a call.
 *
 * @param {ClientOptions["token"]} token
 */
function headers(token) {
  if (typeof token === "string") {
    bearer(token); // throws now, not in the first call, if the token is not valid
  }
  return async () => {
    const result = new Headers();
    if (token !== undefined) {
      result.set("authorization", bearer(typeof token === "function" ? await token() : token));
    }
    return result;
  };
}

/**
 * The value of the header `authorization` for a token.
 *
 * @param {string} token
 * @throws {TypeError} The token is not valid.
 */
function bearer(token) {
  if (typeof token !== "string" || token === "") {
    throw new TypeError(`token: expected a string that is not empty, not ${describe(token)}`);
  }
  const trimmed = token.trim(); // files end with a newline
  if (!/^[\x21-\x7e]+$/.test(trimmed)) {
    // The message does not contain the token. The error of Headers would quote it.
    throw new TypeError("token: is empty, or has spaces or characters that are not ASCII");
  }
  return `Bearer ${trimmed}`;
}
