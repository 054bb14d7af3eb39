// Reads the units of a ranking from an Arrow table. docs/tables.md of the service describes the columns.

import {
  CategoryScoreSchema,
  CriterionScoreSchema,
  GroupScoreSchema,
  ScorecardSchema,
  ScoreSchema,
  UnitSchema,
} from "../gen/egov/scorer/v1/scorer_pb.js";
import { rowReader } from "./fields.js";
import { causes } from "./gate-texts.js";
import { Ranking } from "./rankings.js";
import { UnitResult } from "./results.js";

/** @typedef {import("#arrow-types").Table} Table */
/** @typedef {import("./gate-texts.js").Cells} Cells */
/** @typedef {import("./rankings.js").Tally} Tally */
/** @typedef {import("./results.js").CategoryResult} CategoryResult */
/** @typedef {import("./results.js").CriterionResult} CriterionResult */
/** @typedef {Readonly<Record<string, number>>} Maxima */

/** Matches the name of the first column of a subtotal. */
const SUBTOTAL = /^subtotal\.(.+)\.points$/;

/** Suffix of the columns with results that are computed from the units' own reports. */
const SELF_REPORTED = "@self_reported";

/** A ranking of units that were sent as a table. `units` are read from the table when they are first accessed. */
export class TableRanking extends Ranking {
  #arrowStream;
  #arrow;
  /** @type {Table | undefined} */
  #table;

  /**
   * @param {string} tier
   * @param {string} cohort
   * @param {number} unitCount
   * @param {number} overallRanked
   * @param {Tally[]} tallies
   * @param {Uint8Array} arrowStream
   * @param {import("#arrow-types").Arrow} arrow
   */
  constructor(tier, cohort, unitCount, overallRanked, tallies, arrowStream, arrow) {
    super(tier, cohort, unitCount, overallRanked, tallies, []);
    this.#arrowStream = arrowStream;
    this.#arrow = arrow;
    /** @type {UnitResult[] | undefined} */
    let units;
    const get = () => (units ??= unitsOf(this.table));
    // A getter of the class would be skipped by JSON.stringify.
    Object.defineProperty(this, "units", { get, enumerable: true });
  }

  /** The table as the bytes of an Arrow IPC stream, for files and for other Arrow libraries. */
  get arrowStream() {
    return this.#arrowStream;
  }

  /**
   * The units of this page, one per row. docs/tables.md of the service describes the columns.
   *
   * @returns {Table}
   * @throws {TypeError} The reply is damaged.
   */
  get table() {
    return (this.#table ??= readTable(this.#arrow, this.#arrowStream));
  }
}

/**
 * The table of a reply, which has at least one row.
 *
 * @param {import("#arrow-types").Arrow} arrow
 * @param {Uint8Array} stream
 * @returns {Table}
 * @throws {TypeError} The stream is damaged. Of some such streams, apache-arrow makes a table without rows.
 */
function readTable(arrow, stream) {
  const damaged = "the table of the reply is damaged or cut off: is this server a scorer?";
  /** @type {Table} */
  let table;
  try {
    table = arrow.tableFromIPC(stream);
  } catch (error) {
    throw new TypeError(damaged, { cause: error });
  }
  if (!table.numRows) {
    throw new TypeError(damaged);
  }
  return table;
}

/**
 * The units of a ranking, in ranking order.
 *
 * @param {Table} table
 * @returns {UnitResult[]}
 */
function unitsOf(table) {
  const names = table.schema.fields.map((field) => field.name);
  const columns = new Map(names.map((name, index) => [name, table.getChildAt(index)]));
  /** @type {Maxima} */
  const nominal = metadata(table, "nominal_max_points");
  const categories = categoryReaders(names, nominal, metadata(table, "max_points"));
  const readUnit = rowReader(UnitSchema, "");
  const readScorecard = rowReader(ScorecardSchema, "");
  const subtotals = names.flatMap((name) => SUBTOTAL.exec(name)?.[1] ?? []).map((subtotal) => ({
    subtotal,
    readScore: scoreReader(names, `subtotal.${subtotal}.`, nominal[`subtotal.${subtotal}`]),
  }));
  const readOverall = scoreReader(names, "", nominal["overall"]);
  return Array.from({ length: table.numRows }, (_, row) => {
    /** @type {Cells} */
    const cells = (name) => {
      const column = columns.get(name);
      if (!column) {
        throw new TypeError(`the reply has no column ${JSON.stringify(name)}: is this server a scorer?`);
      }
      return column.get(row);
    };
    return new UnitResult({
      ...readUnit(cells),
      ...readScorecard(cells),
      categories: categories.map((read) => read(cells)),
      overall: readOverall(cells),
      overallRank: cells("rank") ?? 0,
      lacking: cells("lacking")?.split(", ") ?? [],
      subtotals: subtotals.map(({ subtotal, readScore }) => ({ subtotal, score: readScore(cells) })),
    });
  });
}

/**
 * A value of the schema's metadata, parsed from JSON.
 *
 * @param {Table} table
 * @param {string} name
 */
function metadata(table, name) {
  return JSON.parse(table.schema.metadata.get(name) ?? "{}");
}

/**
 * One reader per category. Categories are found by their columns `standing`.
 *
 * @param {string[]} names
 * @param {Maxima} nominal Nominal maxima of categories and groups.
 * @param {Maxima} maxima Maximum points of criteria.
 * @returns {((cells: Cells) => CategoryResult)[]}
 */
function categoryReaders(names, nominal, maxima) {
  const codes = names.filter((name) => name.endsWith(".standing")).map((name) => name.replace(/\.standing$/, ""));
  return codes.map((category) => {
    const prefix = `${category}.`;
    const own = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
    const groups = groupsOf(own).map(({ group, criteria }) => ({
      group,
      read: rowReader(GroupScoreSchema, `${prefix}${group}.`, ["group"]),
      readScore: scoreReader(names, `${prefix}${group}.`, nominal[`${prefix}${group}`]),
      criteria: criteria.map((criterion) => criterionReader(names, prefix, criterion, maxima[criterion])),
    }));
    const read = rowReader(CategoryScoreSchema, prefix, ["category"]);
    const readScore = scoreReader(names, prefix, nominal[category]);
    return (cells) => ({
      category,
      ...read(cells),
      score: readScore(cells),
      causes: causes(cells, prefix),
      measures: [],
      groups: groups.map(({ group, read, readScore, criteria }) => ({
        group,
        ...read(cells),
        score: readScore(cells),
        criteria: criteria.map((readCriterion) => readCriterion(cells)),
      })),
    });
  });
}

/**
 * Groups and their criteria, from the names of a category's columns. The columns of a group come first.
 *
 * @param {string[]} names
 */
function groupsOf(names) {
  /** @type {{ group: string, criteria: string[] }[]} */
  const groups = [];
  for (const name of names) {
    if (name.endsWith(".converted")) {
      groups.push({ group: name.replace(/\.converted$/, ""), criteria: [] });
    } else if (name.endsWith(".status")) {
      groups.at(-1)?.criteria.push(name.replace(/\.status$/, ""));
    }
  }
  return groups;
}

/**
 * @param {string[]} names Names of all columns.
 * @param {string} prefix Prefix of the category's columns.
 * @param {string} criterion
 * @param {number} maximum
 * @returns {(cells: Cells) => CriterionResult}
 */
function criterionReader(names, prefix, criterion, maximum) {
  const reader = (/** @type {string} */ suffix) => {
    const read = rowReader(CriterionScoreSchema, `${prefix}${criterion}.`, ["criterion", "max_points"], suffix);
    return (/** @type {Cells} */ cells) => {
      const values = read(cells);
      return { criterion, ...values, maxPoints: values.status === "not_applicable" ? 0 : maximum };
    };
  };
  return withSelfReported(reader, names.includes(`${prefix}${criterion}.status${SELF_REPORTED}`));
}

/**
 * @param {string[]} names Names of all columns.
 * @param {string} prefix Prefix of the columns of a category or group; empty for the overall score.
 * @param {number} nominalMaxPoints
 * @returns {(cells: Cells) => import("./results.js").Score}
 */
function scoreReader(names, prefix, nominalMaxPoints) {
  const reader = (/** @type {string} */ suffix) => {
    const read = rowReader(ScoreSchema, prefix, ["nominal_max_points"], suffix);
    return (/** @type {Cells} */ cells) => ({ ...read(cells), nominalMaxPoints });
  };
  return withSelfReported(reader, names.includes(`${prefix}points${SELF_REPORTED}`));
}

/**
 * Returns a reader that also reads `selfReported`, if the table has the columns for it.
 *
 * @param {(suffix: string) => (cells: Cells) => any} reader Returns the reader of the columns with a suffix.
 * @param {boolean} present
 * @returns {(cells: Cells) => any}
 */
function withSelfReported(reader, present) {
  const read = reader("");
  const readSelfReported = reader(SELF_REPORTED);
  return (cells) => ({ ...read(cells), ...(present && { selfReported: readSelfReported(cells) }) });
}
