// The rankings of a province, with their counts.

import { only } from "./checks.js";
import { inLanguage } from "./titles.js";

/** @typedef {import("./causes.js").Gate} Gate */
/** @typedef {import("./results.js").UnitResult} UnitResult */
/** @typedef {import("./titles.js").Texts} Texts */

/**
 * Counts of units in one category, over a whole ranking.
 *
 * @typedef {object} Tally
 * @property {string} category
 * @property {number} ranked Number of units that are ranked.
 * @property {{ level: number, units: number }[]} levels Number of units by level, the best level first.
 * @property {(Gate & { units: number })[]} failing Number of units that fail each gate.
 * @property {CriterionCount[]} criteria Empty unless the result was requested with `full`.
 */

/**
 * Counts of units for one criterion.
 *
 * @typedef {object} CriterionCount
 * @property {string} criterion
 * @property {number} applicable Number of units to which the criterion applies.
 * @property {number} full Number of units with the most points that the criterion gives.
 * @property {number} none Number of units with the fewest points that the criterion gives.
 * @property {number} missing Number of units whose answer is missing.
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
   * Titles of tiers, levels and statuses in a language; in their first language if they lack it. The keys are
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
   * @throws {RangeError} There is no ranking of the tier or cohort, or there are several and `cohort` is not given.
   */
  ranking(tier, cohort) {
    const found = this.rankings.filter((one) => one.tier === tier && (cohort === undefined || one.cohort === cohort));
    if (found.length > 1) {
      throw new RangeError(`${tier} has ${found.length} cohorts, such as "${found[0].cohort}": name one`);
    }
    return only(found, (one) => one.tier, tier, cohort === undefined ? "tier" : `cohort "${cohort}" of tier`);
  }

  /**
   * The unit with this id.
   *
   * @param {string} id
   * @throws {RangeError} The result does not have the unit.
   */
  unit(id) {
    const units = this.rankings.flatMap((ranking) => ranking.units);
    return only(units, (unit) => unit.id, id, "unit");
  }
}
