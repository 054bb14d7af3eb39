// Every argument of a caller is used, or refused before anything is sent.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import * as arrow from "apache-arrow";
import { Cause, ScorerClient, ScorerError } from "../src/index.js";
import { ANSWERS, ROW, SET, refused } from "./inputs.js";
import { startServer } from "./server.js";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {any} As programs without types call it. */
let client;

before(async () => {
  server = await startServer();
  client = new ScorerClient(server.address);
});
after(() => {
  client.close();
  server.stop();
});

/**
 * The violations of a refused call, as "field reason".
 *
 * @param {Promise<unknown>} call
 */
async function violations(call) {
  const error = await call.then(
    () => assert.fail("the call was answered"),
    (thrown) => thrown,
  );
  assert.ok(error instanceof ScorerError, String(error));
  return error.violations.map(({ field, reason }) => `${field} ${reason}`);
}

describe("a row", () => {
  const score = (/** @type {object} */ changes) => client.scoreUnit(SET, { ...ROW, ...changes });

  test("answers in a Map, a plain object or an object without prototype give the same result", async () => {
    const expected = await score({});
    assert.equal(expected.overall.points, 44.13);
    assert.deepEqual(await score({ answers: new Map(Object.entries(ANSWERS)) }), expected);
    assert.deepEqual(await score({ answers: Object.assign(Object.create(null), ANSWERS) }), expected);
  });

  test("criteria that do not apply can be an array or a Set, and null means none", async () => {
    for (const notApplicable of [["INF.02"], new Set(["INF.02"])]) {
      assert.equal((await score({ notApplicable })).overall.maxPoints, 48);
    }
    for (const notApplicable of [[], null, undefined]) {
      assert.equal((await score({ notApplicable })).overall.maxPoints, 50);
    }
  });

  test("an unknown key is refused with a suggestion", async () => {
    for (const [key, hint] of [
      ["not_applicable", 'did you mean "notApplicable"?'],
      ["Name", 'did you mean "name"?'],
      ["answer", 'did you mean "answers"?'],
      ["population", "known are id, tier, name, parent, answers, notApplicable"],
    ]) {
      const expected = `hue: unknown key ${JSON.stringify(key)}; ${hint}`;
      await refused(score({ [key]: 1 }), expected);
      await refused(client.rankProvince(SET, [{ ...ROW, [key]: 1 }]), expected);
    }
    await refused(
      score({ [Symbol("a")]: 1 }),
      "hue: unknown key Symbol(a); known are id, tier, name, parent, answers, notApplicable",
    );
  });

  test("an indicator called __proto__ reaches the server", async () => {
    const answers = JSON.parse('{ "__proto__": 5 }');
    for (const given of [answers, new Map([["__proto__", 5]])]) {
      assert.deepEqual(await violations(score({ answers: given })), [
        'unit_answers.answers["__proto__"] UNKNOWN_INDICATOR',
      ]);
    }
  });

  test("a row or answers of another type are refused", async () => {
    class Answers {
      get policy_environment_awarded() {
        return 13;
      }
    }
    for (const [answers, found] of [
      [new Answers(), "Answers"],
      [Object.create(ANSWERS), "Object"],
      [Object.entries(ANSWERS), "Array"],
      [undefined, "undefined"],
      [null, "null"],
      ["44", '"44"'],
    ]) {
      await refused(score({ answers }), `hue: answers: expected a plain object or a Map, not ${found}`);
    }
    await refused(
      client.scoreUnit(SET, new Map(Object.entries(ROW))),
      "row: expected a plain object with id, tier, name, parent, answers, notApplicable, not Map",
    );
    await refused(
      client.rankProvince(SET, [ROW, null]),
      "rows[1]: expected a plain object with id, tier, name, parent, answers, notApplicable, not null",
    );
  });

  test("a value that should be a text and is none is refused", async () => {
    for (const [changes, message] of /** @type {const} */ ([
      [{ id: 7 }, "row: id: expected a string, not 7"],
      [{ tier: undefined }, "hue: tier: expected a string, not undefined"],
      [{ name: ["Huế"] }, "hue: name: expected a string, not Array"],
      [{ parent: 1 }, "hue: parent: expected a string, not 1"],
      [{ name: "Hu\ud800" }, 'hue: name: has half of a surrogate pair: "Hu\\ud800"'],
      [{ notApplicable: "INF.02" }, 'hue: notApplicable: expected an array of ids of criteria, not "INF.02"'],
      [{ notApplicable: [7] }, "hue: notApplicable[0]: expected a string, not 7"],
      [{ answers: new Map([[7, 7]]) }, "hue: answers: key: expected a string, not 7"],
    ])) {
      await refused(score(changes), message);
    }
    assert.equal((await score({ name: null, parent: undefined })).name, "");
  });

  test("rows can be an array or a Set, and anything else is refused", async () => {
    for (const rows of [ROW, { length: 1, 0: ROW }, "hue", new Map([["hue", ROW]]), undefined]) {
      await assert.rejects(client.rankProvince(SET, rows), /^TypeError: rows: expected an array of rows, not /);
    }
    assert.equal((await client.rankProvince(SET, new Set([ROW]))).unit("hue").overallRank, 1);
  });
});

describe("a day", () => {
  const score = (/** @type {unknown} */ day) =>
    client.scoreUnit("bac-kan-2020", { id: "a", tier: "department", answers: { it_plan_issued: day } });
  const where = 'a: answers["it_plan_issued"]';

  test("a day with a time or of another calendar is refused", async () => {
    class PlainDateTime {
      year = 2020;
      month = 1;
      day = 15;
      hour = 23;
    }
    class PlainDate {
      year = 2563;
      month = 1;
      day = 15;
      calendarId = "buddhist";
    }
    for (const day of [new PlainDateTime(), new PlainDate()]) {
      await refused(
        score(day),
        `${where}: ${day.constructor.name} has a time or another calendar; give a PlainDate of the ISO calendar`,
      );
    }
    await refused(
      score({ year: 2020, month: 1, day: 15, hour: 23 }),
      `${where}: unknown key "hour"; known are year, month, day`,
    );
    await assert.rejects(score({ year: 2020, month: 2 ** 40, day: 15 }), TypeError);
  });

  test("a day in a column that does not exist, such as 30 February, is refused", async () => {
    const columns = (/** @type {object} */ day) => ({ id: ["a"], tier: ["department"], it_plan_issued: [day] });
    for (const [year, month, day] of [
      [2020, 2, 30],
      [2021, 2, 29],
      [2020, 13, 1],
      [2020, 1, 0],
    ]) {
      await refused(
        client.rankTable("bac-kan-2020", columns({ year, month, day })),
        `table["it_plan_issued"][0]: ${year}-${month}-${day} is not a day of the calendar`,
      );
    }
  });
});

describe("a table", () => {
  const rank = (/** @type {unknown} */ table) => client.rankTable(SET, table, { tier: "district" });

  test("columns can be in a plain object or a Map, and anything else is refused", async () => {
    const columns = { id: ["a", "b"], infrastructure_awarded: [20, 21] };
    const expected = (await rank(columns)).rankings[0].arrowStream;
    assert.deepEqual((await rank(new Map(Object.entries(columns)))).rankings[0].arrowStream, expected);
    for (const [table, found] of [
      [["a", "b"], "Array"],
      [undefined, "undefined"],
      ["id", '"id"'],
      [new ArrayBuffer(8), "ArrayBuffer"],
    ]) {
      await refused(rank(table), `table: expected a plain object or a Map, not ${found}`);
    }
  });

  test("columns of different lengths or with values of different types are refused", async () => {
    for (const [column, message] of [
      [[1], 'table["staff"] has 1 value, but table["id"] has 2'],
      [Float64Array.of(1, 2, 3), 'table["staff"] has 3 values, but table["id"] has 2'],
      [arrow.vectorFromArray([1]), 'table["staff"] has 1 value, but table["id"] has 2'],
      [[1, "2"], 'table["staff"][1]: expected a number like the values before it, not "2"'],
      [[null, 1, true], 'table["staff"][2]: expected a number like the values before it, not true'],
      [["head", 3], 'table["staff"][1]: expected a string like the values before it, not 3'],
      [["a", "\udc00"], 'table["staff"][1]: has half of a surrogate pair: "\\udc00"'],
      ["12", 'table["staff"]: expected an array of values, not "12"'],
      [12, 'table["staff"]: expected an array of values, not 12'],
      [{ 0: 1, 1: 2 }, 'table["staff"]: expected an array of values, not Object'],
      [new Map([["a", 1]]), 'table["staff"]: expected an array of values, not Map'],
      [new DataView(new ArrayBuffer(2)), 'table["staff"]: expected an array of values, not DataView'],
      [[1n, 2n], 'table["staff"][0]: expected a boolean, number, string or { year, month, day }, not 1n'],
      [[["INF.02"], [7]], 'table["staff"][1][0]: expected a string, not 7'],
    ]) {
      await refused(rank({ id: ["a", "b"], staff: column }), String(message));
    }
  });

  test("a column called __proto__ reaches the server", async () => {
    const columns = JSON.parse('{ "id": ["a"], "__proto__": [5] }');
    assert.deepEqual(await violations(rank(columns)), ['table["__proto__"] UNKNOWN_COLUMN']);
  });

  test("columns that share one array or vector give the result of copies", async () => {
    const same = Float64Array.of(9, 8);
    const table = { policy_environment_awarded: same, infrastructure_awarded: same, human_resources_awarded: same };
    const id = ["a", "b"];
    const copies = Object.fromEntries(Object.keys(table).map((name) => [name, same.slice()]));
    const expected = (await rank({ id, ...copies })).rankings[0].arrowStream;
    const vector = arrow.makeVector(same);
    const vectors = Object.fromEntries(Object.keys(table).map((name) => [name, vector]));
    for (const given of [
      { ...table, id },
      { ...vectors, id },
      new arrow.Table({ ...vectors, id: arrow.vectorFromArray(id) }),
    ]) {
      assert.deepEqual((await rank(given)).rankings[0].arrowStream, expected);
    }
  });

  test("tables and vectors of another copy of apache-arrow are refused", async () => {
    const other = createRequire(import.meta.url)("apache-arrow");
    const id = other.vectorFromArray(["a"]);
    const message =
      "belongs to another copy of apache-arrow than the client uses: load one version of it, by import and not by require";
    await refused(rank(new other.Table({ id })), `table: this Table ${message}`);
    await refused(rank({ id }), `table["id"]: this Vector ${message}`);
  });
});

test("titles are read from a plain object or a Map only, never from a prototype", () => {
  const other = { indicator: "", options: [], category: "", categoryLevel: 0, excluded: false, limit: 0 };
  const gate = { level: 1, measure: "constructor", minimum: 90, strict: false, upper: false, ...other };
  const found = { value: 80, answer: "", reachedLevel: 0, atLeast: 0, outOf: 0, of: [] };
  const cause = new Cause({ ...gate, unit: "percent" }, found);
  const said = "is 80 %, level 1 requires at least 90 %";
  assert.equal(cause.sentence("en", {}), `constructor ${said}`);
  assert.equal(cause.sentence("en", new Map([["constructor", "Builders"]])), `Builders ${said}`);
  assert.throws(
    () => cause.sentence("en", /** @type {any} */ ([])),
    /titles: expected a plain object or a Map, not Array/,
  );
});
