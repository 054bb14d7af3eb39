// Inputs of calls, and how a call with a wrong one is refused.

import assert from "node:assert/strict";

export const SET = "hue-2020";
export const ANSWERS = {
  policy_environment_awarded: 13.32,
  infrastructure_awarded: 20.43,
  infrastructure_conditional_awarded: 1.5,
  human_resources_awarded: 8.88,
};
export const ROW = { id: "hue", tier: "district", answers: ANSWERS };

/**
 * Checks that a call is refused before anything is sent.
 *
 * @param {Promise<unknown>} call
 * @param {string} message
 */
export async function refused(call, message) {
  await assert.rejects(call, (/** @type {any} */ error) => {
    assert.equal(error.message, message);
    assert.ok(error instanceof TypeError || error instanceof RangeError);
    return true;
  });
}
