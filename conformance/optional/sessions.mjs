// @ts-check
// Temporary credentials: they count only with their own token. Needs some that the server issued.
import { fails, must, ok } from '../kit/expect.mjs';
import { send } from './signatures.mjs';

/** @typedef {import('../kit/lab.mjs').Lab} Lab */

export const name = '(sessions)';
const UNRECOGNIZED = 'UnrecognizedClientException';
const NOT_VALID = 'The security token included in the request is invalid.';

/** @param {Lab} lab */
function sessionOf({ session }) {
  must(session?.sessionToken !== undefined, 'no temporary credentials were given');
  return { ...session, sessionToken: session.sessionToken };
}

/** @param {import('../kit/suite.mjs').Suite} suite */
export default function cases(suite) {
  for (const way of /** @type {const} */ (['header', 'query'])) {
    suite.case(`its token (signed in the ${way})`, async ({ lab }) => {
      ok(await send(lab, way, { credentials: sessionOf(lab) }));
    });
    suite.case(`no token (signed in the ${way})`, async ({ lab }) => {
      const { accessKeyId, secretAccessKey } = sessionOf(lab);
      const credentials = { accessKeyId, secretAccessKey };
      fails(await send(lab, way, { credentials }), UNRECOGNIZED, NOT_VALID);
    });
    suite.case(`a token with another letter in it (signed in the ${way})`, async ({ lab }) => {
      const session = sessionOf(lab);
      const [first, rest] = [session.sessionToken.slice(0, 1), session.sessionToken.slice(1)];
      const credentials = { ...session, sessionToken: (first === 'A' ? 'B' : 'A') + rest };
      fails(await send(lab, way, { credentials }), UNRECOGNIZED, NOT_VALID);
    });
  }
  suite.case('its token taken away after signing', async ({ lab }) => {
    const answer = await send(lab, 'header', { credentials: sessionOf(lab) }, ({ headers }) => {
      delete headers['X-Amz-Security-Token'];
    });
    fails(answer, [UNRECOGNIZED, 'InvalidSignatureException']);
  });
  suite.case('its token with the keys of another', async ({ lab }) => {
    const credentials = { ...lab.client.credentials, sessionToken: sessionOf(lab).sessionToken };
    fails(await send(lab, 'header', { credentials }), UNRECOGNIZED, NOT_VALID);
  });
}
