// The client of the scorer service: scores and ranks government units over gRPC.

export { Cause } from "./causes.js";
export { ScorerClient } from "./client.js";
export { ScorerError } from "./errors.js";
export { Form } from "./forms.js";
export { TableRanking } from "./ranking-tables.js";
export { Province, Ranking } from "./rankings.js";
export { UnitResult } from "./results.js";
export { Rule } from "./rules.js";

/** @typedef {import("./causes.js").Gate} Gate */
/** @typedef {import("./errors.js").Violation} Violation */
/** @typedef {import("./forms.js").CriteriaSetSummary} CriteriaSetSummary */
/** @typedef {import("./forms.js").Indicator} Indicator */
/** @typedef {import("./forms.js").RankKey} RankKey */
/** @typedef {import("./options.js").ClientOptions} ClientOptions */
/** @typedef {import("./options.js").PerCall} PerCall */
/** @typedef {import("./options.js").RankOptions} RankOptions */
/** @typedef {import("./options.js").ScoreOptions} ScoreOptions */
/** @typedef {import("./options.js").Tls} Tls */
/** @typedef {import("./rankings.js").CriterionCount} CriterionCount */
/** @typedef {import("./rankings.js").Provenance} Provenance */
/** @typedef {import("./rankings.js").Tally} Tally */
/** @typedef {import("./requests.js").Answers} Answers */
/** @typedef {import("./requests.js").CriteriaSetName} CriteriaSetName */
/** @typedef {import("./requests.js").Day} Day */
/** @typedef {import("./requests.js").Row} Row */
/** @typedef {import("./requests.js").Unit} Unit */
/** @typedef {import("./requests.js").Value} Value */
/** @typedef {import("./results.js").CategoryResult} CategoryResult */
/** @typedef {import("./results.js").CriterionResult} CriterionResult */
/** @typedef {import("./results.js").GroupResult} GroupResult */
/** @typedef {import("./results.js").Measure} Measure */
/** @typedef {import("./results.js").Score} Score */
/** @typedef {import("./results.js").SubtotalResult} SubtotalResult */
/** @typedef {import("./tables.js").Column} Column */
/** @typedef {import("./tables.js").UnitTable} UnitTable */
