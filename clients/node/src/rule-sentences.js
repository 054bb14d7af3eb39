// Sentences about what levels and limits require, in English and Vietnamese.

import { wordsOf } from "./sentence-words.js";
import { levelName, needed, subjectName } from "./sentences.js";

/** @typedef {import("./causes.js").Cause} Cause */
/** @typedef {import("./sentence-words.js").Words} Words */
/** @typedef {import("./sentences.js").Titles} Titles */

/**
 * What a level or a limit requires.
 *
 * @param {import("./rules.js").Rule} rule
 * @param {import("./sentence-words.js").Language} language
 * @param {Titles} titles
 */
export function ruleSentence(rule, language, titles) {
  const words = wordsOf(language);
  const { condition, noBetterThan } = rule;
  const required = condition.atLeast === condition.outOf ? condition.of : [condition];
  const text = required
    .map((each, index) => {
      const sentence = requirement(each, words, titles);
      // Parentheses show where the list of its conditions ends.
      return each.atLeast && index < required.length - 1 ? `(${sentence})` : sentence;
    })
    .join("; ");
  if (!rule.limit) {
    return text;
  }
  const basis = rule.legalBasis && ` (${rule.legalBasis})`;
  const otherwise = noBetterThan
    ? words.otherwiseLevel(levelName(rule.category, noBetterThan, words, titles))
    : words.otherwiseNotRanked;
  return `${text}; ${otherwise}${basis}`;
}

/**
 * What a gate or a combination requires of every unit, such as: total at least 80 %.
 *
 * @param {Cause} cause
 * @param {Words} words
 * @param {Titles} titles
 * @returns {string}
 */
function requirement(cause, words, titles) {
  if (!cause.atLeast) {
    const separator = cause.indicator ? words.afterIndicator : cause.category ? ": " : " ";
    return `${subjectName(cause, words, titles)}${separator}${needed(cause, words, titles)}`;
  }
  const conditions = cause.of
    .map((each) => (each.atLeast ? `(${requirement(each, words, titles)})` : requirement(each, words, titles)))
    .join("; ");
  return cause.atLeast === cause.outOf
    ? words.allOf(conditions)
    : words.someOf(cause.atLeast, cause.outOf, conditions);
}
