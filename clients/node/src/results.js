// Replies as plain objects, with the causes as readable sentences.

import { CriterionStatus, GateUnit, Standing } from "../gen/egov/scorer/v1/scorer_pb.js";
import { categorySentence, causeSentence } from "./sentences.js";

/** @typedef {import("../gen/egov/scorer/v1/scorer_pb.js").RankProvinceResponse} RankProvinceResponse */
/** @typedef {import("../gen/egov/scorer/v1/scorer_pb.js").Scorecard} Scorecard */
/** @typedef {import("../gen/egov/scorer/v1/scorer_pb.js").Provenance} ProvenanceMessage */
/** @typedef {import("./requests.js").Unit} Unit */
/** @typedef {import("./sentences.js").Language} Language */
/** @typedef {import("./sentences.js").Titles} Titles */

/**
 * Points of one sum of criteria; the fields are those of the message Score.
 *
 * @typedef {object} Score
 * @property {number} points
 * @property {number} maxPoints
 * @property {number} nominalMaxPoints
 * @property {number} percent
 * @property {number} converted
 * @property {number} published
 * @property {number} missing
 * @property {number} notApplicable
 */

/**
 * A minimum that a measure must reach for a level.
 *
 * @typedef {object} Gate
 * @property {number} level
 * @property {string} measure
 * @property {"percent" | "points"} unit
 * @property {number} minimum
 * @property {boolean} strict Whether the minimum itself is too little.
 */

/**
 * A measure that gates compare.
 *
 * @typedef {object} Measure
 * @property {string} measure
 * @property {number} points
 * @property {number} maxPoints
 * @property {number} percent
 * @property {number} level Best level all of whose gates on this measure hold; 0: none.
 */

/**
 * One criterion of a unit.
 *
 * @typedef {object} CriterionResult
 * @property {string} criterion
 * @property {number} points
 * @property {number} maxPoints
 * @property {"scored" | "missing" | "not_applicable"} status
 */

/**
 * One criterion group of a unit.
 *
 * @typedef {object} GroupResult
 * @property {string} group
 * @property {Score} score
 * @property {CriterionResult[]} criteria Rows only.
 */

/**
 * One category of a unit.
 *
 * @typedef {object} CategoryResult
 * @property {string} category
 * @property {Score} score
 * @property {"ranked" | "below_minimum" | "nothing_applicable"} standing
 * @property {number} level 1 is best; 0: none.
 * @property {number} rank 0: not ranked, or scored alone.
 * @property {Cause[]} causes What keeps the unit from its next better level; from the lowest, when it has none.
 * @property {Measure[]} measures Rows only.
 * @property {GroupResult[]} groups With `full` only.
 */

/**
 * A category counted over a whole ranking.
 *
 * @typedef {object} Tally
 * @property {string} category
 * @property {number} ranked How many units are ranked.
 * @property {{ level: number, units: number }[]} levels Units by level, best level first.
 * @property {(Gate & { units: number })[]} failing How many units do not pass a gate.
 * @property {CriterionCount[]} criteria With `full` only.
 */

/**
 * What units reached in one criterion; the fields are those of the message CriterionCount.
 *
 * @typedef {object} CriterionCount
 * @property {string} criterion
 * @property {number} applicable
 * @property {number} full
 * @property {number} none
 * @property {number} missing
 */

/**
 * What a result was made with.
 *
 * @typedef {object} Provenance
 * @property {string} criteriaSet
 * @property {string} revision
 * @property {string} criteriaProvenance "published" or "reconstructed".
 * @property {string} province
 * @property {string} period
 * @property {string} engineVersion
 */

/** @type {Record<number, CategoryResult["standing"]>} */
const STANDINGS = {
  [Standing.RANKED]: "ranked",
  [Standing.BELOW_MINIMUM]: "below_minimum",
  [Standing.NOTHING_APPLICABLE]: "nothing_applicable",
};

/** @type {Record<number, CriterionResult["status"]>} */
const STATUSES = {
  [CriterionStatus.SCORED]: "scored",
  [CriterionStatus.MISSING]: "missing",
  [CriterionStatus.NOT_APPLICABLE]: "not_applicable",
};

/** A gate that a unit does not pass, and the value it has instead. */
export class Cause {
  /**
   * @param {Gate} gate
   * @param {number} value
   */
  constructor(gate, value) {
    this.level = gate.level;
    this.measure = gate.measure;
    this.unit = gate.unit;
    this.minimum = gate.minimum;
    this.strict = gate.strict;
    this.value = value;
  }

  /**
   * For people; `titles` may give groups their names.
   *
   * @param {Language} [language]
   * @param {Titles} [titles]
   */
  sentence(language = "en", titles = {}) {
    return causeSentence(this, language, titles);
  }
}

/** Everything about one unit. */
export class UnitResult {
  /**
   * @param {Unit} unit
   * @param {CategoryResult[]} categories
   * @param {Score} overall
   * @param {number} overallRank
   * @param {string[]} lacking
   */
  constructor(unit, categories, overall, overallRank, lacking) {
    this.id = unit.id;
    this.name = unit.name ?? "";
    this.tier = unit.tier;
    this.parent = unit.parent ?? "";
    this.categories = categories;
    /** All categories together. */
    this.overall = overall;
    /** 0: not ranked, or scored alone. */
    this.overallRank = overallRank;
    /** Required categories in which the unit is not ranked. */
    this.lacking = lacking;
  }

  /**
   * One category.
   *
   * @param {string} code
   * @throws {RangeError} The unit's tier has no such category.
   */
  category(code) {
    return only(this.categories, (category) => category.category, code, "category");
  }

  /**
   * A sentence for each category: the level, and what keeps the unit from a better one.
   *
   * @param {Language} [language]
   * @param {Titles} [titles]
   */
  why(language = "en", titles = {}) {
    return this.categories.map((category) => categorySentence(category, language, titles));
  }
}

/** The units of one tier, in ranking order. */
export class Ranking {
  /**
   * @param {import("../gen/egov/scorer/v1/scorer_pb.js").Ranking} message
   * @param {UnitResult[]} units
   */
  constructor(message, units) {
    this.tier = message.tier;
    this.cohort = message.cohort;
    /** All units of the cohort, ranked or not. */
    this.unitCount = message.unitCount;
    /** Units with an overall rank. */
    this.overallRanked = message.overallRanked;
    this.tallies = message.tallies.map(tally);
    /** Those of this page. */
    this.units = units;
  }

  /**
   * One category's counts.
   *
   * @param {string} category
   * @throws {RangeError} The tier has no such category.
   */
  tally(category) {
    return only(this.tallies, (counted) => counted.category, category, "category");
  }
}

/** The rankings of a province, one a tier. */
export class Province {
  /**
   * @param {RankProvinceResponse} reply
   * @param {ReadonlyMap<string, Unit>} units A table's units, which give the results their names.
   */
  constructor(reply, units) {
    this.rankings = reply.rankings.map(
      (ranking) =>
        new Ranking(ranking, ranking.table ? tableUnits(ranking, ranking.table, units) : ranking.scorecards.map(unitResult)),
    );
    this.provenance = provenance(reply.provenance);
    /** For the next page; empty on the last one. */
    this.nextPageToken = reply.nextPageToken;
  }

  /**
   * One tier's ranking.
   *
   * @param {string} tier
   * @throws {RangeError} The reply has no such tier.
   */
  ranking(tier) {
    return only(this.rankings, (ranking) => ranking.tier, tier, "tier");
  }

  /**
   * One unit, by id.
   *
   * @param {string} id
   * @throws {RangeError} The reply has no such unit.
   */
  unit(id) {
    const units = this.rankings.flatMap((ranking) => ranking.units);
    return only(units, (unit) => unit.id, id, "unit");
  }
}

/**
 * A scorecard.
 *
 * @param {Scorecard} card
 */
export function unitResult(card) {
  const { unit, overall } = present(card);
  return new UnitResult(
    present(unit),
    card.categories.map(category),
    score(present(overall).score),
    present(overall).rank,
    present(overall).lacking,
  );
}

/**
 * What a result was made with.
 *
 * @param {ProvenanceMessage | undefined} message
 * @returns {Provenance}
 */
export function provenance(message) {
  const { criteriaSet, revision, criteriaProvenance, province, period, engineVersion } = present(message);
  return { criteriaSet, revision, criteriaProvenance, province, period, engineVersion };
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").CategoryTally} message
 * @returns {Tally}
 */
function tally(message) {
  return {
    category: message.category,
    ranked: message.ranked,
    levels: message.levels.map(({ level, units }) => ({ level, units })),
    failing: message.failing.map((count) => ({ ...gate(count.gate), units: count.units })),
    criteria: message.criteria.map(({ criterion, applicable, full, none, missing }) => ({
      criterion,
      applicable,
      full,
      none,
      missing,
    })),
  };
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").CategoryScore} message
 * @returns {CategoryResult}
 */
function category(message) {
  return {
    category: message.category,
    score: score(message.score),
    standing: /** @type {CategoryResult["standing"]} */ (STANDINGS[message.standing]),
    level: message.level,
    rank: message.rank,
    causes: message.failing.map((result) => new Cause(gate(result.gate), result.value)),
    measures: message.measures.map(({ measure, points, maxPoints, percent, level }) => ({
      measure,
      points,
      maxPoints,
      percent,
      level,
    })),
    groups: message.groups.map((group) => ({
      group: group.group,
      score: score(group.score),
      criteria: group.criteria.map(({ criterion, points, maxPoints, status }) => ({
        criterion,
        points,
        maxPoints,
        status: /** @type {CriterionResult["status"]} */ (STATUSES[status]),
      })),
    })),
  };
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").Score | undefined} message
 * @returns {Score}
 */
function score(message) {
  const { points, maxPoints, nominalMaxPoints, percent, converted, published, missing, notApplicable } = present(message);
  return { points, maxPoints, nominalMaxPoints, percent, converted, published, missing, notApplicable };
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").Gate | undefined} message
 * @returns {Gate}
 */
function gate(message) {
  const { level, measure, unit, minimum, strict } = present(message);
  return { level, measure, unit: unit === GateUnit.PERCENT ? "percent" : "points", minimum, strict };
}

/**
 * The units of a table.
 *
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").Ranking} message
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").RankingTable} table
 * @param {ReadonlyMap<string, Unit>} units
 */
function tableUnits(message, table, units) {
  const readers = table.categories.map((column, at) =>
    categoryReader(
      column,
      message.tallies[at].levels.map((count) => count.level),
    ),
  );
  return table.unitIds.map((id, at) => {
    const categories = readers.map((read) => read(at));
    const unranked = categories.filter((found) => found.standing !== "ranked").map((found) => found.category);
    return new UnitResult(
      units.get(id) ?? { id, tier: message.tier },
      categories,
      scoreAt(table.overall, at),
      table.overallRanks[at],
      message.overallRequires.filter((code) => unranked.includes(code)),
    );
  });
}

/**
 * Reads a unit's category out of columns, by the unit's place.
 *
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").CategoryColumn} column
 * @param {number[]} levels Best first.
 * @returns {(at: number) => CategoryResult}
 */
function categoryReader(column, levels) {
  const gates = column.gates.map((message, bit) => {
    const measure = present(column.measures.find((measured) => measured.measure === message.measure));
    const values = message.unit === GateUnit.PERCENT ? measure.percent : measure.points;
    return { gate: gate(message), mask: 1n << BigInt(bit), values };
  });
  return (at) => {
    const level = column.levels[at];
    const failed = column.failedGates[at];
    const next = levels[(level ? levels.indexOf(level) : levels.length) - 1];
    return {
      category: column.category,
      score: scoreAt(column.score, at),
      standing: /** @type {CategoryResult["standing"]} */ (STANDINGS[column.standings[at]]),
      level,
      rank: column.ranks[at],
      causes: gates
        .filter((item) => item.gate.level === next && failed & item.mask)
        .map((item) => new Cause(item.gate, item.values[at])),
      measures: [],
      groups: column.groups.map((group) => ({ group: group.group, score: scoreAt(group.score, at), criteria: [] })),
    };
  };
}

/**
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").ScoreColumns | undefined} message
 * @param {number} at
 * @returns {Score}
 */
function scoreAt(message, at) {
  const columns = present(message);
  return {
    points: columns.points[at],
    maxPoints: columns.maxPoints[at],
    nominalMaxPoints: columns.nominalMaxPoints,
    percent: columns.percent[at],
    converted: columns.converted[at],
    published: columns.published[at],
    missing: columns.missing[at],
    notApplicable: columns.notApplicable[at],
  };
}

/**
 * The one of a list that has this code.
 *
 * @template T
 * @param {T[]} list
 * @param {(item: T) => string} codeOf
 * @param {string} code
 * @param {string} what
 */
function only(list, codeOf, code, what) {
  const found = list.find((item) => codeOf(item) === code);
  if (found === undefined) {
    throw new RangeError(`no ${what} ${JSON.stringify(code)}`);
  }
  return found;
}

/**
 * A message that every reply has.
 *
 * @template T
 * @param {T | undefined} message
 * @returns {T}
 */
function present(message) {
  if (message === undefined) {
    throw new TypeError("the reply lacks a part that every reply has: is this server a scorer?");
  }
  return message;
}
