// What the vectors do not cover: columns of every type, pages, forms, and arguments that are refused.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as arrow from "apache-arrow";
import { ScorerClient, ScorerError } from "../src/index.js";
import { startServer } from "./server.js";

/** @typedef {import("../src/index.js").Column} Column */

const SET = "bac-kan-2020";
const NAMES = { readiness: "Điều kiện sẵn sàng", policy_environment: "Môi trường chính sách" };

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

/**
 * Districts of Thừa Thiên Huế, each with fewer points than the one before.
 *
 * @param {number} count
 */
function districts(count) {
  return Array.from({ length: count }, (_, at) => ({
    id: `h-${at}`,
    tier: "district",
    name: `huyện ${at}`,
    answers: { policy_environment_awarded: 15 - at, infrastructure_awarded: 23, human_resources_awarded: 10 },
  }));
}

const DEPARTMENTS = { id: ["a", "b"], tier: ["department", "department"] };

/** How many of two departments have all, no and missing points of a criterion, given columns of answers. */
const points = async (/** @type {string} */ criterion, /** @type {Record<string, Column>} */ columns) => {
  const counted = await client.rankTable(SET, { ...DEPARTMENTS, ...columns }, { full: true });
  const found = counted.ranking("department").tallies.flatMap((tally) => tally.criteria);
  const { full, none, missing } = found.find((count) => count.criterion === criterion) ?? assert.fail(criterion);
  return { full, none, missing };
};

describe("columns of a table", () => {
  test("numbers can be a typed array, an array, a Set or an Arrow vector", async () => {
    const both = { full: 2, none: 0, missing: 0 };
    for (const staff of [
      Float64Array.of(20, 40),
      Float32Array.of(20, 40),
      Int32Array.of(20, 40),
      Uint8Array.of(20, 40),
      Uint8ClampedArray.of(20, 40),
      BigInt64Array.of(20n, 40n),
      [20, 40],
      new Set([20, 40]),
      arrow.vectorFromArray([20, 40], new arrow.Int16()),
    ]) {
      assert.deepEqual(await points("INF.01", { staff, computers: staff }), both);
    }
  });

  test("NaN, null, undefined and holes in an array count as not reported", async () => {
    const half = { full: 1, none: 1, missing: 1 };
    /** @type {Column[]} */
    const reported = [Float64Array.of(NaN, 40), [NaN, 40], [null, 40], [undefined, 40], [, 40]];
    for (const staff of reported) {
      assert.deepEqual(await points("INF.01", { staff, computers: [40, 40] }), half);
    }
    const nothing = { full: 0, none: 2, missing: 2 };
    for (const staff of [[null, undefined], [NaN, NaN], Float64Array.of(NaN, NaN)]) {
      assert.deepEqual(await points("INF.01", { staff, computers: [40, 40] }), nothing);
    }
  });

  test("flags can be booleans, or 0 and 1", async () => {
    const half = { full: 1, none: 1, missing: 0 };
    for (const led of [[true, false], [1, 0], Uint8Array.of(1, 0)]) {
      assert.deepEqual(await points("INF.11", { led_screen: led }), half);
    }
  });

  test("days can be objects or Arrow vectors of dates and timestamps", async () => {
    const early = { year: 2020, month: 1, day: 15 };
    const late = { year: 2020, month: 6, day: 30 };
    const moments = [Date.UTC(2020, 0, 15), Date.UTC(2020, 5, 30)];
    const found = await points("PE.06", { it_plan_issued: [early, late] });
    for (const type of [new arrow.DateDay(), new arrow.DateMillisecond(), new arrow.TimestampMillisecond()]) {
      const vector = arrow.vectorFromArray(moments, type);
      assert.deepEqual(found, await points("PE.06", { it_plan_issued: vector }));
    }
    assert.equal(found.missing, 0);
    const swapped = await points("PE.06", { it_plan_issued: [late, null] });
    assert.equal(swapped.missing, 1);
  });

  test("options are texts, and an unknown option is refused with its row", async () => {
    const { options } =
      (await client.form(SET)).indicators.find((one) => one.code === "steering_committee") ?? assert.fail();
    const half = { full: 1, none: 1, missing: 1 };
    for (const chosen of [
      [options[0], null],
      arrow.vectorFromArray([options[0], null]), // a dictionary
    ]) {
      assert.deepEqual(await points("PE.01", { steering_committee: chosen }), half);
    }
    await assert.rejects(points("PE.01", { steering_committee: [options[0], ""] }), (error) => {
      assert.ok(error instanceof ScorerError);
      assert.deepEqual(
        error.violations.map(({ field, reason }) => `${field} ${reason}`),
        ['table["steering_committee"][1] UNKNOWN_CHOICE'],
      );
      return true;
    });
  });

  test("criteria that do not apply can be arrays or Sets, and null means none", async () => {
    /** @param {import("../src/index.js").UnitResult} unit */
    const excluded = ({ categories }) => {
      const criteria = categories.flatMap(({ groups }) => groups.flatMap((group) => group.criteria));
      const found = criteria.find(({ criterion }) => criterion === "INF.10");
      return found?.status === "not_applicable" ? "INF.10" : "";
    };
    for (const left of [
      [["INF.10"], null],
      [new Set(["INF.10"]), []],
      [["INF.10"], undefined],
    ]) {
      const ranked = await client.rankTable(SET, { ...DEPARTMENTS, not_applicable: left }, { full: true });
      assert.deepEqual([excluded(ranked.unit("a")), excluded(ranked.unit("b"))], ["INF.10", ""]);
    }
  });

  test("without a column tier, all units have the tier that the call names", async () => {
    const { rankings } = await client.rankTable(SET, { id: ["a", "b"] }, { tier: "department" });
    assert.deepEqual(
      rankings.map((ranking) => [ranking.tier, ranking.unitCount]),
      [["department", 2]],
    );
  });

  test("a table of a thousand units gives the result of the same rows", async () => {
    const rows = Array.from({ length: 1000 }, (_, at) => ({
      ...{ id: `u-${at}`, tier: "district", name: `huyện ${at}`, parent: "tinh" },
      answers: {
        policy_environment_awarded: 10 + (at % 6),
        infrastructure_awarded: 16 + (at % 8),
        human_resources_awarded: 7 + (at % 4),
      },
      notApplicable: at % 3 ? [] : ["INF.02"],
    }));
    /** @param {keyof typeof rows[0]["answers"]} code */
    const column = (code) => Float64Array.from(rows, (row) => row.answers[code]);
    const table = await client.rankTable("hue-2020", {
      id: rows.map(({ id }) => id),
      tier: rows.map(({ tier }) => tier),
      name: rows.map(({ name }) => name),
      parent: rows.map(({ parent }) => parent),
      not_applicable: rows.map(({ notApplicable }) => notApplicable),
      policy_environment_awarded: column("policy_environment_awarded"),
      infrastructure_awarded: column("infrastructure_awarded"),
      human_resources_awarded: column("human_resources_awarded"),
    });
    const expected = await client.rankProvince("hue-2020", rows);
    for (const unit of expected.rankings.flatMap((ranking) => ranking.units)) {
      unit.categories.forEach((category) => (category.measures = []));
    }
    assert.deepEqual(
      table.rankings.map((ranking) => ({ ...ranking })),
      expected.rankings.map((ranking) => ({ ...ranking })),
    );
    assert.deepEqual(table.provenance, expected.provenance);
    assert.deepEqual(JSON.parse(JSON.stringify(table)), JSON.parse(JSON.stringify(expected)));
    assert.equal(new Set(table.ranking("district").units.map((unit) => unit.category("readiness").level)).size, 5);
  });
});

describe("Arrow tables", () => {
  const columns = { ...DEPARTMENTS, staff: [20, 40], computers: [20, 40], steering_committee: [null, "head"] };

  test("a table of apache-arrow, its bytes, and several batches give the same ranking", async () => {
    const expected = (await client.rankTable(SET, columns)).ranking("department").arrowStream;
    const whole = arrow.tableFromArrays(columns);
    // Two batches, each with dictionaries of its own; a column without values would be of another type.
    const { steering_committee, ...fewer } = columns;
    const [first, second] = [0, 1].map((at) =>
      arrow.tableFromArrays(Object.fromEntries(Object.entries(fewer).map(([name, values]) => [name, [values[at]]]))),
    );
    const batches = first.concat(second);
    const bytes = arrow.tableToIPC(whole, "stream");
    for (const table of [whole, bytes, Buffer.from(bytes)]) {
      assert.deepEqual((await client.rankTable(SET, table)).ranking("department").arrowStream, expected);
    }
    assert.deepEqual(
      (await client.rankTable(SET, batches)).ranking("department").arrowStream,
      (await client.rankTable(SET, fewer)).ranking("department").arrowStream,
    );
  });

  test("a ranking has its units as an Arrow table and as the bytes of a stream", async () => {
    const ranking = (await client.rankTable(SET, columns)).ranking("department");
    assert.deepEqual([...(ranking.table.getChild("id") ?? [])], ["b", "a"]);
    assert.equal(ranking.table, ranking.table);
    assert.equal(ranking.units, ranking.units);
    assert.equal(arrow.tableFromIPC(ranking.arrowStream).numRows, 2);
    assert.deepEqual(Object.keys(ranking), ["tier", "cohort", "unitCount", "overallRanked", "tallies", "units"]);
  });

  test("a table is ranked in pages", async () => {
    const page = await client.rankTable(SET, columns, { pageSize: 1 });
    assert.deepEqual(
      page.ranking("department").units.map((unit) => unit.id),
      ["b"],
    );
    const next = await client.rankTable(SET, columns, { pageSize: 1, pageToken: page.nextPageToken });
    assert.deepEqual([next.ranking("department").units.map((unit) => unit.id), next.nextPageToken], [["a"], ""]);
  });
});

describe("results", () => {
  test("rows are ranked in pages", async () => {
    const rows = districts(5);
    /** @type {string[]} */
    const ids = [];
    let pageToken = "";
    do {
      const page = await client.rankProvince("hue-2020", rows, { pageSize: 2, pageToken });
      assert.equal(page.ranking("district").unitCount, 5);
      ids.push(...page.ranking("district").units.map((unit) => unit.id));
      pageToken = page.nextPageToken;
    } while (pageToken);
    assert.deepEqual(ids, ["h-0", "h-1", "h-2", "h-3", "h-4"]);
  });

  test("units, rankings, categories and tallies are found by their codes, and unknown codes throw", async () => {
    const province = await client.rankProvince("hue-2020", districts(3));
    assert.equal(province.unit("h-2").overallRank, 3);
    assert.equal(province.unit("h-2").category("readiness").rank, 3);
    assert.equal(province.ranking("district").tally("readiness").ranked, 3);
    assert.throws(() => province.unit("h-9"), new RangeError('no unit "h-9"'));
    assert.throws(() => province.ranking("commune"), new RangeError('no tier "commune"'));
    assert.throws(() => province.unit("h-2").category("transport"), new RangeError('no category "transport"'));
    assert.throws(() => province.ranking("district").tally("transport"), RangeError);
  });

  test("why() explains a level in English or Vietnamese, with the titles that it gets", async () => {
    const [best, other] = districts(2).map((row) => client.scoreUnit("hue-2020", row));
    assert.deepEqual((await best).why(), ["readiness: level 1, the best"]);
    const low = await client.scoreUnit("hue-2020", { ...districts(7)[6], id: "low" });
    assert.deepEqual(low.why("vi", NAMES), [
      "Điều kiện sẵn sàng: không được xếp hạng; Môi trường chính sách đạt 60 %, mức 4 yêu cầu từ 70 %",
    ]);
    assert.equal((await other).categories[0]?.causes.length, 0);
  });

  test("null and undefined answers count as not reported", async () => {
    const answers = { policy_environment_awarded: null, infrastructure_awarded: undefined, human_resources_awarded: 0 };
    const { overall } = await client.scoreUnit("hue-2020", { id: "a", tier: "district", answers });
    assert.equal(overall.missing, 3);
  });
});

describe("criteria sets", () => {
  test("criteriaSets() lists each set with its days in force, tiers, titles and revision", async () => {
    const sets = await client.criteriaSets();
    const hue = sets.find((set) => set.code === "hue-2020") ?? assert.fail();
    assert.deepEqual(hue.effectiveFrom, { year: 2020, month: 1, day: 1 });
    assert.deepEqual([hue.available, hue.problems, hue.provenance], [true, [], "reconstructed"]);
    assert.deepEqual(hue.tiers, ["district"]);
    assert.match(hue.titles["vi"] ?? "", /Thừa Thiên Huế 2020/);
    assert.match(hue.revision, /^[0-9a-f]{64}$/);
  });

  test("form() has the indicators, ranges, titles and precision of a set", async () => {
    const form = await client.form(SET);
    assert.equal(form.criteriaSet, SET);
    assert.deepEqual(form.tiers, ["department", "district", "commune"]);
    assert.deepEqual([...new Set(form.indicators.map((one) => one.kind))].sort(), [
      "choice",
      "count",
      "date",
      "flag",
      "number",
    ]);
    assert.ok(form.excludable.includes("INF.10"));
    assert.deepEqual([form.pointsDecimals, form.percentDecimals, form.rounding], [2, 2, "half_up"]);
    assert.equal(form.names("vi")["readiness"], "Điều kiện sẵn sàng");
    assert.equal(form.names("fr")["infrastructure"], form.texts["infrastructure"]?.["en"]);
    const [low, high] = form.indicators.find((one) => one.code === "computers")?.ranges["district"] ?? assert.fail();
    assert.ok(low === 0 && high > 1000);
    await assert.rejects(client.form("none"), (error) => error instanceof ScorerError && error.code === "NOT_FOUND");
  });
});
