'use strict';
// Checks webhooks: node verify.cjs SECRET. (verifyWebhook is the recipe of docs/WEBHOOKS.md.)
const serve = require('./rpc.cjs');

const { createHash } = require('node:crypto');
const { verifySignature } = require('@vonage/jwt');

function verifyWebhook(authorization, body, secret) {
  const token = authorization.replace(/^Bearer /, '');
  if (!verifySignature(token, secret)) return false;
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
  return claims.payload_hash === createHash('sha256').update(body).digest('hex');
}

const [secret] = process.argv.slice(2);
serve((method, [authorization, body]) => {
  if (method === 'verifyWebhook') return verifyWebhook(authorization, body, secret);
  // As examples of Vonage's do it: they hash the body that a framework has parsed and that they encode again.
  if (method === 'encodeAgain') return JSON.stringify(JSON.parse(body));
  throw new Error(`no method ${method}`);
});
