// The conformance vectors that clients of all languages share, against a live server.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { tableFromIPC } from "apache-arrow";
import { Cause, ScorerClient, ScorerError } from "../src/index.js";
import { startServer } from "./server.js";

/** @typedef {any} Json */
/** @typedef {import("apache-arrow").Table} Table */

/**
 * @param {string} name
 * @returns {Json[]}
 */
function cases(name) {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8")).cases;
}

const ANSWERED = [...cases("hue-2020"), ...cases("bac-kan-2020")];
const TABLES = cases("tables").filter(({ response }) => response);
const REFUSED = [...cases("errors"), ...cases("tables").filter(({ error }) => error)];

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {ScorerClient} */
let client;

before(async () => {
  server = await startServer();
  client = new ScorerClient(server.address);
});
after(() => {
  client.close();
  server.stop();
});

// Requests as calls of the client

/** @param {Json} given */
function row({ unit, answers = {}, notApplicableCriteria: notApplicable }) {
  return { id: "", ...unit, notApplicable, answers: mapped(answers, answer) };
}

/** @param {Json} given */
function answer(given) {
  const [[kind, value]] = Object.entries(given);
  return kind === "number" ? Number(value) : value;
}

/**
 * @template T
 * @param {Record<string, any>} object
 * @param {(value: any) => T} change
 * @returns {Record<string, T>}
 */
function mapped(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

/**
 * @param {Json} request
 * @returns {import("../src/index.js").CriteriaSetName}
 */
function set({ criteriaSet, effectiveOn, series }) {
  return effectiveOn ? { effectiveOn, series } : criteriaSet;
}

/** @param {Json} request */
function options({ province, period, tier, pageSize, pageToken, view }) {
  return { province, period, tier, pageSize, pageToken, full: view === "SCORECARD_VIEW_FULL" };
}

/** @param {Json} request */
function asTable(request) {
  const rows = request.rows.units.map(row);
  const codes = [...new Set(rows.flatMap((/** @type {Json} */ one) => Object.keys(one.answers)))];
  const column = (/** @type {(one: Json) => Json} */ read) => rows.map(read);
  return client.rankTable(
    set(request),
    {
      ...Object.fromEntries(["id", "name", "tier", "parent"].map((key) => [key, column((one) => one[key])])),
      not_applicable: column((one) => one.notApplicable),
      ...Object.fromEntries(codes.map((code) => [code, column((one) => one.answers[code])])),
    },
    options(request),
  );
}

/**
 * A table's columns as a caller gives them.
 *
 * @param {{ name: string, type: string, values: Json[] }[]} columns
 */
function columnsOf(columns) {
  /** @param {string | null} day */
  const date = (day) => day && (([year, month, day]) => ({ year, month, day }))(day.split("-").map(Number));
  return new Map(columns.map(({ name, type, values }) => [name, type === "date32" ? values.map(date) : values]));
}

/** @param {Json} request */
function arrowStream(request) {
  return Buffer.from(request.table.arrowStream, "base64");
}

/**
 * @param {string} method
 * @param {Json} request
 * @returns {Promise<Json>}
 */
async function call(method, request) {
  const { unitAnswers, rows } = request;
  if (method === "ScoreUnit") {
    const { period, full } = options(request);
    return client.scoreUnit(set(request), row(unitAnswers), { period, full });
  }
  if (method === "GetCriteriaSet") {
    return client.form(set(request));
  }
  if (rows) {
    return client.rankProvince(set(request), rows.units.map(row), options(request));
  }
  return client.rankTable(set(request), arrowStream(request), options(request));
}

// What the vectors say, as the client's results

/** @param {string} name Such as STANDING_BELOW_MINIMUM. */
function word(name) {
  return name.replace(/^(STANDING|CRITERION_STATUS|GATE_UNIT)_/, "").toLowerCase();
}

/** What a single gate has, apart from its value. */
const NOTHING_FOUND = { answer: "", reachedLevel: 0, atLeast: 0, outOf: 0, of: [] };

/** @param {Json} given */
function gate(given) {
  const rare = { upper: false, indicator: "", options: [], category: "", categoryLevel: 0, excluded: false, limit: 0 };
  return { ...rare, ...given, unit: word(given.unit) };
}

/**
 * A unit; of a table, without measures, which only rows have.
 *
 * @param {Json} card
 * @param {boolean} rows
 */
function unit({ unit, categories, overall, ...plainFields }, rows) {
  return {
    ...unit,
    ...plainFields,
    categories: categories.map((/** @type {Json} */ { failing, gates, ...given }) => ({
      ...given,
      standing: word(given.standing),
      causes: failing.map((/** @type {Json} */ one) => ({
        ...gate(one.gate),
        ...NOTHING_FOUND,
        value: one.value,
      })),
      measures: rows ? given.measures : [],
      groups: given.groups.map((/** @type {Json} */ group) => ({
        ...group,
        criteria: group.criteria.map((/** @type {Json} */ one) => ({ ...one, status: word(one.status) })),
      })),
    })),
    overall: overall.score,
    overallRank: overall.rank,
    lacking: overall.lacking,
  };
}

/**
 * @param {Json} response
 * @param {boolean} rows
 */
function rankings(response, rows) {
  return response.rankings.map((/** @type {Json} */ given) => ({
    tier: given.tier,
    cohort: given.cohort,
    unitCount: given.unitCount,
    overallRanked: given.overallRanked,
    tallies: given.tallies.map((/** @type {Json} */ tally) => ({
      ...tally,
      failing: tally.failing.map((/** @type {Json} */ count) => ({ ...gate(count.gate), units: count.units })),
    })),
    units: given.scorecards.map((/** @type {Json} */ card) => unit(card, rows)),
  }));
}

/**
 * Without classes, as JSON has none.
 *
 * @param {Json} value
 */
function plain(value) {
  return JSON.parse(JSON.stringify(value));
}

/**
 * @param {Json} province
 * @param {Json} response
 * @param {boolean} rows
 */
function assertProvince(province, response, rows) {
  assert.deepEqual(plain(province.rankings), rankings(response, rows));
  const { revision, engineVersion, ...provenance } = province.provenance;
  assert.deepEqual(provenance, response.provenance);
  assert.match(revision, /^[0-9a-f]{64}$/);
  assert.notEqual(engineVersion, "");
  assert.equal(province.nextPageToken, "");
}

describe("results of rows are those of the vectors", () => {
  for (const { name, method, request, response } of ANSWERED) {
    test(name, async () => {
      const found = await call(method, request);
      if (method === "ScoreUnit") {
        assert.deepEqual(plain(found), unit(response.scorecard, true));
      } else {
        assertProvince(found, response, true);
      }
    });
  }
});

describe("results of columns are those of the vectors", () => {
  for (const { name, request, response } of ANSWERED.filter(({ method }) => method === "RankProvince")) {
    test(name, async () => {
      assertProvince(await asTable(request), response, false);
    });
  }
});

/** @type {Record<string, RegExp>} Types of apache-arrow by the names that vectors have for them. */
const TYPES = {
  text: /^(Utf8|Dictionary<Int\d+, Utf8>)$/,
  bool: /^Bool$/,
  int8: /^Int8$/,
  int32: /^Int32$/,
  float64: /^Float64$/,
};

/** @param {Table} table */
function columnsIn(table) {
  return table.schema.fields.map(({ name, type }, at) => ({
    name,
    type: Object.keys(TYPES).find((key) => TYPES[key].test(String(type))),
    values: [...(table.getChildAt(at) ?? [])],
  }));
}

/** @param {Table} table */
function metadataOf(table) {
  const { tier, cohort, provenance, names, ...json } = Object.fromEntries(table.schema.metadata);
  assert.notEqual(provenance, undefined);
  assert.notEqual(names, undefined);
  return { tier, cohort, ...mapped(json, JSON.parse) };
}

describe("results of Arrow tables", () => {
  for (const { name, request, table, response, tables } of TABLES) {
    test(`${name}: the ranking tables are those of the vectors`, async () => {
      const province = await client.rankTable(set(request), arrowStream(request), options(request));
      assert.deepEqual(
        province.rankings.map((ranking) => ({
          columns: columnsIn(ranking.table),
          metadata: metadataOf(ranking.table),
        })),
        tables,
      );
      assert.deepEqual(
        plain(province.rankings).map((/** @type {Json} */ ranking) => ({ ...ranking, units: [] })),
        rankings(response, false),
      );
    });

    test(`${name}: columns, Maps and streams of the same units give the same bytes`, async () => {
      const expected = await client.rankTable(set(request), arrowStream(request), options(request));
      const streams = expected.rankings.map((ranking) => ranking.arrowStream);
      assert.ok(streams.length > 0);
      for (const sent of [columnsOf(table), Object.fromEntries(columnsOf(table)), tableFromIPC(arrowStream(request))]) {
        const found = await client.rankTable(set(request), sent, options(request));
        assert.deepEqual(
          found.rankings.map((ranking) => ranking.arrowStream),
          streams,
        );
      }
    });
  }
});

describe("an error has the code, the reason and all violations of the vectors", () => {
  const sorted = (/** @type {Json[]} */ violations) =>
    violations.map(({ field, reason }) => `${field} ${reason}`).toSorted();
  for (const { name, method, request, error: expected } of REFUSED) {
    test(name, async () => {
      const error = await call(method, request).then(
        () => assert.fail("the call was answered"),
        (/** @type {unknown} */ thrown) => thrown,
      );
      assert.ok(error instanceof ScorerError, String(error));
      assert.equal(error.code, expected.code);
      assert.equal(error.reason, expected.reason);
      assert.deepEqual(sorted(error.violations), sorted(expected.violations));
      assert.ok(error.violations.every((violation) => violation.description));
      assert.equal(error.violationsTotal, expected.violations.length);
      assert.deepEqual({ ...error.metadata, ...expected.metadata }, error.metadata);
      assert.notEqual(error.requestId, "");
      assert.equal(error.requestId, error.metadata["request_id"]);
    });
  }
});

describe("sentence() describes a cause in English and Vietnamese", () => {
  for (const { cause, category, titles, en, vi } of cases("sentences")) {
    test(en, () => {
      const { category_level: categoryLevel = 0, value, answer = "" } = cause;
      const found = new Cause({ ...cause, categoryLevel }, { ...NOTHING_FOUND, value, answer });
      assert.equal(found.sentence("en", titles, category), en);
      assert.equal(found.sentence("vi", titles, category), vi);
    });
  }
});
