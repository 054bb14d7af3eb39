// Answers from several sources, and subtotals, in rows and in a table: what units reported themselves stands beside what
// counts.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ScorerClient } from "../src/index.js";
import { startServer } from "./server.js";

const SET = `
criteria_set: par-2026
title: {en: Administrative reform}
provenance: reconstructed
notes: {en: Made up.}
tiers: [department]
sources: [self_reported, verified]
subtotals: {paper: {title: {en: Paper, vi: Giấy tờ}}}
categories:
  reform:
    groups:
      processes:
        indicators:
          files: {kind: count, title: {en: Files}}
          rating: {kind: number, title: {en: Rating}}
        criteria:
          - {id: A, formula: count, indicator: files, each: 1, points: 10, subtotal: paper}
          - {id: B, formula: linear, indicator: rating, from: 0, to: 10, points: 5, sources: [surveyed]}
`;
const ANSWERS = { files: 9, "files@verified": 6, rating: 5 };

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {ScorerClient} */
let client;
const folder = mkdtempSync(join(tmpdir(), "sets-"));

before(async () => {
  writeFileSync(join(folder, "par-2026.yaml"), SET);
  server = await startServer("--criteria", folder);
  client = new ScorerClient(server.address);
});
after(() => {
  client.close();
  server.stop();
  rmSync(folder, { recursive: true });
});

test("self-reported points and subtotals are the same in results of rows and of tables", async () => {
  const row = { id: "u", tier: "department", answers: ANSWERS };
  const columns = Object.fromEntries(Object.entries(ANSWERS).map(([code, answer]) => [code, [answer]]));
  const inRows = (await client.rankProvince("par-2026", [row], { full: true })).unit("u");
  const table = { id: ["u"], tier: ["department"], ...columns };
  const inTable = (await client.rankTable("par-2026", table, { full: true })).unit("u");
  for (const unit of [inRows, inTable]) {
    assert.equal(unit.overall.points, 8.5);
    assert.deepEqual(
      [unit.overall.selfReported?.points, unit.overall.selfReported?.maxPoints, unit.overall.selfReported?.published],
      [9, 10, 13.5],
    );
    const [{ subtotal, score }] = unit.subtotals;
    assert.deepEqual(
      [subtotal, score.points, score.maxPoints, score.nominalMaxPoints, score.percent, score.selfReported?.points],
      ["paper", 6, 10, 10, 60, 9],
    );
    const [group] = unit.category("reform").groups;
    assert.deepEqual(
      group?.criteria.map((item) => [item.points, item.selfReported?.points, item.selfReported?.status]),
      [
        [6, 9, "scored"],
        [2.5, 0, "not_applicable"],
      ],
    );
  }
  assert.deepEqual(inTable.overall, inRows.overall);
  assert.deepEqual(inTable.subtotals, inRows.subtotals);
  assert.equal((await client.form("par-2026")).names("vi")["subtotal/paper"], "Giấy tờ");
});
