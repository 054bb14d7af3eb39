// Names for people in place of codes and numbers: titles of tiers, levels and limits, and words for statuses.

/** @typedef {import("../gen/egov/scorer/v1/scorer_pb.js").Names} Names */
/** @typedef {Record<string, string>} Texts By language. */

/**
 * The key of a level among names, such as "readiness/1".
 *
 * @param {string} category
 * @param {number} level
 */
export function levelKey(category, level) {
  return `${category}/${level}`;
}

/**
 * The key of a limit among names, such as "readiness/limit/1".
 *
 * @param {string} category
 * @param {number} limit
 */
export function limitKey(category, limit) {
  return `${category}/limit/${limit}`;
}

/**
 * The key of an indicator among names, such as "indicator/computers".
 *
 * @param {string} code
 */
export function indicatorKey(code) {
  return `indicator/${code}`;
}

/**
 * The key of an option among names, such as "option/portal/complete".
 *
 * @param {string} indicator
 * @param {string} option
 */
export function optionKey(indicator, option) {
  return `option/${indicator}/${option}`;
}

/**
 * The key of a subtotal among names, such as "subtotal/people".
 *
 * @param {string} code
 */
export function subtotalKey(code) {
  return `subtotal/${code}`;
}

/**
 * The texts of messages, by language.
 *
 * @param {import("../gen/egov/scorer/v1/scorer_pb.js").Text[]} titles
 * @returns {Texts}
 */
export function textsOf(titles) {
  return Object.fromEntries(titles.map(({ language, text }) => [language, text]));
}

/**
 * The names of a reply, by key: "tier/district", "readiness/1" for a level, "readiness/limit/1" for a limit,
 * "standing/ranked", "status/missing" and "provenance/published". Tiers, levels and limits without titles are left out.
 * A level that only has a code, such as "A", is called "level A".
 *
 * @param {Names | undefined} names
 * @returns {Record<string, Texts>}
 */
export function textsByKey(names) {
  const kinds = {
    tier: names?.tiers ?? [],
    standing: names?.standings ?? [],
    status: names?.criterionStatuses ?? [],
    provenance: names?.provenances ?? [],
  };
  /** @type {[string, Texts][]} */
  const texts = Object.entries(kinds).flatMap(([kind, ofKind]) =>
    ofKind.map(({ code, titles }) => /** @type {[string, Texts]} */ ([`${kind}/${code}`, textsOf(titles)])),
  );
  for (const { category, level, code, titles } of names?.levels ?? []) {
    /** @type {Texts} */
    const byCode = code ? { en: `level ${code}`, vi: `mức ${code}` } : {};
    texts.push([levelKey(category, level), titles.length ? textsOf(titles) : byCode]);
  }
  for (const { category, limit, titles } of names?.limits ?? []) {
    texts.push([limitKey(category, limit), textsOf(titles)]);
  }
  return Object.fromEntries(texts.filter(([, titles]) => Object.keys(titles).length > 0));
}

/**
 * For each key, the text in a language; if there is none, the first text; if there is no text at all, the key.
 *
 * @param {Record<string, Texts>} texts
 * @param {string} language
 * @returns {Record<string, string>}
 */
export function inLanguage(texts, language) {
  return Object.fromEntries(
    Object.entries(texts).map(([key, titles]) => [key, titles[language] ?? Object.values(titles)[0] ?? key]),
  );
}
