'use strict';
// Takes calls as lines of JSON, {id, method, args}, and answers each with a line {id, value} or {id, error: {name, message, status, body}}.
const readline = require('node:readline');

async function failure(e) {
  const error = { name: e.name, message: e.message };
  if (e.response) { // of @vonage/video
    error.status = e.response.status;
    error.body = await e.response.json();
  }
  return error;
}

module.exports = function serve(call) {
  readline.createInterface({ input: process.stdin }).on('line', async (line) => {
    const { id, method, args } = JSON.parse(line);
    let reply;
    try {
      reply = { id, value: await call(method, args) };
    } catch (e) {
      reply = { id, error: await failure(e) };
    }
    process.stdout.write(JSON.stringify(reply) + '\n');
  });
};
