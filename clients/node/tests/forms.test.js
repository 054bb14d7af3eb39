// Forms of a set with rules of every kind: what levels and limits require, effects of criteria, and the order of units.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ScorerClient } from "../src/index.js";
import { startServer } from "./server.js";

const SET = `
criteria_set: rules-2026
title: {en: Rules}
provenance: reconstructed
tiers: [commune, district]
ranking: {by: [{level: use}, overall, {measure: office}]}
categories:
  use:
    title: {en: Use, vi: Sử dụng}
    groups:
      office:
        indicators:
          files: {kind: count, title: {en: Files, vi: Hồ sơ}}
          plan: {kind: choice, title: {en: Plan, vi: Kế hoạch}, options: [whole, part, none]}
          incident: {kind: flag, title: {en: Incident, vi: Sự cố}}
        criteria:
          - {id: "1.1", formula: count, indicator: files, each: 1, points: {commune: 10}, may_be_not_applicable: true}
          - {id: "1.2", formula: flag, indicator: incident, points: 2, effect: penalty}
          - {id: "1.3", formula: flag, indicator: incident, points: {district: 1}, effect: bonus}
          - {id: "1.4", formula: count, indicator: files, each: 1, points: {district: 10}}
    levels:
      - level: 1
        title: {en: Good, vi: Tốt}
        when:
          all:
            - {at_least: 2, of: [{measure: total, at_least: {commune: 80%, district: none}},
               {indicator: plan, is: [whole, part]}, {not: {indicator: incident, is: true}}]}
            - any: [{measure: total, above: 9}, {indicator: plan, is: whole}]
            - {measure: total, at_least: 50%}
      - {level: 2, gates: [{measure: total, at_least: 1}]}
    limits:
      - {when: {indicator: incident, is: true}, no_better_than: 2, legal_basis: article 5}
      - {when: {measure: total, below: 2}, not_ranked: true}
`;

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("../src/index.js").Form} */
let form;
const folder = mkdtempSync(join(tmpdir(), "sets-"));

before(async () => {
  writeFileSync(join(folder, "rules-2026.yaml"), SET);
  server = await startServer("--criteria", folder);
  const client = new ScorerClient(server.address);
  form = await client.form("rules-2026");
  client.close();
});
after(() => {
  server.stop();
  rmSync(folder, { recursive: true });
});

const SENTENCES = {
  en: [
    "(at least 2 of: total at least 80 %; Plan: whole or part; Incident: anything but yes); " +
      "(at least 1 of: total more than 9 points; Plan: whole); total at least 50 %",
    "total at least 1 points",
    "Incident: anything but yes; otherwise no better than level 2 (article 5)",
    "total at least 2 points; otherwise not ranked",
  ],
  vi: [
    "(ít nhất 2 trong 3 điều kiện: tổng điểm từ 80 %; Kế hoạch phải là “whole” hoặc “part”; Sự cố không được là “có”); " +
      "(ít nhất 1 trong 2 điều kiện: tổng điểm trên 9 điểm; Kế hoạch phải là “whole”); tổng điểm từ 50 %",
    "tổng điểm từ 1 điểm",
    "Sự cố không được là “có”; nếu không thì không xếp trên mức 2 (article 5)",
    "tổng điểm từ 2 điểm; nếu không thì không được xếp hạng",
  ],
};

test("rules of levels and limits are sentences, the same as those of the Python client", () => {
  for (const [language, sentences] of Object.entries(SENTENCES)) {
    const own = form.rules.filter((rule) => rule.tier === "commune");
    assert.deepEqual(own.map(({ level, limit }) => [level, limit]), [[1, 0], [2, 0], [0, 1], [0, 2]]);
    assert.deepEqual(own.map((rule) => rule.sentence(language, form.names(language))), sentences);
  }
});

test("a form has the tiers and effects of criteria, and what orders the units", () => {
  assert.deepEqual(form.criteria, {
    "1.1": ["commune"], "1.2": ["commune", "district"], "1.3": ["district"], "1.4": ["district"],
  });
  assert.deepEqual(form.effects, { "1.1": "score", "1.2": "penalty", "1.3": "bonus", "1.4": "score" });
  assert.deepEqual(form.rankBy, {
    overall: [
      { kind: "level", category: "use", measure: "" },
      { kind: "score", category: "", measure: "" },
      { kind: "measure", category: "use", measure: "office" },
    ],
    use: [{ kind: "score", category: "use", measure: "" }],
  });
});
