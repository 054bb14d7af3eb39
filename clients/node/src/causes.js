// What a unit lacks for a better level.

import { causeSentence } from "./sentences.js";

/** @typedef {import("./sentence-words.js").Language} Language */
/** @typedef {import("./sentences.js").Titles} Titles */

/**
 * A condition of a level or a limit: usually a minimum that a measure must reach.
 *
 * @typedef {object} Gate
 * @property {number} level The level that requires the gate; 0 if a limit requires it.
 * @property {string} measure The measure that the gate compares; empty for a gate on an answer or on a level.
 * @property {"percent" | "points" | "" | `unknown_${number}`} unit The unit of `minimum` and `value`; empty if there is no measure.
 * @property {number} minimum The minimum of the measure; if `upper` is true, the maximum instead.
 * @property {boolean} strict Whether a value equal to `minimum` fails the gate.
 * @property {boolean} upper Whether `minimum` is a maximum.
 * @property {string} indicator An indicator whose answer must be one of `options`; if `excluded` is true, none of them.
 * @property {string[]} options
 * @property {string} category Another category, in which the unit must reach `categoryLevel`; if `excluded` is true,
 *   must not reach it.
 * @property {number} categoryLevel
 * @property {boolean} excluded
 * @property {number} limit The number of the limit that requires the gate; 0 if a level requires it.
 */

/**
 * A unit's values for a gate, or for a combination of gates.
 *
 * @typedef {object} Found
 * @property {number} value The unit's value of the measure.
 * @property {string} answer The unit's answer; empty if it was not reported.
 * @property {number} reachedLevel The level that the unit reaches in the other category; 0 if it reaches none.
 * @property {number} atLeast The number of conditions of a combination that must hold; 0 for a gate.
 * @property {number} outOf The number of conditions of a combination; 0 for a gate.
 * @property {Cause[]} of The conditions of a combination that the unit lacks, the one missed by least first.
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
   * @param {string} [category] Code of the category to which the cause belongs, for the names of its levels.
   */
  sentence(language = "en", titles = {}, category = "") {
    return causeSentence(this, language, titles, category);
  }
}
