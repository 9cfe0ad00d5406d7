'use strict';
// Calls of @vonage/video: node vonage.cjs URL APPLICATION-ID PRIVATE-KEY-FILE
const { Auth } = require('@vonage/auth');
const { Video } = require('@vonage/video');
const serve = require('./rpc.cjs');

const [videoHost, applicationId, privateKey] = process.argv.slice(2);
const video = new Video(new Auth({ applicationId, privateKey }), { videoHost });
serve((method, args) => video[method](...args));
