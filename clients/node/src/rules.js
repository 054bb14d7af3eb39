// Rules of a criteria set: what its levels and limits require.

import { create } from "@bufbuild/protobuf";
import { GateSchema } from "../gen/egov/scorer/v1/scorer_pb.js";
import { Cause } from "./causes.js";
import { gate } from "./replies.js";
import { ruleSentence } from "./rule-sentences.js";

/** @typedef {import("../gen/egov/scorer/v1/criteria_pb.js").Category} CategoryMessage */
/** @typedef {import("../gen/egov/scorer/v1/criteria_pb.js").Condition} Condition */
/** @typedef {import("../gen/egov/scorer/v1/criteria_pb.js").TierCondition} TierCondition */

/** What a level or a limit of a category requires of the units of one tier. */
export class Rule {
  /**
   * @param {string} category
   * @param {TierCondition} own
   * @param {{ level?: number, number?: number, noBetterThan?: number, legalBasis?: string }} source The message of the
   *   level or the limit.
   */
  constructor(category, own, { level = 0, number = 0, noBetterThan = 0, legalBasis = "" }) {
    this.category = category;
    this.tier = own.tier;
    /** The number of the level; 0 if the rule belongs to a limit. */
    this.level = level;
    /** The number of the limit; 0 if the rule belongs to a level. */
    this.limit = number;
    /** For a limit: the best level of units that do not meet the condition; 0 if such units are not ranked. */
    this.noBetterThan = noBetterThan;
    /** For a limit: the part of a legal document that sets the limit; may be empty. */
    this.legalBasis = legalBasis;
    /** What is required, as a combination without the values of a unit. */
    this.condition = condition(own.condition);
  }

  /**
   * The requirement in words: total at least 80 %; at least 2 of: presence at least 80 %; use at least 80 %.
   *
   * @param {import("./sentence-words.js").Language} [language]
   * @param {import("./sentences.js").Titles} [titles] See `Form.names`.
   */
  sentence(language = "en", titles = {}) {
    return ruleSentence(this, language, titles);
  }
}

/**
 * The rules of each category: those of its levels, the best level first, then those of its limits.
 *
 * @param {CategoryMessage[]} categories
 */
export function rulesOf(categories) {
  return categories.flatMap(({ code, levels, limits }) => [
    ...levels.flatMap(({ level, conditions }) => conditions.map((own) => new Rule(code, own, { level }))),
    ...limits.flatMap((limit) => limit.required.map((own) => new Rule(code, own, limit))),
  ]);
}

/**
 * A condition without the values of a unit.
 *
 * @param {Condition | undefined} message
 * @returns {Cause}
 */
function condition(message) {
  const { gate: own = create(GateSchema), atLeast = 0, of = [] } = message ?? {}; // a combination has no gate
  const nothing = { value: 0, answer: "", reachedLevel: 0 };
  return new Cause(gate(own), { ...nothing, atLeast, outOf: of.length, of: of.map(condition) });
}
