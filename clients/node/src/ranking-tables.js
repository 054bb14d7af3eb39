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
import { Cause, Ranking, UnitResult } from "./results.js";

/** @typedef {import("#arrow-types").Table} Table */
/** @typedef {import("./results.js").CategoryResult} CategoryResult */
/** @typedef {import("./results.js").CriterionResult} CriterionResult */
/** @typedef {import("./results.js").Tally} Tally */
/** @typedef {(column: string) => any} Cells The cells of one row. */
/** @typedef {Readonly<Record<string, number>>} Maxima */

/** Matches a gate in a column `failing`, such as "total >= 80%". */
const GATE = /^(\S+) (>=?) ([\d.]+)(%?)$/;

/** A ranking of units that were sent as a table. `units` are read from the table on first access. */
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
    Object.defineProperty(this, "units", { get, enumerable: true }); // an own property, which JSON.stringify sees
  }

  /** The bytes of `table`, as an Arrow IPC stream: for files, and for other Arrow libraries. */
  get arrowStream() {
    return this.#arrowStream;
  }

  /**
   * The units of this page, one per row. docs/tables.md of the service describes the columns.
   *
   * @returns {Table}
   */
  get table() {
    return (this.#table ??= this.#arrow.tableFromIPC(this.#arrowStream));
  }
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
  const readOverall = scoreReader("", nominal["overall"]);
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
    });
  });
}

/**
 * A value of the schema's metadata, which is JSON.
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
      readScore: scoreReader(`${prefix}${group}.`, nominal[`${prefix}${group}`]),
      criteria: criteria.map((criterion) => criterionReader(prefix, criterion, maxima[criterion])),
    }));
    const read = rowReader(CategoryScoreSchema, prefix, ["category"]);
    const readScore = scoreReader(prefix, nominal[category]);
    return (cells) => ({
      category,
      ...read(cells),
      score: readScore(cells),
      causes: causes(cells, category),
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
 * Groups and their criteria, from the names of a category's columns. The columns of criteria follow those of the group.
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
 * @param {string} prefix Prefix of the category's columns.
 * @param {string} criterion
 * @param {number} maximum
 * @returns {(cells: Cells) => CriterionResult}
 */
function criterionReader(prefix, criterion, maximum) {
  const read = rowReader(CriterionScoreSchema, `${prefix}${criterion}.`, ["criterion", "max_points"]);
  return (cells) => {
    const values = read(cells);
    return { criterion, ...values, maxPoints: values.status === "not_applicable" ? 0 : maximum };
  };
}

/**
 * @param {string} prefix Prefix of the columns of a category or group; empty for the overall score.
 * @param {number} nominalMaxPoints
 * @returns {(cells: Cells) => import("./results.js").Score}
 */
function scoreReader(prefix, nominalMaxPoints) {
  const read = rowReader(ScoreSchema, prefix, ["nominal_max_points"]);
  return (cells) => ({ ...read(cells), nominalMaxPoints });
}

/**
 * The gates in a cell such as "level 3: infrastructure >= 12.5, total >= 80%", with the unit's values.
 *
 * @param {Cells} cells
 * @param {string} category
 */
function causes(cells, category) {
  const prefix = `${category}.`;
  /** @type {string | null} */
  const failing = cells(`${prefix}failing`);
  if (failing === null) {
    return [];
  }
  const [head, gates] = failing.split(": ");
  const level = Number(head.replace("level ", ""));
  return gates.split(", ").map((text) => {
    const [, measure, sign, minimum, percent] = GATE.exec(text) ?? [];
    const unit = percent ? "percent" : "points";
    const value = cells(measure === "total" ? `${prefix}${unit}` : `${prefix}${measure}.${unit}`);
    return new Cause({ level, measure, unit, minimum: Number(minimum), strict: sign === ">" }, value, category);
  });
}
