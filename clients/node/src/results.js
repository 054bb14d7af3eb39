// The results of a unit as plain objects, and causes as sentences.

import { categorySentence, causeSentence } from "./sentences.js";
import { inLanguage } from "./titles.js";

/** @typedef {import("./requests.js").Unit} Unit */
/** @typedef {import("./sentences.js").Language} Language */
/** @typedef {import("./sentences.js").Titles} Titles */
/** @typedef {import("./titles.js").Texts} Texts */

/**
 * The scores of one sum of criteria; the fields are those of the message Score.
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
 * @property {Score} [selfReported] The same sum with the answers that the unit reported itself; absent if all answers
 *   of the set are.
 */

/**
 * A condition of a level or a limit: usually a minimum that a measure must reach.
 *
 * @typedef {object} Gate
 * @property {number} level 0: a limit needs it.
 * @property {string} measure Empty for a gate on an answer or on another category's level.
 * @property {"percent" | "points" | ""} unit Empty if there is no measure.
 * @property {number} minimum The largest value instead if `upper`.
 * @property {boolean} strict Whether a value that equals the minimum fails.
 * @property {boolean} upper
 * @property {string} indicator An indicator whose answer must be one of `options`; or none of them, if `excluded`.
 * @property {string[]} options
 * @property {string} category Another category, in which `categoryLevel` must be reached; or not, if `excluded`.
 * @property {number} categoryLevel
 * @property {boolean} excluded
 * @property {number} limit The number of the limit that needs it; 0: a level needs it.
 */

/**
 * What a unit has of a gate, or of a combination of gates.
 *
 * @typedef {object} Found
 * @property {number} value The unit's value of the measure.
 * @property {string} answer The unit's answer; empty: not reported.
 * @property {number} reachedLevel The level that the unit reaches in the other category; 0: none.
 * @property {number} atLeast Of a combination: how many of its parts must hold; 0: it is a gate.
 * @property {number} outOf Of a combination: the number of its parts.
 * @property {Cause[]} of Of a combination: the parts that do not hold, the nearest first.
 */

/**
 * A measure that gates compare.
 *
 * @typedef {object} Measure
 * @property {string} measure
 * @property {number} points
 * @property {number} maxPoints
 * @property {number} percent
 * @property {number} level The best level whose gates on this measure all hold; 0: none.
 */

/**
 * One criterion of a unit.
 *
 * @typedef {object} CriterionResult
 * @property {string} criterion
 * @property {number} points
 * @property {number} maxPoints
 * @property {"scored" | "missing" | "not_applicable"} status
 * @property {CriterionResult} [selfReported] The same criterion with the answers that the unit reported itself; absent
 *   if all answers of the set are.
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
 * One subtotal of a unit: the sum of criteria across groups, which decides nothing.
 *
 * @typedef {object} SubtotalResult
 * @property {string} subtotal
 * @property {Score} score
 */

/**
 * One category of a unit.
 *
 * @typedef {object} CategoryResult
 * @property {string} category
 * @property {Score} score
 * @property {"ranked" | "below_minimum" | "nothing_applicable" | "excluded"} standing
 * @property {number} level 1 is best; 0: none.
 * @property {string} levelCode What people call the level, such as "A"; empty without a level, or if it has no code.
 * @property {number} rank From 1; 0: not ranked, or scored alone.
 * @property {Cause[]} causes What the unit lacks for the next better level, or for the lowest level if it has none.
 * @property {Measure[]} measures Empty if the request was a table, which has a column for each measure.
 * @property {GroupResult[]} groups With `full` only.
 */

/**
 * Counts of one category over a whole ranking.
 *
 * @typedef {object} Tally
 * @property {string} category
 * @property {number} ranked Number of units that are ranked.
 * @property {{ level: number, units: number }[]} levels Number of units by level, the best level first.
 * @property {(Gate & { units: number })[]} failing Number of units that fail each gate.
 * @property {CriterionCount[]} criteria With `full` only.
 */

/**
 * Counts of units for one criterion; the fields are those of the message CriterionCount.
 *
 * @typedef {object} CriterionCount
 * @property {string} criterion
 * @property {number} applicable
 * @property {number} full
 * @property {number} none
 * @property {number} missing
 */

/**
 * The criteria set and the version of the engine that a result is based on.
 *
 * @typedef {object} Provenance
 * @property {string} criteriaSet
 * @property {string} revision
 * @property {string} criteriaProvenance "published" or "reconstructed".
 * @property {string} province
 * @property {string} period
 * @property {string} engineVersion
 */

/** What a unit lacks for its next better level: a gate, or a combination of gates such as "2 of 3". */
export class Cause {
  /**
   * @param {Gate} gate
   * @param {Found} found
   */
  constructor(gate, found) {
    this.level = gate.level;
    this.measure = gate.measure;
    this.unit = gate.unit;
    this.minimum = gate.minimum;
    this.strict = gate.strict;
    this.value = found.value;
    this.upper = gate.upper;
    this.indicator = gate.indicator;
    this.options = gate.options;
    this.answer = found.answer;
    this.category = gate.category;
    this.categoryLevel = gate.categoryLevel;
    this.reachedLevel = found.reachedLevel;
    this.excluded = gate.excluded;
    this.limit = gate.limit;
    this.atLeast = found.atLeast;
    this.outOf = found.outOf;
    this.of = found.of;
  }

  /**
   * The cause as a sentence; `titles` has names by code and key, see `Form.names`.
   *
   * @param {Language} [language]
   * @param {Titles} [titles]
   * @param {string} [category] Code of the category that the cause is of, whose levels may have names.
   */
  sentence(language = "en", titles = {}, category = "") {
    return causeSentence(this, language, titles, category);
  }
}

/** The results of one unit. */
export class UnitResult {
  id = "";
  name = "";
  tier = "";
  parent = "";
  /** @type {CategoryResult[]} */
  categories = [];
  /**
   * All categories together.
   *
   * @type {Score}
   */
  overall;
  /** From 1; 0: not ranked, or scored alone. */
  overallRank = 0;
  /**
   * Required categories in which the unit is not ranked.
   *
   * @type {string[]}
   */
  lacking = [];
  /** Whether the unit is commended; false if it was scored alone. */
  commended = false;
  /**
   * With `full` only.
   *
   * @type {SubtotalResult[]}
   */
  subtotals = [];
  /** @type {Record<string, Texts>} */
  #texts;

  /**
   * @param {Omit<UnitResult, "category" | "why" | "names">} fields
   * @param {Record<string, Texts>} [texts] Titles of tiers, levels and statuses, if the unit was scored alone.
   */
  constructor(fields, texts = {}) {
    this.overall = fields.overall;
    Object.assign(this, fields);
    this.#texts = texts;
  }

  /**
   * Titles of tiers, levels and statuses in one language, if the unit was scored alone; otherwise `Province` has them.
   *
   * @param {string} language
   */
  names(language) {
    return inLanguage(this.#texts, language);
  }

  /**
   * One category.
   *
   * @param {string} code
   * @throws {RangeError} The unit's tier does not have the category.
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
    /** The tier; or the parent's id, if the set ranks within parents. */
    this.cohort = cohort;
    /** Number of units of the cohort, ranked or not. */
    this.unitCount = unitCount;
    /** Number of units with an overall rank. */
    this.overallRanked = overallRanked;
    this.tallies = tallies;
    /** The units of this page, in ranking order. */
    this.units = units;
  }

  /**
   * The counts of one category.
   *
   * @param {string} category
   * @throws {RangeError} The tier does not have the category.
   */
  tally(category) {
    return only(this.tallies, (counted) => counted.category, category, "category");
  }
}

/**
 * The rankings of a province: one per tier, or one per parent if the set ranks within parents.
 *
 * @template {Ranking} [R=Ranking]
 */
export class Province {
  /**
   * @param {R[]} rankings
   * @param {Provenance} provenance
   * @param {string} nextPageToken
   * @param {Record<string, Texts>} [texts]
   */
  constructor(rankings, provenance, nextPageToken, texts = {}) {
    this.rankings = rankings;
    this.provenance = provenance;
    /** Token of the next page; empty on the last page. */
    this.nextPageToken = nextPageToken;
    /** Titles of tiers, levels and statuses by language; see `names`. */
    this.texts = texts;
  }

  /**
   * Titles of tiers, levels and statuses in one language, or in the first language of each. The keys are
   * "tier/district", "readiness/1" for a level, "standing/ranked", "status/missing" and "provenance/published". Tiers
   * and levels without titles are left out. `Form.names` also has the titles of categories, groups and criteria.
   *
   * @param {string} language
   */
  names(language) {
    return inLanguage(this.texts, language);
  }

  /**
   * The ranking of a tier; or of one parent, if `cohort` names it.
   *
   * @param {string} tier
   * @param {string} [cohort]
   * @throws {RangeError} The reply does not have the tier or cohort, or it has several cohorts and none is named.
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
   * @throws {RangeError} The reply does not have the unit.
   */
  unit(id) {
    const units = this.rankings.flatMap((ranking) => ranking.units);
    return only(units, (unit) => unit.id, id, "unit");
  }
}

/**
 * The item of a list that has this code.
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
