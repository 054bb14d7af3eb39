// Results as plain objects, with the causes as readable sentences.

import { categorySentence, causeSentence } from "./sentences.js";

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
 * @property {CriterionResult[]} criteria
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
   * @param {boolean} commended
   */
  constructor(unit, categories, overall, overallRank, lacking, commended) {
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
    /** Whether the set commends it; never when scored alone. */
    this.commended = commended;
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

/** The units that are ranked together, in ranking order. */
export class Ranking {
  /**
   * @param {string} tier
   * @param {string} cohort
   * @param {number} unitCount
   * @param {number} overallRanked
   * @param {Tally[]} tallies
   * @param {UnitResult[]} units
   */
  constructor(tier, cohort, unitCount, overallRanked, tallies, units) {
    this.tier = tier;
    /** The tier; or the parent's id, where the set ranks within parents. */
    this.cohort = cohort;
    /** All units of the cohort, ranked or not. */
    this.unitCount = unitCount;
    /** Units with an overall rank. */
    this.overallRanked = overallRanked;
    this.tallies = tallies;
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

/**
 * The rankings of a province, one a tier; or a parent, where the set ranks within parents.
 *
 * @template {Ranking} [R=Ranking]
 */
export class Province {
  /**
   * @param {R[]} rankings
   * @param {Provenance} provenance
   * @param {string} nextPageToken
   */
  constructor(rankings, provenance, nextPageToken) {
    this.rankings = rankings;
    this.provenance = provenance;
    /** For the next page; empty on the last one. */
    this.nextPageToken = nextPageToken;
  }

  /**
   * One tier's ranking; that of one parent, when `cohort` names it.
   *
   * @param {string} tier
   * @param {string} [cohort]
   * @throws {RangeError} The reply has no such tier or cohort, or several cohorts of the tier, and none is named.
   */
  ranking(tier, cohort) {
    const found = this.rankings.filter((one) => one.tier === tier && (cohort === undefined || one.cohort === cohort));
    if (found.length > 1) {
      throw new RangeError(`${tier} is ranked by ${found.length} cohorts, such as "${found[0].cohort}": name one`);
    }
    return only(found, (one) => one.tier, tier, cohort === undefined ? "tier" : `cohort "${cohort}" of tier`);
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
