#!/usr/bin/env node
// Plain enough for any Node to parse: on one that is too old it starts the checkout's own, else it says what is needed.
'use strict';
var path = require('path');

var parts = process.versions.node.split('.').map(Number);
var supported = parts[0] >= 26 || (parts[0] === 24 && parts[1] >= 15) || (parts[0] === 22 && parts[1] >= 22);

if (supported) require('../dist/main.js');
else startElsewhere(path.join(__dirname, '..', 'node_modules', 'node', 'bin', 'node'));

function startElsewhere(runtime) {
  if (!require('fs').existsSync(runtime)) {
    console.error(
      'rb needs Node 22.22, 24.15 or 26 (or newer); this is ' + process.versions.node + ' (' + process.execPath + ').',
    );
    process.exit(2);
  }
  var child = require('child_process').spawn(runtime, [__filename].concat(process.argv.slice(2)), { stdio: 'inherit' });
  // Ctrl-C and a lost terminal reach the whole process group; what is sent to this process alone is passed on.
  process.on('SIGINT', function () {});
  process.on('SIGHUP', function () {});
  process.on('SIGTERM', function () {
    child.kill('SIGTERM');
  });
  child.on('error', function (error) {
    console.error('rb: cannot start ' + runtime + ': ' + error.message);
    process.exit(2);
  });
  child.on('exit', function (code, signal) {
    if (signal) process.kill(process.pid, signal);
    process.exit(code === null ? 1 : code);
  });
}
