// The words of sentences about levels and causes, in English and Vietnamese.

/**
 * "en" or "vi"; any other language is treated as "en".
 *
 * @typedef {string} Language
 */

const ENGLISH = {
  total: "total",
  points: "points",
  /** @type {(measure: string, value: string, who: string, needed: string) => string} */
  cause: (measure, value, who, needed) => `${measure} is ${value}, ${who} requires ${needed}`,
  /** @type {(who: string, needed: string) => string} */
  asks: (who, needed) => `${who} requires ${needed}`,
  /** @type {(number: number) => string} */
  level: (number) => `level ${number}`,
  /** @type {(number: number) => string} */
  limit: (number) => `limit ${number}`,
  /** @type {(title: string) => string} */
  limitTitled: (title) => `the limit "${title}"`,
  /** @type {(indicator: string, value: string, who: string, needed: string) => string} */
  answerCause: (indicator, value, who, needed) => `${indicator} is ${value}, ${who} requires ${needed}`,
  /** @type {(category: string, level: string, who: string, needed: string) => string} */
  levelCause: (category, level, who, needed) => `${category} is ${level}, ${who} requires ${needed}`,
  /** @type {(measure: string, value: string, minimum: string) => string} */
  short: (measure, value, minimum) => `${measure} ${value} of ${minimum}`,
  /** @type {(atLeast: number, outOf: number, conditions: string) => string} */
  combination: (atLeast, outOf, conditions) => `${atLeast} of ${outOf}: ${conditions}`,
  /** @type {(atLeast: number, outOf: number, conditions: string) => string} */
  someOf: (atLeast, _, conditions) => `at least ${atLeast} of: ${conditions}`,
  /** @type {(conditions: string) => string} */
  allOf: (conditions) => `all of: ${conditions}`,
  afterIndicator: ": ",
  /** @type {(level: string) => string} */
  otherwiseLevel: (level) => `otherwise no better than ${level}`,
  otherwiseNotRanked: "otherwise not ranked",
  or: " or ",
  and: " and ",
  atLeast: "at least",
  above: "more than",
  atMost: "at most",
  below: "less than",
  yes: "yes",
  no: "no",
  notReported: "not reported",
  /** @type {(text: string) => string} */
  quoted: (text) => text,
  /** @type {(options: string) => string} */
  options: (options) => options,
  /** @type {(options: string) => string} */
  except: (options) => `anything but ${options}`,
  /** @type {(level: string) => string} */
  atLevel: (level) => `at ${level}`,
  noLevel: "without level",
  /** @type {(level: string) => string} */
  orBetter: (level) => `${level} or better`,
  /** @type {(level: string) => string} */
  worse: (level) => `worse than ${level}`,
  /** @type {(category: string) => string} */
  ranked: (category) => `${category}: ranked`,
  best: "the best",
  /** @type {(category: string) => string} */
  notRanked: (category) => `${category}: not ranked`,
  /** @type {(category: string) => string} */
  nothingApplicable: (category) => `${category}: not ranked, because none of its criteria applies`,
};

/** @typedef {typeof ENGLISH} Words */

/** @type {Words} */
const VIETNAMESE = {
  total: "tổng điểm",
  points: "điểm",
  cause: (measure, value, who, needed) => `${measure} đạt ${value}, ${who} yêu cầu ${needed}`,
  asks: (who, needed) => `${who} yêu cầu ${needed}`,
  level: (number) => `mức ${number}`,
  limit: (number) => `giới hạn ${number}`,
  limitTitled: (title) => `giới hạn “${title}”`,
  answerCause: (indicator, value, who, needed) => `${indicator}: ${value}, theo ${who} ${needed}`,
  levelCause: (category, level, who, needed) => `${category}: ${level}, ${who} yêu cầu ${needed}`,
  short: (measure, value, minimum) => `${measure} ${value}/${minimum}`,
  combination: (atLeast, outOf, conditions) => `${atLeast} trong ${outOf}: ${conditions}`,
  someOf: (atLeast, outOf, conditions) => `ít nhất ${atLeast} trong ${outOf} điều kiện: ${conditions}`,
  allOf: (conditions) => `đồng thời: ${conditions}`,
  afterIndicator: " ",
  otherwiseLevel: (level) => `nếu không thì không xếp trên ${level}`,
  otherwiseNotRanked: "nếu không thì không được xếp hạng",
  or: " hoặc ",
  and: " và ",
  atLeast: "từ",
  above: "trên",
  atMost: "không quá",
  below: "dưới",
  yes: "có",
  no: "không",
  notReported: "chưa báo cáo",
  quoted: (text) => `“${text}”`,
  options: (options) => `phải là ${options}`,
  except: (options) => `không được là ${options}`,
  atLevel: (level) => level,
  noLevel: "chưa đạt mức nào",
  orBetter: (level) => `${level} trở lên`,
  worse: (level) => `thấp hơn ${level}`,
  ranked: (category) => `${category}: được xếp hạng`,
  best: "mức cao nhất",
  notRanked: (category) => `${category}: không được xếp hạng`,
  nothingApplicable: (category) => `${category}: không được xếp hạng vì không có tiêu chí nào áp dụng`,
};

/**
 * The words of a language.
 *
 * @param {Language} language
 * @returns {Words}
 */
export function wordsOf(language) {
  return language === "vi" ? VIETNAMESE : ENGLISH;
}
