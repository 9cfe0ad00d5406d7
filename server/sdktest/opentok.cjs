'use strict';
// Calls of opentok: node opentok.cjs URL API-KEY SECRET, or node opentok.cjs URL APPLICATION-ID PRIVATE-KEY-FILE
const fs = require('node:fs');
const OpenTok = require('opentok');
const serve = require('./rpc.cjs');

const [url, key, secret] = process.argv.slice(2);
// Its errors are told apart by their type alone.
const types = ['ArgumentError', 'AuthError', 'ArchiveError', 'SignalError', 'ForceDisconnectError', 'CallbackError', 'RequestError', 'NotFoundError'];
const named = (error) => {
  const type = types.find((name) => error instanceof OpenTok[name]);
  if (type) error.name = type;
  return error;
};

const opentok = new OpenTok(key, fs.existsSync(secret) ? fs.readFileSync(secret, 'utf8') : secret, url);
serve((method, args) => {
  if (method === 'generateToken') return opentok.generateToken(...args);
  return new Promise((resolve, reject) => {
    opentok[method](...args, (error, value) => (error ? reject(named(error)) : resolve(value)));
  });
});
