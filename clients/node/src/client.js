// The client: plain values in, plain objects out.

import { create } from "@bufbuild/protobuf";
import { ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { ScorerError } from "./errors.js";
import { Form, summary } from "./forms.js";
import { CriteriaService } from "../gen/egov/scorer/v1/criteria_pb.js";
import { RankProvinceRequestSchema, ScorerService, UnitRowsSchema } from "../gen/egov/scorer/v1/scorer_pb.js";
import { rowMessage, setFields, tableMessage, view } from "./requests.js";
import { province, unitResult } from "./replies.js";

/** @typedef {import("@connectrpc/connect").CallOptions} CallOptions */
/** @typedef {import("../gen/egov/scorer/v1/scorer_pb.js").RankProvinceRequest} RankProvinceRequest */
/** @typedef {import("./requests.js").Column} Column */
/** @typedef {import("./requests.js").CriteriaSetName} CriteriaSetName */
/** @typedef {import("./requests.js").Row} Row */
/** @typedef {import("./requests.js").Unit} Unit */

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
 * @property {string} [tier] Restricts the reply to one tier.
 * @property {boolean} [full] Whether to name groups and criteria too.
 * @property {number} [pageSize] Units a reply holds at most; 0: all of them.
 * @property {string} [pageToken] The token of the page before.
 */

/**
 * @typedef {object} TableOptions
 * @property {Readonly<Record<string, readonly string[]>>} [notApplicable] Criteria that do not apply, by unit id.
 */

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
    const { timeoutMs = TIMEOUT_MS, tls, token, insecure = false, ...others } = options;
    refuse(others);
    this.#address = url(address);
    if (tls && this.#address.protocol !== "https:") {
      throw new TypeError(`tls is for an https address, not ${address}`);
    }
    if (token && !insecure && !isSafe(this.#address)) {
      throw new TypeError(`a token would travel to ${address} for all to read: use https, or say insecure: true`);
    }
    this.#headers = headers(token);
    this.#timeoutMs = limit(timeoutMs);
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
    const { period = "", full = false, timeoutMs, signal, ...others } = options;
    refuse(others);
    const request = { ...setFields(criteriaSet), period, unitAnswers: rowMessage(row), view: view(full) };
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
    const value = create(UnitRowsSchema, { units: Array.from(rows, rowMessage) });
    return province(await this.#rank(criteriaSet, { case: "rows", value }, options), new Map());
  }

  /**
   * The same as columns, for thousands of units.
   *
   * @param {CriteriaSetName} criteriaSet
   * @param {Iterable<Unit>} units Every unit.
   * @param {Readonly<Record<string, Column>>} columns By indicator, each as long as the units.
   * @param {TableOptions & RankOptions & PerCall} [options]
   * @throws {ScorerError} As for `rankProvince`.
   */
  async rankTable(criteriaSet, units, columns, options = {}) {
    const { notApplicable = {}, ...others } = options;
    const list = [...units];
    const value = tableMessage(list, columns, notApplicable);
    const reply = await this.#rank(criteriaSet, { case: "table", value }, others);
    return province(reply, new Map(list.map((unit) => [unit.id, unit])));
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
    const { province, period, tier, full = false, pageSize, pageToken, timeoutMs, signal, ...others } = options;
    refuse(others);
    const request = create(RankProvinceRequestSchema, {
      ...setFields(criteriaSet),
      ...{ province, period, source, tier, pageSize, pageToken },
      view: view(full),
    });
    return this.#call({ timeoutMs, signal }, (how) => this.#scorer.rankProvince(request, how));
  }

  /**
   * @template T
   * @param {PerCall} options
   * @param {(how: CallOptions) => Promise<T>} call
   */
  async #call({ timeoutMs = this.#timeoutMs, signal, ...others }, call) {
    refuse(others);
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
  if (found === undefined || found.pathname !== "/") {
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
    if (token) {
      sent.set("authorization", `Bearer ${typeof token === "function" ? await token() : token}`);
    }
    return sent;
  };
}

/**
 * Milliseconds as the transport takes them.
 *
 * @param {number | undefined} timeoutMs
 */
function limit(timeoutMs) {
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    throw new RangeError(`timeoutMs has to be above 0, not ${timeoutMs}; Infinity waits as long as it takes`);
  }
  return timeoutMs === Infinity ? undefined : timeoutMs;
}

/**
 * Misspelled options would be ignored otherwise.
 *
 * @param {object} others
 */
function refuse(others) {
  const [name] = Object.keys(others);
  if (name !== undefined) {
    throw new TypeError(`unknown option ${JSON.stringify(name)}`);
  }
}
