// Client of the scorer: scores and ranks government units over gRPC.

export { ScorerClient } from "./client.js";
export { ScorerError } from "./errors.js";
export { Form } from "./forms.js";
export { Cause, Province, Ranking, UnitResult } from "./results.js";

/** @typedef {import("./client.js").ClientOptions} ClientOptions */
/** @typedef {import("./client.js").PerCall} PerCall */
/** @typedef {import("./client.js").RankOptions} RankOptions */
/** @typedef {import("./client.js").ScoreOptions} ScoreOptions */
/** @typedef {import("./client.js").TableOptions} TableOptions */
/** @typedef {import("./client.js").Tls} Tls */
/** @typedef {import("./errors.js").Violation} Violation */
/** @typedef {import("./forms.js").CriteriaSetSummary} CriteriaSetSummary */
/** @typedef {import("./forms.js").Indicator} Indicator */
/** @typedef {import("./requests.js").Column} Column */
/** @typedef {import("./requests.js").CriteriaSetName} CriteriaSetName */
/** @typedef {import("./requests.js").Day} Day */
/** @typedef {import("./requests.js").Row} Row */
/** @typedef {import("./requests.js").Unit} Unit */
/** @typedef {import("./requests.js").Value} Value */
/** @typedef {import("./results.js").CategoryResult} CategoryResult */
/** @typedef {import("./results.js").CriterionCount} CriterionCount */
/** @typedef {import("./results.js").CriterionResult} CriterionResult */
/** @typedef {import("./results.js").Gate} Gate */
/** @typedef {import("./results.js").GroupResult} GroupResult */
/** @typedef {import("./results.js").Measure} Measure */
/** @typedef {import("./results.js").Provenance} Provenance */
/** @typedef {import("./results.js").Score} Score */
/** @typedef {import("./results.js").Tally} Tally */
