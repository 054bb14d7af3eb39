// The client: plain values in, plain objects out.

import { create } from "@bufbuild/protobuf";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
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
import { province, tableProvince, unitResult } from "./replies.js";
import { rowMessage, setFields, view } from "./requests.js";
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

/** A connection to the service. It opens with the first call, and an idle one lets the process end. */
export class ScorerClient {
  #address;
  #headers;
  #sessions;
  #timeoutMs;
  #scorer;
  #criteria;

  /**
   * @param {string} address Such as "http://127.0.0.1:50051", or https.
   * @param {ClientOptions} [options]
   */
  constructor(address, options = {}) {
    const { timeoutMs = TIMEOUT_MS, tls, token, insecure = false } = checkClientOptions(options);
    this.#address = url(address);
    if (tls && this.#address.protocol !== "https:") {
      throw new TypeError(`tls is for an https address, not ${address}`);
    }
    if (token !== undefined && !insecure && !isSafe(this.#address)) {
      throw new TypeError(`a token would travel to ${address} for all to read: use https, or say insecure: true`);
    }
    this.#headers = headers(token);
    limit(timeoutMs);
    this.#timeoutMs = timeoutMs;
    this.#sessions = new Http2SessionManager(this.#address.origin, undefined, tls && { ...tls });
    const transport = createGrpcTransport({ baseUrl: this.#address.origin, sessionManager: this.#sessions });
    this.#scorer = createClient(ScorerService, transport);
    this.#criteria = createClient(CriteriaService, transport);
  }

  /** Ends the connection, and the calls that are under way. A later call opens another. */
  close() {
    this.#sessions.abort();
  }

  /**
   * Scores one unit; its ranks are 0.
   *
   * @param {CriteriaSetName} criteriaSet
   * @param {Row} row
   * @param {ScoreOptions & PerCall} [options]
   * @throws {ScorerError} The call was not answered.
   */
  async scoreUnit(criteriaSet, row, options = {}) {
    const { period = "", full = false, timeoutMs, signal } = checkOptions(options, SCORE);
    const request = { ...setFields(criteriaSet), period, unitAnswers: rowMessage(row, "row"), view: view(full) };
    const reply = await this.#call({ timeoutMs, signal }, (how) => this.#scorer.scoreUnit(request, how));
    return unitResult(reply.scorecard);
  }

  /**
   * Scores and ranks all units of a province, given as rows: the convenient form.
   *
   * @param {CriteriaSetName} criteriaSet
   * @param {Iterable<Row>} rows Every unit; one that is left out makes every rank wrong.
   * @param {RankOptions & PerCall} [options]
   * @throws {ScorerError} The call was not answered; one bad unit refuses all.
   */
  async rankProvince(criteriaSet, rows, options = {}) {
    const units = listOf(rows, "rows", "rows").map((row, at) => rowMessage(row, `rows[${at}]`));
    return province(await this.#rank(criteriaSet, { case: "rows", value: create(UnitRowsSchema, { units }) }, options));
  }

  /**
   * The same as a table, for thousands of units.
   *
   * @param {CriteriaSetName} criteriaSet
   * @param {UnitTable} table Every unit, one a row.
   * @param {RankOptions & PerCall} [options]
   * @throws {ScorerError} As for `rankProvince`.
   */
  async rankTable(criteriaSet, table, options = {}) {
    const arrow = await loadArrow();
    const value = create(UnitTableSchema, { arrowStream: await tableStream(arrow, table) });
    return tableProvince(await this.#rank(criteriaSet, { case: "table", value }, options), arrow);
  }

  /**
   * Every criteria set, refused ones too.
   *
   * @param {PerCall} [options]
   * @throws {ScorerError} The call was not answered.
   */
  async criteriaSets(options = {}) {
    const reply = await this.#call(options, (how) => this.#criteria.listCriteriaSets({}, how));
    return reply.criteriaSets.map(summary);
  }

  /**
   * One criteria set, as the service gives it: the message CriteriaSet.
   *
   * @param {CriteriaSetName} name
   * @param {PerCall} [options]
   * @throws {ScorerError} There is none of this code or on this day, or the call was not answered.
   */
  async criteriaSet(name, options = {}) {
    const reply = await this.#call(options, (how) => this.#criteria.getCriteriaSet(setFields(name), how));
    return /** @type {import("./forms.js").CriteriaSetMessage} */ (reply.criteriaSet);
  }

  /**
   * What a criteria set asks.
   *
   * @param {CriteriaSetName} name
   * @param {PerCall} [options]
   * @throws {ScorerError} As for `criteriaSet`.
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
    return this.#call({ timeoutMs, signal }, (how) => this.#scorer.rankProvince(request, how));
  }

  /**
   * @template T
   * @param {PerCall} options
   * @param {(how: CallOptions) => Promise<T>} call
   */
  async #call(options, call) {
    const { timeoutMs = this.#timeoutMs, signal } = checkOptions(options, PER_CALL);
    const how = { timeoutMs: limit(timeoutMs), signal, headers: await this.#headers() };
    try {
      return await call(how);
    } catch (error) {
      throw error instanceof ConnectError ? new ScorerError(error) : error;
    }
  }
}

/** @param {string} address */
function url(address) {
  const found = /^https?:\/\//.test(address) && URL.canParse(address) ? new URL(address) : undefined;
  if (found === undefined || found.href !== `${found.origin}/`) {
    throw new TypeError(`${JSON.stringify(address)} is no address such as "http://127.0.0.1:50051"`);
  }
  return found;
}

/**
 * Whether nobody else can read what is sent there.
 *
 * @param {URL} address
 */
function isSafe({ protocol, hostname }) {
  return protocol === "https:" || hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}

/**
 * What goes with each call.
 *
 * @param {ClientOptions["token"]} token
 */
function headers(token) {
  return async () => {
    const sent = new Headers();
    if (token !== undefined) {
      const text = typeof token === "function" ? await token() : token;
      if (typeof text !== "string" || text === "") {
        throw new TypeError(`token: expected a string that is not empty, not ${describe(text)}`);
      }
      sent.set("authorization", `Bearer ${text}`);
    }
    return sent;
  };
}
